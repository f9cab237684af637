// SPDX-License-Identifier: BSD-2-Clause
// After fork the child may use all zones, whatever the other threads were doing.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

// The status of a child that runs `work` and must return 0 from it soon.
template <typename Work>
int InChild(Work work) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);  // a deadlock is a failure
    _exit(work());
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

int UseZone(uma_zone_t zone, size_t size) {
  std::vector<void*> items;
  for (int i = 0; i < 500; i++) {
    void* item = uma_zalloc(zone, 0);
    if (item == nullptr) return 1;
    items.push_back(memset(item, i, size));
  }
  for (void* item : items) uma_zfree(zone, item);
  return 0;
}

TEST(Fork, ChildUsesItsParentsZones) {
  uma_zone_t zone = uma_zcreate("family", 200, NoteCtor, NoteDtor, nullptr, nullptr, 7, 0);
  void* item = memset(uma_zalloc(zone, 0), 0x42, 200);
  const uint64_t allocs = StatsOf(zone).allocs;
  EXPECT_EQ(InChild([&] {
              if (uma_layout.pid != uma_u64(getpid())) return 2;
              if (static_cast<char*>(item)[199] != 0x42) return 3;
              if (UseZone(zone, 200) != 0) return 4;
              uma_zfree(zone, item);
              const uma_zone_stats stats = StatsOf(zone);
              if (stats.used != 0 || stats.allocs != allocs + 500) return 5;
              uma_zone_t own = PlainZone("own", 64);
              if (UseZone(own, 64) != 0) return 6;
              uma_zdestroy(own);
              uma_reclaim(UMA_RECLAIM_DRAIN_CPU);
              if (StatsOf(zone).cached != 0) return 7;
              uma_zdestroy(zone);
              return 0;
            }),
            0);
  // The parent's copy is its own.
  EXPECT_EQ(StatsOf(zone).allocs, allocs);
  EXPECT_EQ(uma_zone_get_cur(zone), 1);
  uma_zfree(zone, item);
  uma_zdestroy(zone);
}

// Forks while another thread does `work` over and over; the child does `in_child`.
template <typename Work, typename InChildWork>
void ForkBeside(Work work, InChildWork in_child) {
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop.load()) work();
  });
  int failed = 0;
  const int forks = LongRun() ? 3000 : 150;
  for (int i = 0; i < forks && failed == 0; i++) {
    failed = InChild(in_child);
    usleep(useconds_t(i % 10) * 37);  // not always at the same point of its work
  }
  stop.store(true);
  busy.join();
  EXPECT_EQ(failed, 0) << "signal 14 is a deadlock";
}

uma_zone_t shared_zone;

int UseEverything() {
  if (UseZone(shared_zone, 300) != 0) return 1;
  uma_zone_t zone = PlainZone("child", 100);
  if (zone == nullptr || UseZone(zone, 100) != 0) return 2;
  uma_zdestroy(zone);
  uma_reclaim(UMA_RECLAIM_DRAIN_CPU);
  return 0;
}

class ForkBusy : public testing::Test {
 protected:
  void SetUp() override { shared_zone = PlainZone("shared", 300); }
  void TearDown() override { uma_zdestroy(shared_zone); }
};

TEST_F(ForkBusy, BesideAllocation) {
  ForkBeside([] { UseZone(shared_zone, 300); }, UseEverything);
}

TEST_F(ForkBusy, BesideReclaim) {
  ForkBeside(
      [] {
        UseZone(shared_zone, 300);
        uma_reclaim(UMA_RECLAIM_DRAIN_CPU);
      },
      UseEverything);
}

TEST_F(ForkBusy, BesideCreationAndDestruction) {
  ForkBeside([] { uma_zdestroy(PlainZone("short-lived", 100)); }, UseEverything);
}

// The keg of a secondary zone outlives its primary, and its lock is still one of fork's. An item
// left in each slab makes reclaim give pages back, which it does with that lock held.
TEST_F(ForkBusy, BesideAnOrphanedKeg) {
  uma_zone_t primary = PlainZone("parent", 300);
  uma_zone_t orphan = uma_zsecond_create("orphan", nullptr, nullptr, nullptr, nullptr, primary);
  uma_zdestroy(primary);
  std::vector<void*> kept;
  for (int i = 0; i < 8000; i++) {
    void* item = memset(uma_zalloc(orphan, 0), 1, 300);
    if (i % 200 == 0) {
      kept.push_back(item);
    } else {
      uma_zfree(orphan, item);
    }
  }
  ForkBeside(
      [&] {
        UseZone(orphan, 300);
        uma_zone_reclaim(orphan, UMA_RECLAIM_DRAIN_CPU);
      },
      [&] { return UseZone(orphan, 300); });
  for (void* item : kept) uma_zfree(orphan, item);
  uma_zdestroy(orphan);
}

}  // namespace
