// SPDX-License-Identifier: BSD-2-Clause
// The end of zones: what comes back, what is said, and zones without end.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

TEST(Destroy, SaysHowManyItemsLeak) {
  const int zones = ZoneCount();
  uma_zone_t zone = PlainZone("leaky", 100);
  std::vector<char*> items;
  for (int i = 0; i < 12345; i++) {
    items.push_back(static_cast<char*>(uma_zalloc(zone, 0)));
    *items.back() = char(i);
  }
  testing::internal::CaptureStderr();
  uma_zdestroy(zone);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "uma: zone leaky destroyed with 12345 items in use\n");
  EXPECT_EQ(ZoneCount(), zones);
  // The items are lost, not given to somebody else.
  uma_zone_t next = PlainZone("next", 100);
  std::vector<void*> others;
  for (int i = 0; i < 12345; i++) others.push_back(memset(uma_zalloc(next, 0), 0xff, 100));
  for (int i = 0; i < 12345; i++) ASSERT_EQ(*items[i], char(i));
  for (void* item : others) uma_zfree(next, item);
  uma_zdestroy(next);
}

TEST(Destroy, SaysNothingWhenNothingLeaks) {
  testing::internal::CaptureStderr();
  uma_zone_t zone = PlainZone("tidy", 100, 7, UMA_ZONE_NOFREE);
  for (int i = 0; i < 100; i++) uma_zfree(zone, uma_zalloc(zone, 0));
  uma_zdestroy(zone);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Destroy, GivesAllMemoryBack) {
  const uint64_t before = uma_layout.pages.runs_used;
  for (uint32_t flags : {0, UMA_ZONE_NOFREE, UMA_ZONE_ZINIT}) {
    uma_zone_t zone = PlainZone("given", 1000, 7, flags);
    uma_prealloc(zone, 1000);
    std::vector<void*> items;
    for (int i = 0; i < 5000; i++) items.push_back(uma_zalloc(zone, 0));
    EXPECT_GE(uma_layout.pages.runs_used, before + 5000000);
    for (void* item : items) uma_zfree(zone, item);
    uma_zdestroy(zone);
    // Under preload malloc may have made a slab or two meanwhile.
    EXPECT_LE(uma_layout.pages.runs_used, before + (1 << 20));
  }
}

TEST(Destroy, EntriesAreUsedAgain) {
  const int zones = ZoneCount();
  unsigned uncached = 0;
  for (int i = 0; i < 5000; i++) {
    uma_zone_t zone = PlainZone("again", 64);
    ASSERT_NE(zone, nullptr);
    uncached += Published("again")->entry == 0;
    void* item = uma_zalloc(zone, 0);
    ASSERT_NE(item, nullptr);
    uma_zfree(zone, item);
    const uma_zone_stats stats = StatsOf(zone);
    ASSERT_EQ(stats.allocs, 1U) << "counters of an earlier zone";
    ASSERT_EQ(stats.frees, 1U);
    uma_zdestroy(zone);
  }
  EXPECT_EQ(uncached, 0U);
  EXPECT_EQ(ZoneCount(), zones);
}

TEST(Destroy, MoreZonesThanEntries) {
  constexpr int kZones = 4100;
  const int before = ZoneCount();
  std::vector<uma_zone_t> zones;
  int uncached = 0;
  for (int i = 0; i < kZones; i++) {
    const std::string name = "many" + std::to_string(i);
    zones.push_back(PlainZone(name.c_str(), 32));
    ASSERT_NE(zones.back(), nullptr);
  }
  EXPECT_EQ(ZoneCount(), before + kZones);
  for (const auto* zone = uma_layout_first(&uma_layout); zone; zone = uma_layout_next(zone))
    uncached += strncmp(zone->name, "many", 4) == 0 && zone->entry == 0;
  EXPECT_GT(uncached, 0);
  for (int i = 0; i < kZones; i += i < 4000 ? 100 : 1) {
    void* a = uma_zalloc(zones[i], M_ZERO);
    void* b = uma_zalloc(zones[i], 0);
    ASSERT_NE(a, nullptr);
    ASSERT_NE(b, nullptr);
    ASSERT_NE(a, b);
    uma_zfree(zones[i], a);
    uma_zfree(zones[i], b);
    const uma_zone_stats stats = StatsOf(zones[i]);
    ASSERT_EQ(stats.allocs, 2U);
    ASSERT_EQ(stats.frees, 2U);
  }
  for (uma_zone_t zone : zones) uma_zdestroy(zone);
  EXPECT_EQ(ZoneCount(), before);
}

TEST(Destroy, ManyThreadsMakeAndEndZones) {
  const int before = ZoneCount();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++)
    threads.emplace_back([t] {
      for (int i = 0; i < 300; i++) {
        uma_zone_t zone = PlainZone("busy", 16 + 100 * size_t(t));
        std::vector<void*> items;
        for (int n = 0; n < 100; n++) items.push_back(uma_zalloc(zone, 0));
        for (void* item : items) uma_zfree(zone, item);
        if (StatsOf(zone).allocs != 100 || uma_zone_get_cur(zone) != 0) ADD_FAILURE();
        uma_zdestroy(zone);
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ZoneCount(), before);
}

}  // namespace
