// SPDX-License-Identifier: BSD-2-Clause
// Cache-only zones and bulk calls: what is imported comes out once, and all of it goes back.
#include <errno.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

// Numbers, which are no memory.
struct Numbers {
  std::mutex mutex;
  std::vector<uintptr_t> free;
  std::set<uintptr_t> out;
  int wrong = 0;
  explicit Numbers(uintptr_t count) {
    for (uintptr_t i = count; i > 0; i--) free.push_back(i);
  }
};

int Import(void* arg, void** store, int count, int domain, int flags) {
  auto* numbers = static_cast<Numbers*>(arg);
  std::lock_guard guard(numbers->mutex);
  numbers->wrong += domain != UMA_ANYDOMAIN || !(flags & M_NOWAIT);
  int n = 0;
  for (; n < count && !numbers->free.empty(); n++) {
    const uintptr_t number = numbers->free.back();
    numbers->free.pop_back();
    numbers->wrong += !numbers->out.insert(number).second;
    store[n] = reinterpret_cast<void*>(number);
  }
  return n;
}

void Release(void* arg, void** store, int count) {
  auto* numbers = static_cast<Numbers*>(arg);
  std::lock_guard guard(numbers->mutex);
  for (int i = 0; i < count; i++) {
    const auto number = reinterpret_cast<uintptr_t>(store[i]);
    numbers->wrong += numbers->out.erase(number) != 1;
    numbers->free.push_back(number);
    store[i] = nullptr;
  }
}

uma_zone_t NumberZone(Numbers* numbers, uma_ctor ctor = nullptr, uma_dtor dtor = nullptr) {
  return uma_zcache_create("numbers", 0, ctor, dtor, nullptr, nullptr, Import, Release, numbers, 0);
}

TEST(Zcache, EveryNumberOnce) {
  OneCpu one;
  Numbers numbers(5000);
  uma_zone_t zone = NumberZone(&numbers);
  ASSERT_NE(zone, nullptr);
  for (int round = 0; round < 3; round++) {
    std::set<void*> seen;
    while (void* item = uma_zalloc(zone, M_NOWAIT | (round == 1 ? M_ZERO : 0)))
      EXPECT_TRUE(seen.insert(item).second);
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_EQ(seen.size(), 5000U);
    for (void* item : seen) uma_zfree(zone, item);
    EXPECT_EQ(uma_zone_get_cur(zone), 0);
  }
  uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
  EXPECT_EQ(numbers.free.size(), 5000U);
  EXPECT_EQ(uma_zone_memory(zone), 0U);
  uma_zdestroy(zone);
  EXPECT_EQ(numbers.wrong, 0);
}

TEST(Zcache, DestroyReturnsWhatIsCached) {
  Numbers numbers(300);
  uma_zone_t zone = NumberZone(&numbers);
  uma_zfree(zone, uma_zalloc(zone, M_WAITOK));
  uma_zdestroy(zone);
  EXPECT_EQ(numbers.free.size(), 300U);
  EXPECT_EQ(numbers.wrong, 0);
}

TEST(Zcache, KeepsItsLimit) {
  Numbers numbers(5000);
  uma_zone_t zone = NumberZone(&numbers);
  uma_zone_set_max(zone, 70);
  std::vector<void*> items;
  while (void* item = uma_zalloc(zone, M_NOWAIT)) items.push_back(item);
  EXPECT_EQ(items.size(), 70U);
  // Every waiter gives back what it was granted: in the end there is as much room as before.
  for (uint64_t round = 0; round < 5; round++) {
    std::thread waiter([&] { uma_zfree(zone, uma_zalloc(zone, M_WAITOK)); });
    while (Published("numbers")->sleeps <= round) std::this_thread::yield();
    uma_zfree(zone, items.back());
    waiter.join();
    EXPECT_NE(items.back() = uma_zalloc(zone, M_NOWAIT), nullptr) << round;
  }
  EXPECT_EQ(uma_zalloc(zone, M_NOWAIT), nullptr);
  for (void* item : items) uma_zfree(zone, item);
  uma_zdestroy(zone);
  EXPECT_EQ(numbers.free.size(), 5000U);
  EXPECT_EQ(numbers.wrong, 0);
}

TEST(Zcache, ThreadsShareIt) {
  Numbers numbers(2000);
  uma_zone_t zone = NumberZone(&numbers);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; i++) {
    threads.emplace_back([&, i] {
      std::mt19937 random(unsigned(i) + 7);
      std::vector<void*> mine;
      for (int round = 0; round < 20000; round++) {
        if (random() % 2 && mine.size() < 200) {
          if (void* item = uma_zalloc(zone, M_NOWAIT)) mine.push_back(item);
        } else if (!mine.empty()) {
          uma_zfree(zone, mine.back());
          mine.pop_back();
        }
        if (round % 5000 == 0) uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
      }
      for (void* item : mine) uma_zfree(zone, item);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(uma_zone_get_cur(zone), 0);
  uma_zdestroy(zone);
  EXPECT_EQ(numbers.free.size(), 2000U);
  EXPECT_EQ(numbers.wrong, 0);
}

TEST(Zcache, BadArguments) {
  Numbers numbers(1);
  const auto make = [&](const char* name, int size, uma_import import, uma_release release,
                        int flags) {
    errno = 0;
    uma_zone_t zone = uma_zcache_create(name, size, nullptr, nullptr, nullptr, nullptr, import,
                                        release, &numbers, flags);
    return zone ? 0 : errno;
  };
  EXPECT_EQ(make(nullptr, 0, Import, Release, 0), EINVAL);
  EXPECT_EQ(make("bad", -1, Import, Release, 0), EINVAL);
  EXPECT_EQ(make("bad", 0, nullptr, Release, 0), EINVAL);
  EXPECT_EQ(make("bad", 0, Import, nullptr, 0), EINVAL);
  EXPECT_EQ(make("bad", 0, Import, Release, UMA_ZONE_NOFREE), EINVAL);
  uma_zone_t zone = NumberZone(&numbers);
  EXPECT_EQ(uma_zsecond_create("bad", nullptr, nullptr, nullptr, nullptr, zone), nullptr);
  EXPECT_EQ(uma_prealloc(zone, 10), 0);
  uma_zdestroy(zone);
}

// A call for many gives what as many calls would: distinct items, exact counts.
TEST(Bulk, AsManyCalls) {
  std::mt19937 random(3);
  for (int round = 0; round < 30; round++) {
    const size_t size = round % 5 == 4 ? 40000 + random() % 100000 : 8 + random() % 3000;
    uma_zone_t zone = PlainZone("bulk", size);
    uint64_t allocs = 0;
    std::vector<void*> items;
    for (int step = 0; step < 40; step++) {
      const size_t n = random() % (size > 30000 ? 20 : 400);
      if (random() % 2) {
        std::vector<void*> more(n);
        ASSERT_EQ(uma_zalloc_bulk(zone, more.data(), int(n), M_WAITOK), int(n));
        for (void* item : more) memset(item, 0x77, size);
        items.insert(items.end(), more.begin(), more.end());
        allocs += n;
      } else {
        std::shuffle(items.begin(), items.end(), random);
        const size_t back = std::min(n, items.size());
        uma_zfree_bulk(zone, items.data() + items.size() - back, int(back));
        items.resize(items.size() - back);
      }
      ASSERT_EQ(std::set<void*>(items.begin(), items.end()).size(), items.size());
      ASSERT_EQ(StatsOf(zone).used, items.size());
      ASSERT_EQ(StatsOf(zone).allocs, allocs);
    }
    for (void* item : items) uma_zfree(zone, item);
    EXPECT_EQ(StatsOf(zone).used, 0U);
    uma_zdestroy(zone);
  }
}

TEST(Bulk, CallbacksRunForEach) {
  ForgetEvents();
  uma_zone_t zone = uma_zcreate("bulk calls", 64, NoteCtor, NoteDtor, nullptr, nullptr, 7, 0);
  void* items[200];
  EXPECT_EQ(uma_zalloc_bulk(zone, items, 200, M_WAITOK | M_ZERO), 200);
  EXPECT_EQ(Count('c'), 200);
  for (void* item : items) EXPECT_EQ(*static_cast<char*>(item), 0);
  uma_zfree_bulk(zone, items, 200);
  EXPECT_EQ(Count('d'), 200);
  uma_zdestroy(zone);
}

TEST(Bulk, StopsAtTheLimit) {
  uma_zone_t zone = PlainZone("bulk limit", 64);
  uma_zone_set_max(zone, 150);
  void* items[200];
  EXPECT_EQ(uma_zalloc_bulk(zone, items, 200, M_NOWAIT), 150);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_EQ(uma_zalloc_bulk(zone, items, 200, M_NOWAIT), 0);
  EXPECT_EQ(uma_zalloc_bulk(zone, items, 0, M_NOWAIT), 0);
  EXPECT_EQ(uma_zalloc_bulk(zone, items, -1, M_NOWAIT), 0);
  EXPECT_EQ(uma_zalloc_bulk(nullptr, items, 1, M_NOWAIT), 0);
  EXPECT_EQ(errno, EINVAL);
}

}  // namespace
