/* SPDX-License-Identifier: BSD-2-Clause */
/* A preload library that counts dlopen's calls and passes them on. */
#include <dlfcn.h>

int watch_opens(void);

static int opens;

int watch_opens(void) { return opens; }

void* dlopen(const char* file, int mode) {
  opens++;
  return ((void* (*)(const char*, int))dlsym(RTLD_NEXT, "dlopen"))(file, mode);
}
