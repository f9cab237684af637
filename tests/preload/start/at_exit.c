/* SPDX-License-Identifier: BSD-2-Clause */
/* Exit handlers that allocate, free what main allocated, and register further handlers. */
#include "tests/preload/start/start.h"

static char* from_main;

static void innermost(void) {
  use_heap(300);
  finish();
}

static void handler(void) {
  use_heap(300);
  REQUIRE(strcmp(from_main, "main") == 0);
  free(from_main);
  REQUIRE(atexit(innermost) == 0);
}

static void filler(void) { free(malloc(1000)); }

int main(void) {
  /* More than the 32 for which libc has static room. */
  for (int i = 0; i < 100; i++) REQUIRE(atexit(filler) == 0);
  REQUIRE(atexit(handler) == 0);
  from_main = strdup("main");
  return 0;
}
