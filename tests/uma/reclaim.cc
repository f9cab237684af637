// SPDX-License-Identifier: BSD-2-Clause
// What each level of uma_reclaim gives back, prealloc, and memory that is never given back.
#include <gtest/gtest.h>

#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

std::vector<void*> Take(uma_zone_t zone, int count) {
  std::vector<void*> items;
  for (int i = 0; i < count; i++) items.push_back(uma_zalloc(zone, 0));
  return items;
}

void Give(uma_zone_t zone, const std::vector<void*>& items) {
  for (void* item : items) uma_zfree(zone, item);
}

TEST(Reclaim, DrainCpuGivesEverythingBack) {
  uma_zone_t zone = PlainZone("drained", 300);
  Give(zone, Take(zone, 10000));
  EXPECT_GT(StatsOf(zone).cached, 0U);
  uma_reclaim(UMA_RECLAIM_DRAIN_CPU);
  const uma_zone_stats stats = StatsOf(zone);
  EXPECT_EQ(stats.allocs, 10000U);
  EXPECT_EQ(stats.frees, 10000U);
  EXPECT_EQ(stats.cached, 0U);
  EXPECT_EQ(stats.keg_free, 0U);
  EXPECT_EQ(stats.keg_bytes, 0U);
  const uma_layout_keg* keg = PublishedKeg("drained");
  EXPECT_GT(keg->slab_allocs, 0U);
  EXPECT_EQ(keg->slab_allocs, keg->slab_frees);
  uma_zdestroy(zone);
}

TEST(Reclaim, DrainLeavesPerCpuCaches) {
  uma_zone_t zone = PlainZone("buckets", 300);
  Give(zone, Take(zone, 10000));
  uma_reclaim(UMA_RECLAIM_DRAIN);
  const uma_zone_stats stats = StatsOf(zone);
  EXPECT_EQ(Published("buckets")->bucket_items, 0U);
  EXPECT_GT(stats.cached, 0U);
  EXPECT_LT(stats.cached, 2000U);
  EXPECT_GT(stats.keg_bytes, 0U);
  uma_zdestroy(zone);
}

TEST(Reclaim, TrimGivesBackWhatLayIdleTwice) {
  uma_zone_t zone = PlainZone("trimmed", 300);
  Give(zone, Take(zone, 3000));
  uma_zone_reclaim(zone, UMA_RECLAIM_TRIM);
  const uint64_t first = Published("trimmed")->bucket_items;
  EXPECT_GT(first, 0U) << "it was in use since the last trim";
  uma_zone_reclaim(zone, UMA_RECLAIM_TRIM);
  EXPECT_EQ(Published("trimmed")->bucket_items, 0U) << "it was not in use since the last trim";
  uma_zdestroy(zone);
}

// What comes and goes is the working set; it fades when nothing does.
TEST(Reclaim, WorkingSetRisesAndFalls) {
  OneCpu one;
  uma_zone_t zone = PlainZone("working", 300);
  const auto* shown = Published("working");
  Give(zone, Take(zone, 5000));
  uma_zone_reclaim(zone, UMA_RECLAIM_TRIM);
  // Half of what the buckets hold is taken and comes back.
  const uint64_t held = shown->bucket_items;
  ASSERT_GT(held, 100U);
  Give(zone, Take(zone, int(held / 2 + StatsOf(zone).cached - held)));
  uma_zone_reclaim(zone, UMA_RECLAIM_TRIM);
  const uint64_t high = shown->wss;
  EXPECT_GT(high, held / 4);
  for (int i = 0; i < 30; i++) uma_zone_reclaim(zone, UMA_RECLAIM_TRIM);
  EXPECT_LT(shown->wss, high / 8 + 5);
  uma_zdestroy(zone);
}

TEST(Reclaim, OneZoneAlone) {
  uma_zone_t zone = PlainZone("one", 300);
  uma_zone_t other = PlainZone("untouched", 300);
  Give(zone, Take(zone, 1000));
  Give(other, Take(other, 1000));
  const uint64_t cached = StatsOf(other).cached;
  uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
  EXPECT_EQ(StatsOf(zone).cached, 0U);
  EXPECT_EQ(StatsOf(other).cached, cached);
  uma_zdestroy(zone);
  uma_zdestroy(other);
}

TEST(Reclaim, UnknownRequestDoesNothing) {
  uma_zone_t zone = PlainZone("unknown", 300);
  Give(zone, Take(zone, 1000));
  const uint64_t cached = StatsOf(zone).cached;
  for (int request : {0, -1, 4, 1000}) {
    uma_reclaim(request);
    uma_zone_reclaim(zone, request);
  }
  EXPECT_EQ(StatsOf(zone).cached, cached);
  uma_zdestroy(zone);
}

TEST(Reclaim, ItemsInUseAreLeftAlone) {
  uma_zone_t zone = PlainZone("used", 500);
  std::vector<void*> items = Take(zone, 8000), kept;
  for (size_t i = 0; i < items.size(); i++) {
    if (i % 50 == 0) {
      kept.push_back(memset(items[i], int(i / 50), 500));
    } else {
      uma_zfree(zone, memset(items[i], 0xdd, 500));
    }
  }
  for (int i = 0; i < 3; i++) uma_reclaim(UMA_RECLAIM_DRAIN_CPU);
  EXPECT_EQ(uma_zone_get_cur(zone), int(kept.size()));
  for (size_t i = 0; i < kept.size(); i++)
    for (int at = 0; at < 500; at++)
      ASSERT_EQ(static_cast<unsigned char*>(kept[i])[at], static_cast<unsigned char>(i));
  // The memory between them is whole when it is used again.
  std::vector<void*> again = Take(zone, 8000);
  for (size_t i = 0; i < again.size(); i++) memset(again[i], 0x11, 500);
  for (size_t i = 0; i < kept.size(); i++)
    ASSERT_EQ(static_cast<unsigned char*>(kept[i])[499], static_cast<unsigned char>(i));
  Give(zone, again);
  Give(zone, kept);
  uma_zdestroy(zone);
}

TEST(Reclaim, NofreeKeepsItsSlabs) {
  OneCpu one;
  uma_zone_t zone = PlainZone("nofree", 300, 7, UMA_ZONE_NOFREE);
  const std::vector<void*> items = Take(zone, 5000);
  const uint64_t bytes = StatsOf(zone).keg_bytes;
  Give(zone, items);
  for (int i = 0; i < 2; i++) uma_reclaim(UMA_RECLAIM_DRAIN_CPU);
  const uma_zone_stats stats = StatsOf(zone);
  EXPECT_EQ(stats.keg_bytes, bytes);
  EXPECT_EQ(stats.cached, 0U);
  EXPECT_EQ(PublishedKeg("nofree")->slab_frees, 0U);
  EXPECT_EQ(PublishedKeg("nofree")->purged_bytes, 0U);
  // They serve again before a new slab is made.
  Give(zone, Take(zone, 5000));
  EXPECT_EQ(StatsOf(zone).keg_bytes, bytes);
  uma_zdestroy(zone);
}

TEST(Reclaim, PreallocMakesSlabsAhead) {
  OneCpu one;
  uma_zone_t zone = uma_zcreate("ahead", 300, nullptr, nullptr, NoteInit, nullptr, 7, 0);
  uma_prealloc(zone, 5000);
  const uma_zone_stats stats = StatsOf(zone);
  EXPECT_GE(stats.keg_free, 5000U);
  EXPECT_EQ(stats.allocs, 0U);
  EXPECT_EQ(uint64_t(Count('i')), stats.keg_free);
  const uint64_t slabs = PublishedKeg("ahead")->slab_allocs;
  Give(zone, Take(zone, 5000));
  EXPECT_EQ(PublishedKeg("ahead")->slab_allocs, slabs);
  uma_prealloc(zone, 0);
  uma_prealloc(zone, -1);
  EXPECT_EQ(PublishedKeg("ahead")->slab_allocs, slabs);
  uma_zdestroy(zone);
}

}  // namespace
