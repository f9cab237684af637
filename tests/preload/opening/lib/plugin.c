/* SPDX-License-Identifier: BSD-2-Clause */
/* A plugin that shares blocks with libc and with its caller. */
#include "tests/preload/opening/plugin.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void* plugin_give(size_t size) { return malloc(size); }

void plugin_take(void* p) { free(p); }

int plugin_use_libc(int rounds) {
  int right = 0;
  for (int i = 0; i < rounds; i++) {
    char expected[32];
    char* text = NULL;
    const int length = snprintf(expected, sizeof expected, "round %d", i);
    if (asprintf(&text, "round %d", i) != length) continue;
    char* copy = strdup(text);
    char* longer = realloc(text, 1000 + (size_t)i);
    if (longer && copy && strcmp(longer, expected) == 0 && strcmp(copy, expected) == 0) right++;
    free(longer);
    free(copy);
  }
  /* getline resizes a block that came from here. */
  char* line = malloc(4);
  size_t room = 4;
  FILE* file = tmpfile();
  if (file == NULL) return 0;
  fprintf(file, "%0200d\n", 7);
  if (fseek(file, 0, SEEK_SET) != 0) right = 0;
  if (getline(&line, &room, file) != 201) right = 0;
  fclose(file);
  free(line);
  return right;
}

const char* plugin_heap(void) {
  Dl_info info;
  return dladdr((void*)&malloc, &info) ? info.dli_fname : "nowhere";
}

const char* plugin_open(const char* name, int mode) {
  void* library = dlopen(name, mode);
  if (library == NULL) return dlerror();
  const char* (*plugin_inner)(void) = (const char* (*)(void))dlsym(library, "plugin_inner");
  return plugin_inner ? plugin_inner() : "no plugin_inner";
}

/* Called by perl, which passes its interpreter and the function's own value. */
void plugin_xsub(void* interpreter, void* function) {
  (void)interpreter, (void)function;
  if (plugin_use_libc(100) != 100) _exit(1);
  _exit(write(1, "ok\n", 3) != 3);
}
