// SPDX-License-Identifier: BSD-2-Clause
// Threads that are interrupted all the time, while another drains every cache in a loop: each item
// carries a stamp, so that one handed out twice, or written by somebody else, is seen.
#include <gtest/gtest.h>
#include <time.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/signals.h"
#include "tests/uma/support.h"

namespace {

using namespace uma_test;

constexpr int kThreads = 4;
constexpr size_t kSlots = 600;

std::atomic<bool> stop;
std::atomic<long> wrong, rounds, drains;

double Now() {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

struct Kind {
  uma_zone_t zone;
  size_t words;
  std::atomic<long> live{0};
};

// Where an item is free its first word is kFree: zones with init keep it so for their whole life.
constexpr uint64_t kFree = 0xf0ee;
int FreeInit(void* item, int, int) { return *static_cast<uint64_t*>(item) = kFree, 0; }
void FreeFini(void* item, int) { wrong += *static_cast<uint64_t*>(item) != kFree; }

int NoWorkCtor(void*, int, void*, int) { return 0; }

void Stamp(uint64_t* item, size_t words, uint64_t stamp) {
  item[0] = item[words - 1] = item[words / 2] = stamp;
}

bool Stamped(const uint64_t* item, size_t words, uint64_t stamp) {
  return item[0] == stamp && item[words - 1] == stamp && item[words / 2] == stamp;
}

void Work(std::vector<Kind>* kinds, uint64_t thread) {
  support::SignalTimer timer(100);
  struct Slot {
    uint64_t* item;
    uint64_t stamp;
  };
  std::vector<Slot> slots(kSlots * kinds->size());
  uint64_t random = thread + 1, stamp = thread << 48;
  while (!stop.load(std::memory_order_relaxed)) {
    random = random * 6364136223846793005 + 1442695040888963407;
    // Bursts through one zone's slots, so that its arrays run empty and full.
    const size_t k = (random >> 40) % kinds->size();
    Kind& kind = (*kinds)[k];
    const size_t begin = (random >> 20) % kSlots;
    for (size_t i = begin; i < std::min(begin + 200, kSlots); i++) {
      Slot& slot = slots[k * kSlots + i];
      if (slot.item != nullptr) {
        if (!Stamped(slot.item, kind.words, slot.stamp)) wrong++;
        Stamp(slot.item, kind.words, kFree);
        uma_zfree(kind.zone, slot.item);
        slot.item = nullptr;
        kind.live--;
      } else {
        slot.item = static_cast<uint64_t*>(uma_zalloc(kind.zone, M_NOWAIT));
        if (slot.item == nullptr) {
          wrong++;
          continue;
        }
        kind.live++;
        slot.stamp = ++stamp;
        Stamp(slot.item, kind.words, slot.stamp);
      }
    }
    rounds++;
  }
  for (size_t i = 0; i < slots.size(); i++) {
    Kind& kind = (*kinds)[i / kSlots];
    if (slots[i].item == nullptr || slots[i].stamp % 7 == 0) continue;
    if (!Stamped(slots[i].item, kind.words, slots[i].stamp)) wrong++;
    Stamp(slots[i].item, kind.words, kFree);
    uma_zfree(kind.zone, slots[i].item);
    kind.live--;
  }
}

TEST(DrainStress, NoItemIsLostOrDoubled) {
  support::CountSignals();
  std::vector<Kind> kinds(4);
  uma_zone_t small_zone = PlainZone("small", 24);
  const uma_zone_t zones[] = {
      small_zone, uma_zcreate("inited", 64, nullptr, nullptr, FreeInit, FreeFini, 7, 0),
      uma_zcreate("constructed", 2048, NoWorkCtor, nullptr, nullptr, nullptr, 7, 0),
      uma_zsecond_create("secondary", nullptr, nullptr, FreeInit, FreeFini, small_zone)};
  constexpr size_t kWords[] = {3, 8, 256, 3};
  for (size_t i = 0; i < 4; i++) {
    kinds[i].zone = zones[i];
    kinds[i].words = kWords[i];
  }
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < kThreads; t++) threads.emplace_back(Work, &kinds, t);
  const double end = Now() + (LongRun() ? 60 : 5);
  while (Now() < end) {
    uma_reclaim(UMA_RECLAIM_DRAIN_CPU);
    drains++;
  }
  stop.store(true);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_GT(rounds.load(), 1000);
  EXPECT_GT(drains.load(), 100);
  EXPECT_GT(support::signals.load(), 1000);
  for (Kind& kind : kinds) EXPECT_EQ(uma_zone_get_cur(kind.zone), kind.live.load());
  // Every item that is not in use is accounted for.
  const uma_layout_keg* keg = PublishedKeg("small");
  const uma_zone_stats small = StatsOf(kinds[0].zone), second = StatsOf(kinds[3].zone);
  EXPECT_EQ(small.used + small.cached + second.used + second.cached + small.keg_free,
            keg->slabs * keg->ipers);
  keg = PublishedKeg("constructed");
  const uma_zone_stats made = StatsOf(kinds[2].zone);
  EXPECT_EQ(made.used + made.cached + made.keg_free, keg->slabs * keg->ipers);
}

}  // namespace
