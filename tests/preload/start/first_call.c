/* SPDX-License-Identifier: BSD-2-Clause */
/* The first thing that the program itself asks of the heap is the function named by argv[1]. */
#include <malloc.h>

#include "tests/preload/start/start.h"

static void call(const char* function) {
  unsigned char* p = NULL;
  if (strcmp(function, "calloc") == 0) {
    p = calloc(7, 11);
    REQUIRE(p != NULL);
    for (int i = 0; i < 77; i++) REQUIRE(p[i] == 0);
  } else if (strcmp(function, "realloc") == 0) {
    p = realloc(NULL, 100);
    REQUIRE(p != NULL);
  } else if (strcmp(function, "memalign") == 0) {
    p = memalign(4096, 100);
    REQUIRE(p != NULL && ((unsigned long)p & 4095) == 0);
  } else if (strcmp(function, "posix_memalign") == 0) {
    void* aligned = NULL;
    REQUIRE(posix_memalign(&aligned, 64, 100) == 0 && ((unsigned long)aligned & 63) == 0);
    p = aligned;
  } else if (strcmp(function, "free") == 0) {
    free(NULL);
  } else if (strcmp(function, "malloc_usable_size") == 0) {
    REQUIRE(malloc_usable_size(NULL) == 0);
  } else {
    REQUIRE(!"a known function");
  }
  free(p);
}

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  call(argv[1]);
  use_heap(500);
  finish();
  return 0;
}
