/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens the library argv[1] late, uses its heap, closes it, and goes on using what it got. */
#include "tests/preload/start/start.h"

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  use_heap(1000);
  void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    dprintf(2, "%s\n", dlerror());
    return 1;
  }
  void* (*late_malloc)(size_t) = (void* (*)(size_t))dlsym(library, "malloc");
  void (*late_free)(void*) = (void (*)(void*))dlsym(library, "free");
  REQUIRE(late_malloc != NULL && late_free != NULL && (void*)late_malloc != (void*)malloc);
  char* blocks[1000];
  for (int i = 0; i < 1000; i++) {
    blocks[i] = late_malloc((size_t)i * 9 + 1);
    REQUIRE(blocks[i] != NULL);
    memset(blocks[i], i & 127, (size_t)i * 9 + 1);
  }
  REQUIRE(dlclose(library) == 0);
  use_heap(1000);
  for (int i = 0; i < 1000; i++) {
    REQUIRE(blocks[i][0] == (i & 127) && blocks[i][i * 9] == (i & 127));
    late_free(blocks[i]);
  }
  char* again = late_malloc(100000);
  REQUIRE(again != NULL);
  late_free(again);
  finish();
  return 0;
}
