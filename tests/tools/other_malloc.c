// SPDX-License-Identifier: BSD-2-Clause
// A program with another allocator linked into it, which it offers to its libraries by its own
// names.
#include <stddef.h>

static char pool[1 << 16];
static size_t used;

void* mallocx(size_t size, int flags) {
  (void)flags;
  void* result = pool + used;
  used += (size + 15) & ~(size_t)15;
  return result;
}

int main(void) { return mallocx(1, 0) == NULL; }
