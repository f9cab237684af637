/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * named GIVE SIZE TAKE [MISTAKE]: uses the allocator whose functions have these names, wherever
 * they come from; or makes a mistake with memory that is no block of that allocator, which must be
 * found although there is somebody to hand it to.
 */
#include <dlfcn.h>
#include <sys/mman.h>

#include "tests/preload/foreign/foreign.h"

static void* function(const char* name) {
  void* found = dlsym(RTLD_DEFAULT, name);
  if (found == NULL) fprintf(stderr, "no %s\n", name);
  REQUIRE(found != NULL);
  return found;
}

static void* hide(void* p) {
  __asm__ volatile("" : "+r"(p));
  return p;
}

static void make_mistake(const char* name) {
  if (strcmp(name, "large-twice") == 0) {
    void* p = hide(malloc(5000000));
    free(p);
    free(hide(p));
  } else if (strcmp(name, "cached-twice") == 0) {
    /* A size that was unmapped of late and is asked for again is kept from then on. */
    for (int i = 0; i < 4; i++) free(hide(malloc(5000000)));
    void* p = hide(malloc(5000000));
    free(p);
    REQUIRE(malloc_usable_size(hide(p)) == 1);
  } else if (strcmp(name, "unmapped") == 0) {
    free(hide((void*)0x10000));
  } else if (strcmp(name, "unreadable") == 0) {
    free(hide(mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)));
  } else if (strcmp(name, "small-twice") == 0) {
    void* p = hide(malloc(100));
    free(p);
    free(hide(p));
  }
}

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const struct allocator other = {(void* (*)(size_t, int))function(argv[1]),
                                  (size_t (*)(void*, int))function(argv[2]),
                                  (void (*)(void*, int))function(argv[3])};
  if (argc > 4) {
    make_mistake(argv[4]);
    return 3;
  }
  mix(&other);
  return puts("ok") < 0;
}
