// SPDX-License-Identifier: BSD-2-Clause
// uma_zone_set_max and what belongs to it: exact to the item, whoever caches what; waiting in the
// order of arrival; no wake-up lost.
#include <errno.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <atomic>
#include <barrier>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

std::vector<void*> TakeAll(uma_zone_t zone, size_t most) {
  std::vector<void*> items;
  while (items.size() < most) {
    void* item = uma_zalloc(zone, M_NOWAIT);
    if (!item) break;
    items.push_back(item);
  }
  return items;
}

void FreeAll(uma_zone_t zone, std::vector<void*>& items) {
  for (void* item : items) uma_zfree(zone, item);
  items.clear();
}

TEST(Limit, IsExactAndReturned) {
  uma_zone_t zone = PlainZone("limit exact", 100);
  EXPECT_EQ(uma_zone_get_max(zone), 0);
  EXPECT_FALSE(uma_zone_exhausted(zone));
  EXPECT_EQ(uma_zone_set_max(zone, 1000), 1000);
  EXPECT_EQ(uma_zone_get_max(zone), 1000);
  EXPECT_EQ(Published("limit exact")->limit, 1000U);
  std::vector<void*> items = TakeAll(zone, 2000);
  EXPECT_EQ(items.size(), 1000U);
  errno = 0;
  EXPECT_EQ(uma_zalloc(zone, M_NOWAIT), nullptr);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_TRUE(uma_zone_exhausted(zone));
  EXPECT_TRUE(uma_zone_exhausted_nolock(zone));
  EXPECT_EQ(StatsOf(zone).fails, 2U) << "one for each null";
  uma_zfree(zone, items.back());
  EXPECT_NE(items.back() = uma_zalloc(zone, M_NOWAIT), nullptr);
  FreeAll(zone, items);
  EXPECT_EQ(uma_zone_get_cur(zone), 0);
  uma_zdestroy(zone);
}

TEST(Limit, BadArguments) {
  uma_zone_t zone = PlainZone("limit bad", 100);
  errno = 0;
  EXPECT_EQ(uma_zone_set_max(zone, -1), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(uma_zone_set_max(nullptr, 1), -1);
  EXPECT_EQ(uma_zone_get_max(nullptr), -1);
  EXPECT_EQ(uma_zone_get_max(zone), 0);
  uma_zdestroy(zone);
}

// What other living threads leave in their caches is found before an allocation fails.
TEST(Limit, CachesOfOthersHideNothing) {
  std::mt19937 random(1);
  for (int round = 0; round < 12; round++) {
    const int max = round < 4 ? round + 1 : int(random() % 3000 + 1);
    uma_zone_t zone = PlainZone("limit hidden", 8 + random() % 2000);
    uma_zone_set_max(zone, max);
    constexpr int kThreads = 6;
    std::barrier here(kThreads + 1);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; i++) {
      threads.emplace_back([&] {
        std::vector<void*> items = TakeAll(zone, size_t(max) / kThreads + 1);
        FreeAll(zone, items);
        here.arrive_and_wait();
        here.arrive_and_wait();
      });
    }
    here.arrive_and_wait();
    std::vector<void*> items = TakeAll(zone, size_t(max) + 10);
    EXPECT_EQ(items.size(), size_t(max)) << "seed 1, round " << round;
    here.arrive_and_wait();
    for (std::thread& thread : threads) thread.join();
    FreeAll(zone, items);
    EXPECT_EQ(uma_zone_get_cur(zone), 0);
    uma_zdestroy(zone);
  }
}

TEST(Limit, ZonesOfOneKegShareIt) {
  uma_zone_t primary = PlainZone("limit primary", 200);
  uma_zone_t second =
      uma_zsecond_create("limit second", nullptr, nullptr, nullptr, nullptr, primary);
  uma_zone_set_max(primary, 100);
  EXPECT_EQ(uma_zone_get_max(second), 100);
  EXPECT_EQ(Published("limit second")->limit, 100U);
  std::vector<void*> a = TakeAll(primary, 40);
  std::vector<void*> b = TakeAll(second, 100);
  EXPECT_EQ(a.size() + b.size(), 100U);
  // What the other zone has cached is no reason to sleep for ever.
  FreeAll(second, b);
  while (a.size() < 100) {
    a.push_back(uma_zalloc(primary, M_WAITOK));
    ASSERT_NE(a.back(), nullptr);
  }
  FreeAll(primary, a);
  uma_zdestroy(second);
  uma_zdestroy(primary);
}

void WaitForSleeps(const char* name, uint64_t sleeps) {
  while (__atomic_load_n(&Published(name)->sleeps, __ATOMIC_ACQUIRE) < sleeps)
    std::this_thread::yield();
}

// Waiters that are known to sleep are served in the order they came.
TEST(Limit, FirstComeFirstServed) {
  uma_zone_t zone = PlainZone("limit order", 300);
  constexpr int kMax = 3, kWaiters = 20;
  uma_zone_set_max(zone, kMax);
  std::vector<void*> items = TakeAll(zone, kMax);
  std::vector<std::thread> threads;
  std::atomic<int> served{0};
  int order[kWaiters] = {};
  void* got[kWaiters] = {};
  for (int i = 0; i < kWaiters; i++) {
    threads.emplace_back([&, i] {
      got[i] = uma_zalloc(zone, M_WAITOK);
      order[i] = served++;
    });
    WaitForSleeps("limit order", uint64_t(i) + 1);
  }
  EXPECT_TRUE(uma_zone_exhausted(zone));
  EXPECT_EQ(uma_zalloc(zone, M_NOWAIT), nullptr) << "a newcomer must not pass those who wait";
  for (int i = 0; i < kWaiters; i++) {
    void* item = i < kMax ? items[size_t(i)] : got[i - kMax];
    ASSERT_NE(item, nullptr);
    uma_zfree(zone, item);
    while (served.load() <= i) std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kWaiters; i++) EXPECT_EQ(order[i], i);
  for (int i = kWaiters - kMax; i < kWaiters; i++) uma_zfree(zone, got[i]);
  EXPECT_EQ(uma_zone_get_cur(zone), 0);
  uma_zdestroy(zone);
}

// Hand-offs without end: whoever waits gets an item in the end, and there are never too many.
TEST(Limit, NoWakeUpIsLost) {
  struct Case {
    int threads, max;
  };
  for (const Case c : {Case{64, 8}, Case{64, 1}, Case{8, 7}, Case{3, 2}, Case{16, 300}}) {
    uma_zone_t zone = PlainZone("limit handoff", 64);
    uma_zone_set_max(zone, c.max);
    const int rounds = (LongRun() ? 1000000 : 20000) / c.threads;
    std::atomic<int> out{0}, most{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < c.threads; i++) {
      threads.emplace_back([&, i] {
        std::mt19937 random(unsigned(i) + 1);
        for (int round = 0; round < rounds; round++) {
          void* item = uma_zalloc(zone, random() % 8 ? M_WAITOK : M_NOWAIT);
          if (!item) continue;
          const int now = ++out;
          for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
          }
          if (random() % 4 == 0) std::this_thread::yield();
          out--;
          uma_zfree(zone, item);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_LE(most.load(), c.max);
    EXPECT_EQ(uma_zone_get_cur(zone), 0);
    std::vector<void*> items = TakeAll(zone, size_t(c.max) + 1);
    EXPECT_EQ(items.size(), size_t(c.max)) << "items or grants were lost";
    FreeAll(zone, items);
    uma_zdestroy(zone);
  }
}

TEST(Limit, RaisedAndLiftedWakes) {
  uma_zone_t zone = PlainZone("limit raised", 64);
  uma_zone_set_max(zone, 1);
  void* first = uma_zalloc(zone, M_WAITOK);
  std::atomic<int> served{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; i++) {
    threads.emplace_back([&] {
      void* item = uma_zalloc(zone, M_WAITOK);
      EXPECT_NE(item, nullptr);
      served++;
    });
  }
  WaitForSleeps("limit raised", 6);
  EXPECT_EQ(served.load(), 0);
  uma_zone_set_max(zone, 3);
  while (served.load() < 2) std::this_thread::yield();
  EXPECT_EQ(uma_zone_get_cur(zone), 3);
  EXPECT_EQ(uma_zalloc(zone, M_NOWAIT), nullptr);
  uma_zone_set_max(zone, 0);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(uma_zone_get_cur(zone), 7);
  EXPECT_FALSE(uma_zone_exhausted(zone));
  // Lowered below what is in use, the limit is met as items come back.
  uma_zone_set_max(zone, 2);
  EXPECT_EQ(uma_zalloc(zone, M_NOWAIT), nullptr);
  uma_zfree(zone, first);
  EXPECT_EQ(uma_zalloc(zone, M_NOWAIT), nullptr);
  uma_zone_set_max(zone, 0);
  EXPECT_NE(uma_zalloc(zone, M_NOWAIT), nullptr);
}

TEST(Limit, ZwaitTakesNothing) {
  uma_zone_t zone = PlainZone("limit zwait", 64);
  uma_zone_set_max(zone, 2);
  uma_zwait(zone);
  std::vector<void*> items = TakeAll(zone, 2);
  std::atomic<int> returned{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++) {
    threads.emplace_back([&] {
      uma_zwait(zone);
      returned++;
    });
  }
  WaitForSleeps("limit zwait", 4);
  EXPECT_EQ(returned.load(), 0);
  uma_zfree(zone, items.back());
  items.pop_back();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(uma_zone_get_cur(zone), 1);
  EXPECT_NE(uma_zalloc(zone, M_NOWAIT), nullptr);
  EXPECT_EQ(uma_zalloc(zone, M_NOWAIT), nullptr);
}

void* spare_item;
int actions;
void Act(uma_zone_t zone, int) {
  actions++;
  EXPECT_EQ(uma_zalloc(zone, M_NOWAIT), nullptr) << "the action is not called from within itself";
  if (spare_item) uma_zfree(zone, spare_item);
  spare_item = nullptr;
}

std::string StderrOf(void (*body)(uma_zone_t), uma_zone_t zone) {
  char path[] = "/tmp/uma_limit_XXXXXX";
  const int file = mkstemp(path);
  unlink(path);
  const int saved = dup(2);
  dup2(file, 2);
  body(zone);
  dup2(saved, 2);
  close(saved);
  char text[4096];
  const ssize_t n = pread(file, text, sizeof(text), 0);
  close(file);
  return std::string(text, n > 0 ? size_t(n) : 0);
}

TEST(Limit, WarnsAndActs) {
  uma_zone_t zone = PlainZone("limit acts", 64);
  uma_zone_set_max(zone, 2);
  uma_zone_set_warning(zone, "raise the limit");
  uma_zone_set_maxaction(zone, Act);
  spare_item = uma_zalloc(zone, M_NOWAIT);
  EXPECT_NE(uma_zalloc(zone, M_NOWAIT), nullptr);
  const std::string text = StderrOf(
      [](uma_zone_t z) {
        EXPECT_NE(uma_zalloc(z, M_NOWAIT), nullptr) << "what the action freed";
        for (int i = 0; i < 10; i++) EXPECT_EQ(uma_zalloc(z, M_NOWAIT), nullptr);
      },
      zone);
  EXPECT_EQ(text, "uma: [zone: limit acts] raise the limit\n") << "once in 300 s";
  EXPECT_EQ(actions, 11);
  uma_zone_set_maxaction(zone, nullptr);
  EXPECT_EQ(uma_zalloc(zone, M_NOWAIT), nullptr);
  EXPECT_EQ(actions, 11);
}

// The child has the forking thread alone: who waited is not there, and takes nothing away.
TEST(Limit, ForkForgetsWhoWaits) {
  uma_zone_t zone = PlainZone("limit fork", 64);
  uma_zone_set_max(zone, 1);
  void* item = uma_zalloc(zone, M_WAITOK);
  std::thread waiter([&] { uma_zfree(zone, uma_zalloc(zone, M_WAITOK)); });
  WaitForSleeps("limit fork", 1);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    uma_zfree(zone, item);
    void* again = uma_zalloc(zone, M_WAITOK);
    _exit(again && !uma_zalloc(zone, M_NOWAIT) ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  uma_zfree(zone, item);
  waiter.join();
  EXPECT_EQ(uma_zone_get_cur(zone), 0);
  uma_zdestroy(zone);
}

TEST(Limit, MaxcacheBoundsWhatIsCached) {
  const int cpus = int(uma_layout.cpu_count);
  for (const int most : {0, 1, 2 * cpus, 10 * cpus, 100 * cpus}) {
    uma_zone_t zone = PlainZone("limit maxcache", 128);
    uma_zone_set_maxcache(zone, most);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++) {
      threads.emplace_back([&] {
        for (int round = 0; round < 20; round++) {
          std::vector<void*> items = TakeAll(zone, 3000);
          FreeAll(zone, items);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_LE(StatsOf(zone).cached, uint64_t(most));
    uma_zdestroy(zone);
  }
}

TEST(Reserve, OnlyForThoseWhoAskForIt) {
  OneCpu one;
  uma_zone_t zone = PlainZone("reserve", 1000);
  uma_zone_reserve(zone, 10);
  const int made = uma_prealloc(zone, 1);
  EXPECT_EQ(made, 1);
  const uint64_t items = StatsOf(zone).keg_free;
  std::vector<void*> usual;
  while (void* item = uma_zalloc(zone, M_NOWAIT | M_NOVM)) usual.push_back(item);
  EXPECT_EQ(usual.size(), items - 10);
  std::vector<void*> emergency;
  while (void* item = uma_zalloc(zone, M_NOWAIT | M_NOVM | M_USE_RESERVE))
    emergency.push_back(item);
  EXPECT_EQ(emergency.size(), 10U);
  FreeAll(zone, emergency);
  FreeAll(zone, usual);
  uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
  EXPECT_GE(StatsOf(zone).keg_free, 10U) << "the reserve stays";
  uma_zone_reserve(zone, 0);
  uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
  EXPECT_EQ(StatsOf(zone).keg_bytes, 0U);
  uma_zdestroy(zone);
}

TEST(Settings, OnlyBeforeTheFirstItem) {
  uma_zone_t zone = PlainZone("settings", 500);
  EXPECT_EQ(uma_zone_set_init(zone, NoteInit), 0);
  EXPECT_EQ(uma_zone_set_fini(zone, NoteFini), 0);
  EXPECT_EQ(uma_zone_set_zinit(zone, NoteZinit), 0);
  EXPECT_EQ(uma_zone_set_zfini(zone, NoteZfini), 0);
  ForgetEvents();
  void* item = uma_zalloc(zone, M_WAITOK);
  EXPECT_GT(Count('i'), 0);
  EXPECT_GT(Count('I'), 0);
  for (int result : {uma_zone_set_init(zone, nullptr), uma_zone_set_fini(zone, nullptr),
                     uma_zone_set_zinit(zone, nullptr), uma_zone_set_zfini(zone, nullptr)})
    EXPECT_EQ(result, -1);
  EXPECT_EQ(errno, EBUSY);
  EXPECT_EQ(uma_zone_set_init(nullptr, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_GT(uma_zone_memory(zone), 0U);
  uma_zfree(zone, item);
  uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
  EXPECT_EQ(uma_zone_memory(zone), 0U);
  EXPECT_EQ(Count('I'), Count('F'));
  EXPECT_EQ(Count('i'), Count('f'));
  uma_zdestroy(zone);
}

}  // namespace
