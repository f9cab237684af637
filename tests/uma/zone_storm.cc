// SPDX-License-Identifier: BSD-2-Clause
// Zones come and go while others allocate, reclaim, print, read and fork; and more zones than
// per-CPU entries.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

std::atomic<bool> stop{false};

// Keeps its items stamped, so that one given out twice is seen.
void Allocate(const std::vector<uma_zone_t>& zones, unsigned seed, size_t size) {
  std::mt19937 random(seed);
  struct Item {
    uma_zone_t zone;
    unsigned* p;
    unsigned stamp;
  };
  std::vector<Item> items;
  while (!stop.load()) {
    if (random() % 2 && items.size() < 60) {
      uma_zone_t zone = zones[random() % zones.size()];
      auto* p = static_cast<unsigned*>(uma_zalloc(zone, M_NOWAIT));
      if (!p) continue;
      const unsigned stamp = random();
      p[0] = p[size / sizeof(unsigned) - 1] = stamp;
      items.push_back({zone, p, stamp});
    } else if (!items.empty()) {
      std::swap(items[random() % items.size()], items.back());
      const Item item = items.back();
      items.pop_back();
      EXPECT_EQ(item.p[0], item.stamp);
      EXPECT_EQ(item.p[size / sizeof(unsigned) - 1], item.stamp);
      uma_zfree(item.zone, item.p);
    }
  }
  for (const Item& item : items) uma_zfree(item.zone, item.p);
}

void MakeAndDestroy(unsigned seed) {
  std::mt19937 random(seed);
  while (!stop.load()) {
    uma_zone_t zone = PlainZone("storm short", random() % 3000 + 8);
    uma_zone_t second =
        uma_zsecond_create("storm second", NoteCtor, nullptr, nullptr, nullptr, zone);
    ASSERT_NE(second, nullptr);
    if (random() % 2) uma_zone_set_max(zone, 200);
    void* items[100];
    uma_zone_t from = random() % 2 ? zone : second;
    const int n = uma_zalloc_bulk(from, items, 100, M_NOWAIT);
    uma_zfree_bulk(from, items, n);
    uma_zdestroy(second);
    uma_zdestroy(zone);
  }
}

void Reclaim(unsigned seed) {
  std::mt19937 random(seed);
  while (!stop.load()) {
    uma_reclaim(int(random() % 3) + 1);
    usleep(500);
  }
}

void Look() {
  long lines = 0;
  while (!stop.load()) {
    uma_print_stats_to([](void* arg, const char*) { ++*static_cast<long*>(arg); }, &lines);
    size_t size = 0;
    uma_sysctlbyname("vm.zone_stats", nullptr, &size, nullptr, 0);
    for (const auto* zone = uma_layout_first(&uma_layout); zone; zone = uma_layout_next(zone))
      lines += zone->size > 0;
    usleep(300);
  }
  EXPECT_GT(lines, 0);
}

void Fork(const std::vector<uma_zone_t>& zones) {
  while (!stop.load()) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      for (uma_zone_t zone : zones) uma_zfree(zone, uma_zalloc(zone, M_NOWAIT));
      uma_zone_t own = PlainZone("storm child", 100);
      uma_zfree(own, uma_zalloc(own, M_WAITOK));
      uma_zdestroy(own);
      uma_reclaim(UMA_RECLAIM_DRAIN_CPU);
      _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    usleep(2000);
  }
}

void MoveLimit(uma_zone_t zone, unsigned seed) {
  std::mt19937 random(seed);
  while (!stop.load()) {
    uma_zone_set_max(zone, random() % 5 ? int(random() % 100) + 1 : 0);
    usleep(200);
  }
  uma_zone_set_max(zone, 0);
}

TEST(Storm, ZonesComeAndGo) {
  constexpr size_t kSize = 256;
  const int zones_before = ZoneCount();
  std::vector<uma_zone_t> zones;
  for (int i = 0; i < 4; i++) zones.push_back(PlainZone("storm", kSize));
  stop = false;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 3; i++) threads.emplace_back([&, i] { Allocate(zones, i, kSize); });
  for (unsigned i = 0; i < 2; i++) threads.emplace_back([i] { MakeAndDestroy(i); });
  threads.emplace_back([] { Reclaim(1); });
  threads.emplace_back([] { Look(); });
  threads.emplace_back([&] { Fork(zones); });
  threads.emplace_back([&] { MoveLimit(zones[0], 1); });
  sleep(LongRun() ? 60 : 3);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  for (uma_zone_t zone : zones) {
    EXPECT_EQ(uma_zone_get_cur(zone), 0);
    uma_zdestroy(zone);
  }
  EXPECT_EQ(ZoneCount(), zones_before);
}

// Who waits while the limit goes up and down gets an item in the end.
TEST(Storm, LimitsUnderWaiters) {
  uma_zone_t zone = PlainZone("storm limit", 64);
  uma_zone_set_max(zone, 2);
  stop = false;
  std::thread mover([&] { MoveLimit(zone, 7); });
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; i++) {
    threads.emplace_back([&] {
      for (int round = 0; round < (LongRun() ? 20000 : 500); round++) {
        void* item = uma_zalloc(zone, M_WAITOK);
        ASSERT_NE(item, nullptr);
        uma_zfree(zone, item);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  stop = true;
  mover.join();
  EXPECT_EQ(uma_zone_get_cur(zone), 0);
  uma_zdestroy(zone);
}

// Those without a per-CPU entry are as correct as the others.
TEST(Storm, TenThousandZones) {
  constexpr int kZones = 10000;
  std::vector<uma_zone_t> zones;
  std::vector<void*> items;
  const int before = ZoneCount();
  for (int i = 0; i < kZones; i++) {
    zones.push_back(PlainZone(("many " + std::to_string(i)).c_str(), size_t(i % 500) + 8));
    ASSERT_NE(zones.back(), nullptr) << i;
  }
  EXPECT_EQ(ZoneCount(), before + kZones);
  for (int i = 0; i < kZones; i++) {
    items.push_back(uma_zalloc(zones[size_t(i)], M_WAITOK | M_ZERO));
    ASSERT_NE(items.back(), nullptr) << i;
    memset(items.back(), i, size_t(i % 500) + 8);
  }
  for (int i = 0; i < kZones; i += 97) {
    const auto* bytes = static_cast<unsigned char*>(items[size_t(i)]);
    EXPECT_EQ(bytes[i % 500 + 7], static_cast<unsigned char>(i));
    EXPECT_EQ(uma_zone_get_cur(zones[size_t(i)]), 1);
  }
  for (int i = 0; i < kZones; i++) {
    uma_zfree(zones[size_t(i)], items[size_t(i)]);
    uma_zdestroy(zones[size_t(i)]);
  }
  EXPECT_EQ(ZoneCount(), before);
}

}  // namespace
