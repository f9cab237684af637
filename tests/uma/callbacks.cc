// SPDX-License-Identifier: BSD-2-Clause
// Callbacks that allocate and free themselves: from other zones, with malloc, at any depth, and
// whoever it is that runs them: an allocation, a free, a reclaim, the end of a zone.
#include <gtest/gtest.h>

#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

uma_zone_t other;
long balance;

int BorrowCtor(void* item, int, void*, int) {
  balance++;
  return (*static_cast<void**>(item) = uma_zalloc(other, M_NOWAIT)) ? 0 : 1;
}
void BorrowDtor(void* item, int, void*) {
  balance--;
  uma_zfree(other, *static_cast<void**>(item));
}
int BorrowInit(void* item, int, int) { return BorrowCtor(item, 0, nullptr, 0); }
void BorrowFini(void* item, int) { BorrowDtor(item, 0, nullptr); }
int MallocInit(void* item, int, int) {
  balance++;
  return (*static_cast<void**>(item) = malloc(40000)) ? 0 : 1;
}
void MallocFini(void* item, int) {
  balance--;
  free(*static_cast<void**>(item));
}

// Takes many and gives them back, so that arrays overflow in both directions.
void Work(uma_zone_t zone) {
  std::vector<void*> items;
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 4000; i++) {
      items.push_back(uma_zalloc(zone, M_WAITOK));
      ASSERT_NE(items.back(), nullptr);
    }
    for (void* item : items) uma_zfree(zone, item);
    items.clear();
  }
}

class Callbacks : public testing::Test {
 protected:
  void SetUp() override {
    balance = 0;
    other = PlainZone("other", 500);
    ASSERT_NE(other, nullptr);
  }
  void TearDown() override {
    EXPECT_EQ(balance, 0);
    EXPECT_EQ(uma_zone_get_cur(other), 0);
    uma_zdestroy(other);
  }
};

TEST_F(Callbacks, CtorAndDtor) {
  uma_zone_t zone = uma_zcreate("borrow", 64, BorrowCtor, BorrowDtor, nullptr, nullptr, 7, 0);
  Work(zone);
  uma_reclaim(UMA_RECLAIM_DRAIN_CPU);
  uma_zdestroy(zone);
}

// reclaim: how much; 0 leaves all to the end of the zone.
void SlabCallbacks(uma_init init, uma_fini fini, int reclaim) {
  uma_zone_t zone = uma_zcreate("slabs", 64, nullptr, nullptr, init, fini, 7, 0);
  Work(zone);
  if (reclaim) uma_reclaim(reclaim);
  uma_zdestroy(zone);
}

TEST_F(Callbacks, InitAndFiniAtTheEnd) { SlabCallbacks(BorrowInit, BorrowFini, 0); }
TEST_F(Callbacks, InitAndFiniInDrain) { SlabCallbacks(BorrowInit, BorrowFini, UMA_RECLAIM_DRAIN); }
TEST_F(Callbacks, InitAndFiniInDrainCpu) {
  SlabCallbacks(BorrowInit, BorrowFini, UMA_RECLAIM_DRAIN_CPU);
}

void ZoneCallbacks(uma_init zinit, uma_fini zfini, int reclaim) {
  uma_zone_t primary = PlainZone("primary", 64);
  uma_zone_t zone = uma_zsecond_create("second", nullptr, nullptr, zinit, zfini, primary);
  Work(zone);
  if (reclaim) uma_reclaim(reclaim);
  uma_zdestroy(zone);
  uma_zdestroy(primary);
}

TEST_F(Callbacks, ZinitAndZfiniAtTheEnd) { ZoneCallbacks(BorrowInit, BorrowFini, 0); }
TEST_F(Callbacks, ZinitAndZfiniInDrain) {
  ZoneCallbacks(BorrowInit, BorrowFini, UMA_RECLAIM_DRAIN);
}
TEST_F(Callbacks, ZinitAndZfiniInDrainCpu) {
  ZoneCallbacks(BorrowInit, BorrowFini, UMA_RECLAIM_DRAIN_CPU);
}
TEST_F(Callbacks, MallocInZinitAndZfini) {
  ZoneCallbacks(MallocInit, MallocFini, UMA_RECLAIM_DRAIN_CPU);
}

// A size that nobody asked for before: malloc makes a class in the middle of the callback.
void FirstOfItsSizeZfini(void*, int) {
  static size_t size = 1000;
  if (size < 900000) free(malloc(size += size / 6));
}

TEST_F(Callbacks, MallocOfNewSizesInDrainAndAtTheEnd) {
  for (const bool reclaim : {true, false}) {
    uma_zone_t primary = PlainZone("primary", 64);
    uma_zone_t zone =
        uma_zsecond_create("second", nullptr, nullptr, nullptr, FirstOfItsSizeZfini, primary);
    void* items[10];
    for (void*& item : items) item = uma_zalloc(zone, 0);
    for (void* item : items) uma_zfree(zone, item);
    if (reclaim) uma_reclaim(UMA_RECLAIM_DRAIN_CPU);
    uma_zdestroy(zone);
    uma_zdestroy(primary);
  }
}

// Each level takes an item of the next in its ctor.
constexpr int kLevels = 20;
uma_zone_t chain[kLevels + 1];

int ChainCtor(void* item, int, void* arg, int flags) {
  const intptr_t level = reinterpret_cast<intptr_t>(arg);
  auto** slot = static_cast<void**>(item);
  *slot = nullptr;
  if (level == kLevels) return 0;
  *slot = uma_zalloc_arg(chain[level + 1], reinterpret_cast<void*>(level + 1), flags);
  return *slot == nullptr;
}
void ChainDtor(void* item, int, void* arg) {
  const intptr_t level = reinterpret_cast<intptr_t>(arg);
  if (level < kLevels)
    uma_zfree_arg(chain[level + 1], *static_cast<void**>(item), reinterpret_cast<void*>(level + 1));
}

TEST_F(Callbacks, DeepRecursion) {
  for (uma_zone_t& zone : chain)
    zone = uma_zcreate("chain", 64, ChainCtor, ChainDtor, nullptr, nullptr, 7, 0);
  for (int i = 0; i < 1000; i++) {
    void* item = uma_zalloc_arg(chain[0], nullptr, 0);
    ASSERT_NE(item, nullptr);
    if (i == 500) {
      EXPECT_EQ(uma_zone_get_cur(chain[kLevels]), 1);
    }
    uma_zfree_arg(chain[0], item, nullptr);
  }
  for (uma_zone_t zone : chain) {
    EXPECT_EQ(StatsOf(zone).allocs, 1000U);
    EXPECT_EQ(uma_zone_get_cur(zone), 0);
    uma_zdestroy(zone);
  }
}

}  // namespace
