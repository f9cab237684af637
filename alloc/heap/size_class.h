// SPDX-License-Identifier: BSD-2-Clause
// Size classes: 16-byte steps to 1 KiB, then 8 per doubling to 1 MiB. The entry index of a small
// class is size / 16, so the fast path needs no table.
#ifndef UMA_HEAP_SIZE_CLASS_H_
#define UMA_HEAP_SIZE_CLASS_H_

#include "alloc/base/util.h"

namespace uma {

// The entry of the class that serves `size`, 1..kClassMax.
inline constexpr unsigned entry_of_size(size_t size) {
  if (size <= kSmallMax) return unsigned((size + 15) / 16);
  const unsigned top = 63u - unsigned(__builtin_clzll(size - 1));
  return unsigned((size - 1) >> (top - 3)) + 8 * top - 23;
}

// The item size of a class.
inline constexpr size_t size_of_entry(unsigned entry) {
  if (entry <= kSmallClasses) return size_t{entry} * 16;
  const unsigned medium = entry - kSmallClasses - 1;
  return size_t{8 + medium % 8 + 1} << (7 + medium / 8);
}

// The same by a table, for the paths where the arithmetic shows.
struct ClassSizes {
  uint32_t of[kMallocEntries];
};
inline constexpr ClassSizes make_class_sizes() {
  ClassSizes sizes{};
  for (unsigned entry = 1; entry < kMallocEntries; entry++)
    sizes.of[entry] = uint32_t(size_of_entry(entry));
  return sizes;
}
inline constexpr ClassSizes kClassSizes = make_class_sizes();

static_assert(entry_of_size(1) == 1 && entry_of_size(1024) == 64);
static_assert(entry_of_size(1025) == 65 && size_of_entry(65) == 1152);
static_assert(entry_of_size(2048) == 72 && size_of_entry(72) == 2048);
static_assert(entry_of_size(kClassMax) == kMallocEntries - 1);
static_assert(size_of_entry(kMallocEntries - 1) == kClassMax);

}  // namespace uma

#endif  // UMA_HEAP_SIZE_CLASS_H_
