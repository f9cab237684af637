// SPDX-License-Identifier: BSD-2-Clause
// Items of every size and alignment: apart, aligned, whole; and what uma_zcreate refuses.
#include <errno.h>
#include <gtest/gtest.h>
#include <limits.h>

#include <algorithm>
#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

// Takes `count` items, fills each with its own byte, and finds them whole afterwards.
void TakeAndCheck(size_t size, int align, int count) {
  uma_zone_t zone = PlainZone("sized", size, align);
  ASSERT_NE(zone, nullptr);
  std::vector<unsigned char*> items;
  for (int i = 0; i < count; i++) {
    auto* item = static_cast<unsigned char*>(uma_zalloc(zone, M_WAITOK));
    ASSERT_NE(item, nullptr);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(item) & size_t(align), 0U)
        << "size " << size << ", mask " << align;
    memset(item, i, size);
    items.push_back(item);
  }
  for (int i = 0; i < count; i++)
    ASSERT_EQ(size_t(std::count(items[i], items[i] + size, static_cast<unsigned char>(i))), size);
  std::vector<unsigned char*> sorted = items;
  std::sort(sorted.begin(), sorted.end());
  for (int i = 1; i < count; i++) ASSERT_GE(sorted[i], sorted[i - 1] + size);
  for (unsigned char* item : items) uma_zfree(zone, item);
  uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
  const uma_zone_stats stats = StatsOf(zone);
  EXPECT_EQ(stats.used, 0U);
  EXPECT_EQ(stats.cached, 0U);
  EXPECT_EQ(stats.keg_bytes, 0U);
  uma_zdestroy(zone);
}

TEST(Layout, SizesFromOneByteToOneMebibyte) {
  std::vector<size_t> sizes = {1, 2, 3, 5, 7, 8, 9, 15, 17, 100, 257, 1000, 1025, 9000, 65537};
  for (size_t size = 16; size <= (1 << 20); size *= 2) {
    sizes.push_back(size - 1);
    sizes.push_back(size);
    if (size < (1 << 20)) sizes.push_back(size + 1);
  }
  for (size_t size : sizes) {
    SCOPED_TRACE(size);
    TakeAndCheck(size, 0, size <= 1024 ? 500 : size <= 65536 ? 40 : 5);
  }
}

TEST(Layout, AlignmentMasksUpToAPage) {
  for (int align = 0; align <= 4095; align = align * 2 + 1)
    for (size_t size : {1, 8, 24, 100, 129, 1000, 4096, 5000, 70000}) TakeAndCheck(size, align, 60);
}

TEST(Layout, PublishedKegDescribesItself) {
  for (size_t size : {1, 48, 256, 1500, 2048, 9216, 16384, 40000, 300000, 1 << 20}) {
    uma_zone_t zone = PlainZone("described", size);
    uma_zfree(zone, uma_zalloc(zone, 0));
    const uma_layout_keg* keg = PublishedKeg("described");
    ASSERT_NE(keg, nullptr);
    EXPECT_GE(keg->rsize, size);
    EXPECT_EQ(keg->align, UMA_ALIGN_PTR);
    EXPECT_GE(keg->ipers, 1U);
    EXPECT_LE(uint64_t{keg->ipers} * keg->rsize, keg->slab_bytes);
    EXPECT_GT((uint64_t{keg->ipers} + 1) * keg->rsize, keg->slab_bytes) << "room left for an item";
    EXPECT_EQ(Published("described")->size, size);
    EXPECT_EQ(Published("described")->kind, UMA_LAYOUT_KIND_ZONE);
    uma_zdestroy(zone);
  }
}

TEST(Layout, RefusedArguments) {
  const auto refused = [](const char* name, size_t size, int align, uint32_t flags) {
    errno = 0;
    const int zones = ZoneCount();
    uma_zone_t zone = PlainZone(name, size, align, flags);
    EXPECT_EQ(zone, nullptr);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(ZoneCount(), zones);
    if (zone != nullptr) uma_zdestroy(zone);
  };
  refused("size0", 0, 7, 0);
  refused("large", (1 << 20) + 1, 7, 0);
  refused("huge", SIZE_MAX, 7, 0);
  refused("negative", 16, -2, 0);
  refused("no mask", 16, 2, 0);
  refused("two pages", 16, 8191, 0);
  refused("over a page", 16, 4096, 0);
  refused("most negative", 16, INT_MIN, 0);
  refused("largest", 16, INT_MAX, 0);
  refused("unknown flag", 16, 7, 0x1000);
  refused("secondary flag", 16, 7, 0x200);
  refused(nullptr, 16, 7, 0);
  errno = 0;
  EXPECT_EQ(uma_zsecond_create("none", nullptr, nullptr, nullptr, nullptr, nullptr), nullptr);
  EXPECT_EQ(errno, EINVAL);
}

TEST(Layout, NameIsCopiedAndCut) {
  char name[64] = "0123456789012345678901234567890123456789";
  uma_zone_t zone = PlainZone(name, 16);
  memset(name, 'x', sizeof name - 1);
  EXPECT_NE(Published("0123456789012345678901234567890"), nullptr);
  uma_zdestroy(zone);
}

TEST(Layout, FreeOfNullDoesNothing) {
  uma_zone_t zone = uma_zcreate("null", 16, nullptr, NoteDtor, nullptr, nullptr, 7, 0);
  errno = 77;
  uma_zfree(zone, nullptr);
  uma_zfree_arg(zone, nullptr, zone);
  EXPECT_EQ(errno, 77);
  EXPECT_EQ(event_count, 0);
  EXPECT_EQ(StatsOf(zone).frees, 0U);
  uma_zdestroy(zone);
  uma_zdestroy(nullptr);
}

}  // namespace
