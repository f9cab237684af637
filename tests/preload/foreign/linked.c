/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that links jemalloc's library and uses both its names and the standard ones. */
#include "tests/preload/foreign/foreign.h"

void* mallocx(size_t size, int flags);
void* rallocx(void* p, size_t size, int flags);
size_t sallocx(void* p, int flags);
void dallocx(void* p, int flags);
void sdallocx(void* p, size_t size, int flags);
size_t nallocx(size_t size, int flags);

int main(void) {
  const struct allocator jemalloc = {mallocx, sallocx, dallocx};
  mix(&jemalloc);
  void* p = rallocx(mallocx(100, 0), 5000, 0);
  REQUIRE(p != NULL && malloc_usable_size(p) == nallocx(5000, 0));
  sdallocx(p, 5000, 0);
  return puts("ok") < 0;
}
