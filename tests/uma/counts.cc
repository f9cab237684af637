// SPDX-License-Identifier: BSD-2-Clause
// Statistics are exact once no thread uses a zone: whatever thread did it, whatever path it took,
// however often it was interrupted.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/signals.h"
#include "tests/uma/support.h"

namespace {

using namespace uma_test;

constexpr int kThreads = 8;
constexpr int kKept = 100;  // items each thread leaves in use, per zone

std::atomic<long> ctors, dtors;
int CountCtor(void*, int, void*, int) { return ctors++, 0; }
void CountDtor(void*, int, void*) { dtors++; }

struct Zones {
  uma_zone_t plain = PlainZone("plain", 64);
  uma_zone_t counted = uma_zcreate("counted", 128, CountCtor, CountDtor, nullptr, nullptr, 7, 0);
  uma_zone_t large = PlainZone("large", 20000);
  uma_zone_t second = uma_zsecond_create("second", nullptr, nullptr, nullptr, nullptr, plain);
  std::vector<uma_zone_t> All() const { return {plain, counted, large, second}; }
};

// `pairs` allocations and frees in bursts, then kKept allocations more.
void Work(uma_zone_t zone, long pairs, unsigned seed, std::vector<void*>* kept) {
  void* items[300];
  for (long left = pairs; left > 0;) {
    seed = seed * 1103515245 + 12345;
    const long burst = std::min<long>({left, long(seed >> 16) % 300 + 1, 300L});
    for (long i = 0; i < burst; i++) items[i] = uma_zalloc(zone, M_WAITOK);
    for (long i = 0; i < burst; i++) uma_zfree(zone, items[i]);
    left -= burst;
  }
  for (int i = 0; i < kKept; i++) kept->push_back(uma_zalloc(zone, M_WAITOK));
}

void RunThreads(const Zones& zones, long pairs, bool interrupted) {
  std::vector<std::thread> threads;
  std::vector<std::vector<void*>> kept(kThreads * 4);
  ctors = dtors = 0;
  for (int t = 0; t < kThreads; t++)
    threads.emplace_back([&, t] {
      support::SignalTimer timer(interrupted ? 100 : 0);
      for (size_t z = 0; z < 4; z++)
        Work(zones.All()[z], z == 2 ? pairs / 10 : pairs, unsigned(t), &kept[size_t(t) * 4 + z]);
    });
  for (std::thread& thread : threads) thread.join();
  for (size_t z = 0; z < 4; z++) {
    SCOPED_TRACE(z);
    const uint64_t done = uint64_t(z == 2 ? pairs / 10 : pairs) * kThreads;
    const uma_zone_stats stats = StatsOf(zones.All()[z]);
    EXPECT_EQ(stats.allocs, done + kThreads * kKept);
    EXPECT_EQ(stats.frees, done);
    EXPECT_EQ(stats.used, uint64_t{kThreads * kKept});
    EXPECT_EQ(uma_zone_get_cur(zones.All()[z]), kThreads * kKept);
    EXPECT_EQ(stats.fails, 0U);
  }
  EXPECT_EQ(ctors, pairs * kThreads + kThreads * kKept);
  EXPECT_EQ(dtors, pairs * kThreads) << "each free runs dtor once";
  for (size_t i = 0; i < kept.size(); i++)
    for (void* item : kept[i]) uma_zfree(zones.All()[i % 4], item);
  const Zones& z = zones;
  for (uma_zone_t zone : z.All()) EXPECT_EQ(uma_zone_get_cur(zone), 0);
  uma_zdestroy(z.second);
  uma_zdestroy(z.plain);
  uma_zdestroy(z.counted);
  uma_zdestroy(z.large);
}

// Every item of the keg is in use, cached, or free in it.
TEST(Counts, ItemsAddUp) {
  uma_zone_t zone = PlainZone("sum", 500);
  std::vector<void*> items;
  for (int i = 0; i < 3333; i++) items.push_back(uma_zalloc(zone, 0));
  for (int i = 0; i < 2222; i++) {
    uma_zfree(zone, items[size_t(i)]);
    const uma_zone_stats stats = StatsOf(zone);
    const uma_layout_keg* keg = PublishedKeg("sum");
    ASSERT_EQ(stats.used + stats.cached + stats.keg_free, keg->slabs * keg->ipers);
  }
  for (size_t i = 2222; i < 3333; i++) uma_zfree(zone, items[i]);
  uma_zdestroy(zone);
}

TEST(Counts, EightThreads) { RunThreads(Zones(), LongRun() ? 5000000 : 100000, false); }

TEST(Counts, EightInterruptedThreads) {
  support::CountSignals();
  RunThreads(Zones(), LongRun() ? 5000000 : 400000, true);
  EXPECT_GT(support::signals.load(), 100);
}

// What one thread allocates another frees.
TEST(Counts, FreedElsewhere) {
  uma_zone_t zone = PlainZone("handed", 64);
  for (int round = 0; round < 20; round++) {
    std::vector<void*> items;
    for (int i = 0; i < 2000; i++) items.push_back(uma_zalloc(zone, 0));
    std::thread([&] {
      for (void* item : items) uma_zfree(zone, item);
    }).join();
  }
  const uma_zone_stats stats = StatsOf(zone);
  EXPECT_EQ(stats.allocs, 40000U);
  EXPECT_EQ(stats.frees, 40000U);
  uma_zdestroy(zone);
}

}  // namespace
