/* SPDX-License-Identifier: BSD-2-Clause */
/* The heap is used before any constructor ran, in an early constructor, and after all of them. */
#include "tests/preload/start/start.h"

static char* from_preinit;
static char* from_constructor;

static void preinit(int argc, char** argv, char** environment) {
  (void)argc, (void)argv, (void)environment;
  from_preinit = malloc(100);
  strcpy(from_preinit, "preinit");
  use_heap(200);
}

__attribute__((section(".preinit_array"), used)) static void (*const kPreinit)(int, char**,
                                                                               char**) = preinit;

__attribute__((constructor(101))) static void early(void) {
  from_constructor = calloc(1, 3000);
  strcpy(from_constructor, "constructor");
  char* moved = realloc(from_preinit, 5000);
  REQUIRE(moved != NULL);
  from_preinit = moved;
  use_heap(200);
}

__attribute__((destructor(101))) static void last(void) {
  use_heap(200);
  free(from_constructor);
}

int main(void) {
  REQUIRE(strcmp(from_preinit, "preinit") == 0);
  REQUIRE(strcmp(from_constructor, "constructor") == 0);
  free(from_preinit);
  use_heap(1000);
  finish();
  return 0;
}
