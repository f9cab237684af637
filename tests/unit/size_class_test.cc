// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/heap/size_class.h"

#include <gtest/gtest.h>

namespace uma {
namespace {

TEST(SizeClass, EverySizeHasTheSmallestClassThatHoldsIt) {
  unsigned last = 0;
  for (size_t size = 1; size <= kClassMax; size++) {
    const unsigned entry = entry_of_size(size);
    ASSERT_GE(entry, last) << size;
    ASSERT_LE(entry, last + 1) << "a class is skipped at " << size;
    ASSERT_LT(entry, kMallocEntries) << size;
    ASSERT_GE(size_of_entry(entry), size);
    ASSERT_LT(size_of_entry(entry - 1), size);
    last = entry;
  }
  EXPECT_EQ(last, kMallocEntries - 1);
}

TEST(SizeClass, RoundTrip) {
  for (unsigned entry = 1; entry < kMallocEntries; entry++)
    ASSERT_EQ(entry_of_size(size_of_entry(entry)), entry);
}

TEST(SizeClass, WasteIsAtMostOneEighth) {
  for (size_t size = 129; size <= kClassMax; size++)
    ASSERT_LE((size_of_entry(entry_of_size(size)) - size) * 8, size) << size;
}

TEST(SizeClass, EveryClassKeepsMallocsAlignment) {
  for (unsigned entry = 1; entry < kMallocEntries; entry++)
    ASSERT_EQ(size_of_entry(entry) % 16, 0U) << entry;
}

// The fast path makes the entry's byte offset of a small size without a table.
TEST(SizeClass, SmallOffsetIsTheRoundedSize) {
  for (size_t size = 1; size <= kSmallMax; size++)
    ASSERT_EQ(entry_of_size(size) * size_t{16}, round_up(size, 16));
}

// The smallest class that holds the size and is a multiple of the alignment.
TEST(SizeClass, AlignedEntryFindsTheFirstMultiple) {
  for (size_t align = 32; align <= kGranule; align *= 2) {
    for (size_t size = 1; size <= kClassMax; size += 1 + size / 97) {
      unsigned entry = entry_of_size(size);
      while (size_of_entry(entry) % align != 0) entry++;
      ASSERT_EQ(aligned_entry(align, size), entry) << align << " " << size;
    }
  }
}

TEST(SizeClass, ABlockStaysForMoreThanHalfOfItsClass) {
  for (unsigned entry = 1; entry < kMallocEntries; entry++) {
    const auto& keeps = kClassKeeps.of[entry];
    const size_t size = size_of_entry(entry);
    EXPECT_EQ(keeps.first, entry == 1 ? 1 : size / 2 + 1);
    EXPECT_EQ(keeps.first + keeps.count, size + 1);
  }
  EXPECT_EQ(kClassKeeps.of[0].count, 0U);
  EXPECT_EQ(kClassKeeps.of[kEntryLarge].count, 0U);
  EXPECT_EQ(kClassKeeps.of[kEntryUma].count, 0U);
}

}  // namespace
}  // namespace uma
