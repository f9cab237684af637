// SPDX-License-Identifier: BSD-2-Clause
//
// Sizes that meet every class of any allocator, and sizes that no allocator may grant.
#ifndef UMA_TESTS_CONFORMANCE_SIZES_H_
#define UMA_TESTS_CONFORMANCE_SIZES_H_

#include <stddef.h>
#include <stdint.h>

#include "tests/conformance/check.h"

// Every size to 4096; then sixteen steps to a doubling, each with its two neighbours.
template <typename Visit>
void EachSize(size_t limit, Visit visit) {
  for (size_t n = 1; n <= 4096 && n <= limit; n++) visit(n);
  for (size_t base = 4096; base < limit; base *= 2) {
    for (size_t n = base + base / 16; n <= 2 * base && n <= limit; n += base / 16) {
      visit(n - 1);
      visit(n);
      visit(n + 1);
    }
  }
}

inline constexpr size_t kTooLarge[] = {
    static_cast<size_t>(PTRDIFF_MAX) + 1,
    static_cast<size_t>(PTRDIFF_MAX) + 4096,
    SIZE_MAX / 4 * 3,
    SIZE_MAX - 65536,
    SIZE_MAX - 4096,
    SIZE_MAX - 4095,
    SIZE_MAX - 17,
    SIZE_MAX - 16,
    SIZE_MAX - 15,
    SIZE_MAX - 1,
    SIZE_MAX,
};

inline bool AllBytes(const void* block, unsigned char value, size_t n) {
  const unsigned char* bytes = static_cast<const unsigned char*>(block);
  return n == 0 || (bytes[0] == value && memcmp(bytes, bytes + 1, n - 1) == 0);
}

inline uintptr_t Address(const void* block) { return reinterpret_cast<uintptr_t>(block); }

#endif  // UMA_TESTS_CONFORMANCE_SIZES_H_
