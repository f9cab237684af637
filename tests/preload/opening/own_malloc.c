/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * own_malloc PLUGIN: a program with a malloc of its own. What it opens with RTLD_DEEPBIND uses
 * libc's, as the program meant it; prints "ok".
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static _Alignas(16) char pool[1 << 20];
static size_t used;

void* malloc(size_t size) {
  size = (size + 15) & ~(size_t)15;
  if (size > sizeof pool - used) return NULL;
  used += size;
  return pool + used - size;
}

void* calloc(size_t count, size_t size) { return malloc(count * size); }

void* realloc(void* old, size_t size) {
  void* p = malloc(size);
  if (p && old) memmove(p, old, size);
  return p;
}

void free(void* p) { (void)p; }

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  void* plugin = dlopen(argv[1], RTLD_NOW | RTLD_DEEPBIND);
  if (plugin == NULL) return puts(dlerror()), 1;
  const char* (*heap)(void) = (const char* (*)(void))dlsym(plugin, "plugin_heap");
  if (heap == NULL || strstr(heap(), "libc.so.6") == NULL) return puts(heap ? heap() : ""), 1;
  return puts("ok") < 0;
}
