// SPDX-License-Identifier: BSD-2-Clause
// Slabs in pages of the program's own, and in address space that was reserved: any memory serves,
// all of it goes back, refusals lose nothing.
#include <errno.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

// What is out, by address. Where memory lies is spoilt: pages, not granules, and in no order.
struct Provider {
  std::mutex mutex;
  std::map<char*, size_t> out;
  long calls = 0, refuse_at = 0, wrong = 0;
  int seen_wait = 0;
} provider;

void* Alloc(uma_zone_t zone, size_t size, int domain, uint8_t* flag, int wait) {
  std::lock_guard guard(provider.mutex);
  provider.wrong += zone == nullptr || domain != UMA_ANYDOMAIN || size % 4096 != 0;
  provider.seen_wait = wait;
  if (++provider.calls == provider.refuse_at) return nullptr;
  char* memory = static_cast<char*>(
      mmap(nullptr, size + 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  memset(memory, 0xee, size + 3 * 4096);
  char* start = memory + 4096 * (1 + provider.calls % 2);
  *flag = uint8_t(provider.calls % 2 + 7);
  provider.out[start] = size;
  return start;
}

void Free(void* memory, size_t size, uint8_t flag) {
  std::lock_guard guard(provider.mutex);
  const auto found = provider.out.find(static_cast<char*>(memory));
  if (found == provider.out.end() || found->second != size) {
    provider.wrong++;
    return;
  }
  provider.out.erase(found);
  munmap(static_cast<char*>(memory) - 4096 * (flag - 6), size + 3 * 4096);
}

uma_zone_t ProviderZone(size_t size, uma_init init = nullptr, uma_fini fini = nullptr,
                        uint32_t flags = 0) {
  uma_zone_t zone = uma_zcreate("provider", size, nullptr, nullptr, init, fini, 7, flags);
  EXPECT_EQ(uma_zone_set_allocf(zone, Alloc), 0);
  EXPECT_EQ(uma_zone_set_freef(zone, Free), 0);
  return zone;
}

bool Inside(void* item, size_t size) {
  std::lock_guard guard(provider.mutex);
  for (const auto& [start, bytes] : provider.out)
    if (item >= start && static_cast<char*>(item) + size <= start + bytes) return true;
  return false;
}

TEST(Provider, ItemsLieInItsMemoryAndGoBack) {
  std::mt19937 random(5);
  for (const size_t size : {8u, 100u, 256u, 3000u, 9216u, 70000u, 600000u}) {
    uma_zone_t zone = ProviderZone(size);
    std::vector<char*> items;
    for (int step = 0; step < 3000; step++) {
      if (random() % 5 < 3 && items.size() < 4000000 / size + 20) {
        items.push_back(static_cast<char*>(uma_zalloc(zone, M_WAITOK)));
        ASSERT_NE(items.back(), nullptr);
        memset(items.back(), int(step), size);
        items.back()[0] = char(size);
        ASSERT_TRUE(step % 50 != 0 || Inside(items.back(), size));
      } else if (!items.empty()) {
        std::swap(items[random() % items.size()], items.back());
        ASSERT_EQ(items.back()[0], char(size));
        uma_zfree(zone, items.back());
        items.pop_back();
      }
      if (step % 500 == 0) uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
    }
    for (char* item : items) uma_zfree(zone, item);
    EXPECT_EQ(uma_zone_get_cur(zone), 0);
    uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
    EXPECT_EQ(provider.out.size(), 0U) << size;
    uma_zdestroy(zone);
  }
  EXPECT_EQ(provider.wrong, 0);
}

TEST(Provider, ThreadsAndTheHelperLeaveItWhole) {
  uma_zone_t zone = ProviderZone(500);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; i++) {
    threads.emplace_back([&, i] {
      std::mt19937 random(i);
      std::vector<void*> items;
      for (int step = 0; step < 20000; step++) {
        if (random() % 2 && items.size() < 500) {
          items.push_back(uma_zalloc(zone, M_WAITOK));
          memset(items.back(), int(i), 500);
        } else if (!items.empty()) {
          EXPECT_EQ(static_cast<char*>(items.back())[499], char(i));
          uma_zfree(zone, items.back());
          items.pop_back();
        }
        if (step % 5000 == 0) uma_reclaim(UMA_RECLAIM_DRAIN_CPU);
      }
      for (void* item : items) uma_zfree(zone, item);
    });
  }
  for (std::thread& thread : threads) thread.join();
  uma_zdestroy(zone);
  EXPECT_TRUE(provider.out.empty());
  EXPECT_EQ(provider.wrong, 0);
}

TEST(Provider, RefusalsLoseNothing) {
  OneCpu one;
  for (long at = 1; at < 12; at++) {
    ForgetEvents();
    provider.calls = 0;
    provider.refuse_at = at;
    uma_zone_t zone = ProviderZone(30000, NoteInit, NoteFini);
    std::vector<void*> items;
    int refused = 0;
    for (int i = 0; i < 80; i++) {
      void* item = uma_zalloc(zone, M_NOWAIT);
      item ? items.push_back(item) : void(refused++);
    }
    EXPECT_LE(refused, 1);
    for (void* item : items) uma_zfree(zone, item);
    uma_zdestroy(zone);
    EXPECT_EQ(Count('i'), Count('f'));
    EXPECT_TRUE(provider.out.empty());
  }
  provider.refuse_at = 0;
  EXPECT_EQ(provider.wrong, 0);
}

TEST(Provider, ZinitIsClearWhateverItGives) {
  uma_zone_t zone = ProviderZone(200, nullptr, nullptr, UMA_ZONE_ZINIT);
  for (int i = 0; i < 1000; i++) {
    auto* item = static_cast<unsigned char*>(uma_zalloc(zone, M_WAITOK));
    ASSERT_EQ(std::count(item, item + 200, 0), 200);
  }
  EXPECT_TRUE(provider.seen_wait & M_ZERO);
}

TEST(Provider, OnlyBeforeTheFirstSlab) {
  uma_zone_t zone = PlainZone("provider late", 100);
  uma_zfree(zone, uma_zalloc(zone, M_WAITOK));
  EXPECT_EQ(uma_zone_set_allocf(zone, Alloc), -1);
  EXPECT_EQ(errno, EBUSY);
  EXPECT_EQ(uma_zone_set_freef(zone, Free), -1);
  EXPECT_EQ(uma_zone_reserve_kva(zone, 10), 0);
  EXPECT_EQ(uma_zone_set_allocf(nullptr, Alloc), -1);
  EXPECT_EQ(errno, EINVAL);
  uma_zdestroy(zone);
}

using ProviderDeathTest = testing::Test;

TEST(ProviderDeathTest, MistakesAreNamed) {
  uma_zone_t zone = ProviderZone(100);
  auto* item = static_cast<char*>(uma_zalloc(zone, M_WAITOK));
  EXPECT_DEATH((uma_zfree(zone, item + 8), uma_reclaim(UMA_RECLAIM_DRAIN_CPU)),
               "uma: interior pointer: .* zone provider");
  EXPECT_DEATH((uma_zfree(zone, &zone), uma_reclaim(UMA_RECLAIM_DRAIN_CPU)),
               "uma: wrong zone: .* zone provider");
  uma_zone_t other = PlainZone("bystander", 100);
  EXPECT_DEATH((uma_zfree(other, item), uma_reclaim(UMA_RECLAIM_DRAIN_CPU)),
               "uma: wrong zone: .* zone bystander");
  uma_zfree(zone, item);
  uma_zdestroy(zone);
  uma_zdestroy(other);
}

TEST(Reserved, AddressSpaceAtOnceMemoryInOrder) {
  uma_zone_t zone = PlainZone("reserved", 1000);
  EXPECT_EQ(uma_zone_reserve_kva(zone, 1000), 1);
  EXPECT_EQ(uma_zone_get_max(zone), 1000);
  std::vector<char*> items;
  while (auto* item = static_cast<char*>(uma_zalloc(zone, M_NOWAIT))) {
    memset(item, 1, 1000);
    items.push_back(item);
  }
  EXPECT_EQ(items.size(), 1000U);
  std::sort(items.begin(), items.end());
  EXPECT_LE(size_t(items.back() - items.front()), 1000 * 1008 + 65536U) << "in one piece";
  for (char* item : items) uma_zfree(zone, item);
  uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
  EXPECT_GE(uma_zone_memory(zone), 1000000U) << "it stays";
  EXPECT_EQ(uma_zone_reserve_kva(PlainZone("reserved none", 8), 0), 0);
  EXPECT_EQ(errno, EINVAL);
}

}  // namespace
