// SPDX-License-Identifier: BSD-2-Clause
// CPUs, their regions and entries, and exclusive use of a stopped CPU.
#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <thread>
#include <vector>

#include "alloc/percpu/percpu.h"
#include "alloc/uma/boot.h"

namespace uma {
namespace {

constexpr unsigned kEntry = kBootEntries;
constexpr size_t kOffset = kEntry * 16;

int items[10 * kCpuIds];

// An array on each CPU that this thread may use, with items: a thread that popped finds room for
// all wherever it goes on. `count`: how many items there are.
void AttachEverywhere(size_t* count) {
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
  for (int id = 0; id < CPU_SETSIZE; id++) {
    if (!CPU_ISSET(id, &all)) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(id, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    Cpu* cpu = percpu_self();
    ASSERT_NE(cpu, nullptr);
    Guard guard(cpu->lock);
    ASSERT_TRUE(percpu_resize(cpu, kEntry, 1000));
    for (int i = 0; i < 10; i++, (*count)++) ASSERT_EQ(uma_percpu_push(&items[*count], kOffset), 0);
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof(all), &all), 0);
}

void ExpectNobodyPops(Cpu* stopped, void*) {
  Entry* entry = entry_at(stopped->region, kEntry);
  const uint64_t pops = load_relaxed(entry->allocs);
  for (int spin = 0; spin < 100; spin++) __builtin_ia32_pause();
  ASSERT_EQ(load_relaxed(entry->allocs), pops);
}

class Cpus : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(boot());
    ASSERT_TRUE(percpu_add_entry(kEntry));
  }
};

TEST_F(Cpus, AnEntryWithoutArrayIsEmptyAndFull) {
  EXPECT_EQ(uma_percpu_pop(kOffset), nullptr);
  EXPECT_EQ(uma_percpu_push(&items[0], kOffset), 1);
}

TEST_F(Cpus, AreSeenOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; i++) threads.emplace_back([] { EXPECT_NE(percpu_self(), nullptr); });
  for (std::thread& thread : threads) thread.join();
  unsigned count = 0;
  for (Cpu* cpu = percpu_first(); cpu; cpu = cpu->next) {
    count++;
    EXPECT_EQ(percpu_get(cpu->id), cpu);
    EXPECT_LE(cpu->id, percpu_limit());
    EXPECT_EQ(percpu_published()[cpu->id].region, addr(cpu->region));
  }
  EXPECT_EQ(count, percpu_seen());
}

// Threads push what they popped, while this one stops one CPU after the other.
TEST_F(Cpus, AreToThemselvesWhileStopped) {
  std::atomic<bool> stop{false};
  std::atomic<long> out{0};
  const auto work = [&] {
    while (!stop) {
      void* item = uma_percpu_pop(kOffset);
      if (!item) continue;
      out++;
      while (uma_percpu_push(item, kOffset) != 0) std::this_thread::yield();
      out--;
    }
  };
  size_t count = 0;
  AttachEverywhere(&count);
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; i++) threads.emplace_back(work);
  for (int i = 0; i < 2000; i++)
    for (Cpu* cpu = percpu_first(); cpu; cpu = cpu->next)
      percpu_stop(cpu, ExpectNobodyPops, nullptr);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(out, 0);
  size_t held = 0;
  for (Cpu* cpu = percpu_first(); cpu; cpu = cpu->next) {
    Guard guard(cpu->lock);
    Entry* entry = entry_at(cpu->region, kEntry);
    for (void** slot = entry->top; *--slot;) held++;
  }
  EXPECT_EQ(held, count) << "an item was lost or doubled";
}

}  // namespace
}  // namespace uma
