/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inside size|free|realloc: a program with an allocator of its own under other names, as one that
 * is linked in statically. Nobody else can answer for its blocks.
 */
#include <sys/mman.h>

#include "tests/preload/foreign/foreign.h"

static void* other_give(size_t size) {
  void* p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(p != MAP_FAILED);
  return p;
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  char* p = (char*)other_give(100000) + 64;
  for (int i = 0; i < 3; i++) {
    errno = 77;
    if (strcmp(argv[1], "size") == 0) REQUIRE(malloc_usable_size(p) == 0 && errno == 77);
    if (strcmp(argv[1], "free") == 0) {
      free(p);
      REQUIRE(errno == 77);
    }
    if (strcmp(argv[1], "realloc") == 0) REQUIRE(realloc(p, 100) == NULL && errno == ENOMEM);
  }
  p[0] = 1; /* it is still there */
  return puts("ok") < 0;
}
