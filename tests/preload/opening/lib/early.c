/* SPDX-License-Identifier: BSD-2-Clause */
/* A library that opens another one while the process starts, before main and other constructors. */
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void open_plugin(void) {
  const char* name = getenv("EARLY_PLUGIN");
  if (name == NULL) return;
  void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  int (*use)(int) = library ? (int (*)(int))dlsym(library, "plugin_use_libc") : NULL;
  if (use == NULL || use(10) != 10) _exit(9);
}
