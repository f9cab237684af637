// SPDX-License-Identifier: BSD-2-Clause
// CPUs, their regions and entries: exclusive use of a stopped CPU, arrays that are replaced while
// others push and pop.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "alloc/percpu/percpu.h"
#include "alloc/uma/boot.h"

namespace uma {
namespace {

constexpr unsigned kEntry = kBootEntries;
constexpr size_t kOffset = kEntry * 16;

int items[1000];

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

// Threads push what they popped, while this one takes arrays away, counts, and gives others back.
TEST_F(Cpus, NothingIsLostWhileArraysAreReplaced) {
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
  size_t next = 0;
  const auto fill = [&](Cpu* cpu) {
    Guard guard(cpu->lock);
    EXPECT_TRUE(percpu_resize(cpu, kEntry, 30));
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; i++) {
    threads.emplace_back([] { percpu_self(); });
    threads.back().join();
  }
  Cpu* self = percpu_self();
  ASSERT_NE(self, nullptr);
  for (Cpu* cpu = percpu_first(); cpu; cpu = cpu->next)
    if (cpu == percpu_current()) fill(cpu);
  while (next < 20 && uma_percpu_push(&items[next], kOffset) == 0) next++;
  threads.clear();
  for (int i = 0; i < 2; i++) threads.emplace_back(work);
  struct Count {
    size_t held;
  };
  for (int i = 0; i < 2000; i++) {
    Count count{0};
    for (Cpu* cpu = percpu_first(); cpu; cpu = cpu->next)
      percpu_stop(
          cpu,
          [](Cpu* stopped, void* argument) {
            Entry* entry = entry_at(stopped->region, kEntry);
            for (void** slot = entry->top; *--slot;) static_cast<Count*>(argument)->held++;
          },
          &count);
    ASSERT_LE(count.held, next);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(out, 0);
  size_t held = 0;
  for (Cpu* cpu = percpu_first(); cpu; cpu = cpu->next) {
    Guard guard(cpu->lock);
    Entry* entry = entry_at(cpu->region, kEntry);
    for (void** slot = entry->top; *--slot;) held++;
  }
  EXPECT_EQ(held, next) << "an item was lost or doubled";
}

}  // namespace
}  // namespace uma
