/* SPDX-License-Identifier: BSD-2-Clause */
/* What every start program shares: a use of the heap, and the proof of whose heap it was. */
#ifndef UMA_TESTS_PRELOAD_START_H_
#define UMA_TESTS_PRELOAD_START_H_

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REQUIRE(condition)                                       \
  do {                                                           \
    if (!(condition)) {                                          \
      dprintf(2, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      _exit(1);                                                  \
    }                                                            \
  } while (0)

/* Allocates `count` blocks of growing size, checks that none overlaps another, frees them. */
static inline void use_heap(int count) {
  unsigned char** blocks = (unsigned char**)malloc((size_t)count * sizeof *blocks);
  REQUIRE(blocks != NULL);
  for (int i = 0; i < count; i++) {
    size_t size = (size_t)i * 13 % 5000 + 1;
    blocks[i] = (unsigned char*)malloc(size);
    REQUIRE(blocks[i] != NULL);
    memset(blocks[i], i & 255, size);
  }
  for (int i = 0; i < count; i++) {
    size_t size = (size_t)i * 13 % 5000 + 1;
    REQUIRE(blocks[i][0] == (i & 255) && blocks[i][size - 1] == (i & 255));
    free(blocks[i]);
  }
  free(blocks);
}

/* The name of the object that malloc_usable_size, and with it the heap, comes from. */
static inline const char* heap_object(void) {
  void* symbol = dlsym(RTLD_DEFAULT, "malloc_usable_size");
  Dl_info info;
  REQUIRE(symbol != NULL && dladdr(symbol, &info) != 0);
  const char* slash = strrchr(info.dli_fname, '/');
  return slash ? slash + 1 : info.dli_fname;
}

/* The last words of a successful program. */
static inline void finish(void) {
  const char* expected = getenv("EXPECT_HEAP");
  if (expected != NULL) REQUIRE(strcmp(heap_object(), expected) == 0);
  REQUIRE(write(1, "ok\n", 3) == 3);
}

#endif
