// SPDX-License-Identifier: BSD-2-Clause
// A program that brings its own malloc and offers it to its libraries: nobody can replace that.
#include <stddef.h>

static char pool[1 << 16];
static size_t used;

void* malloc(size_t size) {
  void* result = pool + used;
  used += (size + 15) & ~(size_t)15;
  return result;
}

void free(void* item) { (void)item; }

int main(void) { return malloc(1) == NULL; }
