/* SPDX-License-Identifier: BSD-2-Clause */
/* Another preload stands in front and wraps malloc: it must see every call, and all must work. */
#include "tests/preload/start/start.h"

int main(void) {
  long (*count)(void) = (long (*)(void))dlsym(RTLD_DEFAULT, "count_calls");
  REQUIRE(count != NULL);
  const long before = count();
  use_heap(1000);
  char* grown = calloc(10, 10);
  for (size_t size = 100; size < 100000; size += 100) {
    char* moved = realloc(grown, size);
    REQUIRE(moved != NULL);
    grown = moved;
  }
  free(grown);
  REQUIRE(count() - before >= 2 * 1001 + 1000);
  finish();
  return 0;
}
