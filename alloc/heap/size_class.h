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

// The smallest class of at least `size` that is a multiple of `align`, a power of two up to
// kGranule; `size` up to kClassMax. The step between classes is a power of two: where it is less
// than `align`, the size rounded up is itself a class, else every class is a multiple.
inline constexpr unsigned aligned_entry(size_t align, size_t size) {
  return entry_of_size(round_up(size ? size : 1, align));
}

// What the page map says of a class, and the entry offset of the class that it names. Other
// offsets stay as they are.
inline constexpr unsigned kOffsetMarks = kEntryMarks * 16;
inline constexpr unsigned mark_of_entry(unsigned entry) {
  return !is_searched(size_of_entry(entry)) ? entry * 16
                                            : kOffsetMarks + (entry - kEntrySearched) * 8;
}
inline constexpr unsigned offset_of_mark(unsigned mark) {
  return mark < kOffsetMarks ? mark : 2 * mark - (2 * kOffsetMarks - kEntrySearched * 16);
}

// The sizes a block of a class is resized to in place: from above half of it, so that a block that
// shrinks gives memory back. As one comparison, size - first < count; size 0 never passes. What is
// no class has an entry, too, so that all the page map says can be looked up; it keeps nothing.
struct ClassKeeps {
  struct {
    uint32_t first;
    uint32_t count;
  } of[kBootEntries];
};
inline constexpr ClassKeeps make_class_keeps() {
  ClassKeeps keeps{};
  for (unsigned entry = 1; entry < kMallocEntries; entry++) {
    const uint32_t size = uint32_t(size_of_entry(entry));
    const uint32_t first = entry == 1 ? 1 : size / 2 + 1;
    keeps.of[entry] = {first, size + 1 - first};
  }
  return keeps;
}
inline constexpr ClassKeeps kClassKeeps = make_class_keeps();

static_assert(entry_of_size(1) == 1 && entry_of_size(1024) == 64);
static_assert(entry_of_size(1025) == 65 && size_of_entry(65) == 1152);
static_assert(entry_of_size(2048) == 72 && size_of_entry(72) == 2048);
static_assert(aligned_entry(64, 200) == 16 && aligned_entry(256, 1025) == 66);
static_assert(aligned_entry(4096, 0) == entry_of_size(4096));
static_assert(entry_of_size(kClassMax) == kMallocEntries - 1);
static_assert(size_of_entry(kMallocEntries - 1) == kClassMax);
static_assert(size_of_entry(kEntrySearched) == kLargeItem);
static_assert(kEntrySearched + kSearched == kMallocEntries - 1 && is_buffer(kClassMax));
static_assert(mark_of_entry(kMallocEntries - 1) == (kMallocEntries - 1) * 16);
static_assert(mark_of_entry(kEntrySearched + kSearched - 1) < kBootEntries * 16);
static_assert(offset_of_mark(mark_of_entry(kEntrySearched)) == kEntrySearched * 16);
static_assert(offset_of_mark(mark_of_entry(kEntrySearched + 31)) == (kEntrySearched + 31) * 16);

}  // namespace uma

#endif  // UMA_HEAP_SIZE_CLASS_H_
