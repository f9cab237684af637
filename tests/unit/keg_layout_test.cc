// SPDX-License-Identifier: BSD-2-Clause
// How a keg divides a slab, for every size and alignment.
#include <gtest/gtest.h>

#include "alloc/base/config.h"
#include "alloc/heap/size_class.h"
#include "alloc/percpu/percpu.h"
#include "alloc/uma/keg.h"

namespace uma {
namespace {

constexpr auto kZoneMark = uint16_t(offset_of_entry(kEntryUma));

void Check(size_t size, size_t align, uint16_t mark = 0) {
  Keg keg;
  keg_setup(&keg, size, align, mark);
  const uma_layout_keg& pub = keg.pub;
  ASSERT_EQ(keg.size, size);
  ASSERT_GE(pub.rsize, size);
  ASSERT_EQ(pub.rsize % (align + 1), 0U) << "the second item of a slab is not aligned";
  ASSERT_LT(pub.rsize, size + max(align + 1, size_t{8})) << "rounded up too far";
  ASSERT_EQ(pub.slab_bytes, keg.granules * kGranule);
  ASSERT_LE(pub.slab_bytes, kSpan) << "a run lies in one span";
  ASSERT_EQ(pub.ipers, pub.slab_bytes / pub.rsize);
  ASSERT_GE(pub.ipers, 1U);
  // Items of more than half a span have a slab of their own, in whole granules.
  const size_t waste = pub.slab_bytes - size_t{pub.ipers} * pub.rsize;
  ASSERT_TRUE(waste * 16 <= pub.slab_bytes || waste < kGranule) << waste << " bytes wasted";
  // The multiplication that finds an item's index is exact where the division is.
  for (const size_t index : {size_t{0}, size_t{1}, size_t{pub.ipers} / 2, size_t{pub.ipers} - 1}) {
    for (const size_t in : {size_t{0}, size_t{pub.rsize} - 1}) {
      const size_t offset = index * pub.rsize + in;
      ASSERT_EQ(offset * keg.reciprocal >> kReciprocalShift, offset / pub.rsize);
    }
  }
  ASSERT_LE(pub.slab_bytes / keg.punch_unit, 64U) << "one bit per unit";
}

TEST(KegLayout, EverySmallSize) {
  for (size_t size = 1; size <= 20000; size++) {
    SCOPED_TRACE(size);
    Check(size, 7);
    Check(size, 7, kZoneMark);
    if (HasFatalFailure()) return;
  }
}

// FreeBSD's layout in pages of 4 KiB, items and all that a slab takes, as percent that items have:
// never more of it is lost here.
TEST(KegLayout, NoWorseThanTheKernels) {
  constexpr struct {
    size_t size;
    double percent;
  } kKernel[] = {{8, 97.9},    {16, 98.4},   {24, 98.4},    {32, 98.4},    {48, 98.4},
                 {64, 98.4},   {80, 97.7},   {96, 98.4},    {112, 98.4},   {128, 96.9},
                 {160, 97.7},  {192, 98.4},  {208, 96.5},   {224, 98.4},   {256, 93.8},
                 {320, 93.8},  {384, 93.8},  {448, 98.4},   {512, 98.1},   {640, 93.8},
                 {768, 93.8},  {1024, 98.1}, {1280, 93.8},  {1536, 93.8},  {1792, 98.4},
                 {2048, 98.1}, {2304, 93.8}, {2560, 93.8},  {3072, 99.4},  {4096, 98.1},
                 {8192, 99.0}, {9216, 90.0}, {16384, 99.5}, {32768, 99.8}, {65536, 99.9}};
  for (const auto& kernel : kKernel) {
    Keg keg;
    keg_setup(&keg, kernel.size, 7, kZoneMark);
    // The headers beside the arena, and a bitmap where 64 bits are not enough.
    const size_t headers = keg.granules * kRunHeader;
    const size_t bitmap = keg.pub.ipers > 64 ? (keg.pub.ipers + 63) / 64 * 8 : 0;
    const double whole = double(keg.pub.slab_bytes + headers + bitmap);
    EXPECT_GE(100 * double(keg.pub.ipers * kernel.size) / whole, kernel.percent - 0.05)
        << kernel.size;
  }
}

TEST(KegLayout, LargeSizes) {
  for (size_t size = 20001; size <= kClassMax; size += 97) {
    SCOPED_TRACE(size);
    Check(size, 7);
    if (HasFatalFailure()) return;
  }
  Check(kClassMax, 4095);
}

TEST(KegLayout, EveryAlignment) {
  for (size_t align = 0; align < kPage; align = align * 2 + 1)
    for (size_t size = 1; size <= kClassMax; size = size * 3 / 2 + 1) Check(size, align);
}

TEST(KegLayout, SmallItemsShareOneGranule) {
  for (const auto& [size, items] :
       {std::pair<size_t, unsigned>{16, 4096}, {48, 1365}, {256, 256}, {2048, 32}, {8192, 8}}) {
    Keg keg;
    keg_setup(&keg, size, 15, 0);
    EXPECT_EQ(keg.pub.slab_bytes, kGranule) << size;
    EXPECT_EQ(keg.pub.ipers, items) << size;
  }
}

TEST(KegLayout, MallocClassesWasteLittle) {
  for (unsigned entry = 1; entry < kMallocEntries; entry++) Check(size_of_entry(entry), 15);
}

}  // namespace
}  // namespace uma
