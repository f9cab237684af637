/* SPDX-License-Identifier: BSD-2-Clause */
/* Another allocator by its own names, and what is done with its blocks by the standard names. */
#ifndef UMA_TESTS_PRELOAD_FOREIGN_H_
#define UMA_TESTS_PRELOAD_FOREIGN_H_

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)                                            \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                        \
    }                                                                 \
  } while (0)

/* Some have flags as a second argument; the others do not look at it. */
struct allocator {
  void* (*give)(size_t size, int flags);
  size_t (*size)(void* p, int flags); /* of a block of its own; it may crash on any other */
  void (*take)(void* p, int flags);
};

static inline void resize(const struct allocator* other, size_t size, size_t to) {
  unsigned char* p = other->give(size, 0);
  REQUIRE(p != NULL);
  memset(p, 90, size);
  unsigned char* moved = realloc(p, to);
  REQUIRE(moved != NULL && moved[0] == 90 && moved[(size < to ? size : to) - 1] == 90);
  /* It is still the other one's. */
  REQUIRE(other->size(moved, 0) >= to && malloc_usable_size(moved) == other->size(moved, 0));
  other->take(moved, 0);
}

static inline void mix(const struct allocator* other) {
  for (size_t size = 1; size < 20000000; size = size * 5 / 2 + 1) {
    void* p = other->give(size, 0);
    void* ours = malloc(size);
    REQUIRE(p != NULL && ours != NULL);
    memset(p, 1, size);
    errno = 77;
    REQUIRE(malloc_usable_size(p) == other->size(p, 0) && other->size(p, 0) >= size);
    REQUIRE(malloc_usable_size(ours) >= size);
    free(p);
    REQUIRE(errno == 77);
    free(ours);
    p = other->give(size, 0);
    REQUIRE(p != NULL && realloc(p, 0) == NULL);
    resize(other, size, size * 3);
    resize(other, size, size / 2 + 1);
  }
}

#endif
