// SPDX-License-Identifier: BSD-2-Clause
// The cap on all memory and the handlers that are called before memory is refused.
#include <errno.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

constexpr uint64_t kMega = uint64_t{1} << 20;

class Cap : public testing::Test {
 protected:
  void SetUp() override {
    uma_reclaim(UMA_RECLAIM_DRAIN_CPU);
    ASSERT_EQ(uma_kmem_limit(), 0U);
  }
  void TearDown() override { uma_set_kmem_limit(0); }
};

// What tables may add, and a span that others began.
constexpr uint64_t kSlack = 6 * kMega;

TEST_F(Cap, HoldsForEverySizeAndGivesWayAgain) {
  std::mt19937 random(9);
  for (int round = 0; round < 6; round++) {
    const size_t size = round < 3 ? 16 + random() % 3000 : 100000 + random() % 800000;
    uma_zone_t zone = PlainZone("capped", size);
    const uint64_t cap = uma_kmem_total() + (8 + random() % 40) * kMega;
    uma_set_kmem_limit(cap);
    std::vector<void*> items;
    while (void* item = uma_zalloc(zone, M_NOWAIT)) {
      memset(item, 1, size);
      items.push_back(item);
    }
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_LE(uma_kmem_total(), cap + kSlack);
    EXPECT_GE(items.size() * size, cap / 8) << "size " << size;
    for (void* item : items) uma_zfree(zone, item);
    // What was freed serves again, below the same cap.
    EXPECT_NE(items[0] = uma_zalloc(zone, M_NOWAIT), nullptr);
    uma_zfree(zone, items[0]);
    uma_zdestroy(zone);
    uma_set_kmem_limit(0);
  }
}

TEST_F(Cap, OneZonesMemoryServesAnother) {
  uma_zone_t first = PlainZone("cap first", 1000), second = PlainZone("cap second", 50000);
  uma_set_kmem_limit(uma_kmem_total() + 24 * kMega);
  for (int round = 0; round < 4; round++) {
    for (uma_zone_t zone : {first, second}) {
      std::vector<void*> items;
      const size_t want = 10 * kMega / (zone == first ? 1000 : 50000);
      while (items.size() < want) {
        void* item = uma_zalloc(zone, M_WAITOK);
        ASSERT_NE(item, nullptr) << round;
        items.push_back(item);
      }
      for (void* item : items) uma_zfree(zone, item);
    }
  }
  uma_zdestroy(first);
  uma_zdestroy(second);
}

TEST_F(Cap, LargeBlocksCount) {
  uma_set_kmem_limit(uma_kmem_total() + 16 * kMega);
  void* block = uma_large_malloc(10 * kMega, M_NOWAIT);
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(uma_large_malloc(10 * kMega, M_NOWAIT), nullptr);
  EXPECT_EQ(errno, ENOMEM);
  uma_large_free(block);
  EXPECT_NE(block = uma_large_malloc(10 * kMega, M_NOWAIT), nullptr);
  uma_large_free(block);
}

TEST_F(Cap, MallocAsWell) {
  std::vector<void*> blocks;
  blocks.reserve(1000);
  uma_set_kmem_limit(uma_kmem_total() + 32 * kMega);
  if (!Preloaded()) {
    // Then malloc is another allocator's, and the cap does not bind it.
    void* p = malloc(64 * kMega);
    EXPECT_NE(p, nullptr);
    return free(p);
  }
  for (const size_t size : {size_t{100000}, 5 * kMega}) {
    errno = 0;
    while (void* p = malloc(size)) blocks.push_back(memset(p, 1, size));
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_LT(blocks.size(), 900U);
    EXPECT_GE(blocks.size(), 5U);
    for (void* p : blocks) free(p);
    blocks.clear();
  }
  void* p = malloc(kMega);
  EXPECT_EQ(realloc(p, 64 * kMega), nullptr);
  free(p);
}

struct Freed {
  uma_zone_t zone;
  std::vector<void*> items;
  std::string order;
} freed;

void GiveUp(void*, int reason) {
  EXPECT_EQ(reason, UMA_LOWMEM_MEMORY);
  freed.order += 'g';
  for (void* item : freed.items) uma_zfree(freed.zone, item);
  freed.items.clear();
}
void First(void* arg, int) { freed.order += *static_cast<char*>(arg); }

TEST_F(Cap, HandlersFreeForWhoCanWait) {
  freed = {};
  freed.zone = PlainZone("cap cache", 20000);
  char a = 'a', b = 'b';
  EXPECT_EQ(uma_lowmem_register(GiveUp, nullptr, 0), 0);
  EXPECT_EQ(uma_lowmem_register(First, &b, 5), 0);
  EXPECT_EQ(uma_lowmem_register(First, &a, 10), 0);
  EXPECT_EQ(uma_lowmem_register(nullptr, &a, 10), -1);
  EXPECT_EQ(errno, EINVAL);
  uma_set_kmem_limit(uma_kmem_total() + 12 * kMega);
  while (void* item = uma_zalloc(freed.zone, M_NOWAIT)) freed.items.push_back(item);
  EXPECT_EQ(freed.order, "") << "M_NOWAIT calls nobody";
  uma_zone_t zone = PlainZone("cap user", 30000);
  void* item = uma_zalloc(zone, M_WAITOK);
  EXPECT_NE(item, nullptr);
  EXPECT_EQ(freed.order, "abg") << "by priority";
  EXPECT_EQ(uma_lowmem_deregister(GiveUp, nullptr), 0);
  EXPECT_EQ(uma_lowmem_deregister(First, &b), 0);
  EXPECT_EQ(uma_lowmem_deregister(First, &a), 0);
  EXPECT_EQ(uma_lowmem_deregister(First, &a), -1);
  EXPECT_EQ(errno, ENOENT);
  uma_zfree(zone, item);
  uma_zdestroy(zone);
  uma_zdestroy(freed.zone);
}

TEST_F(Cap, AtMostSoManyHandlers) {
  char names[40];
  int registered = 0;
  while (registered < 40 && uma_lowmem_register(First, &names[registered], 0) == 0) registered++;
  EXPECT_EQ(registered, 32);
  EXPECT_EQ(errno, ENOMEM);
  while (registered > 0) EXPECT_EQ(uma_lowmem_deregister(First, &names[--registered]), 0);
}

// Refused for good, an allocation that can wait ends after about a second.
TEST_F(Cap, WaitingEnds) {
  uma_zone_t zone = PlainZone("cap end", 500000);
  uma_set_kmem_limit(uma_kmem_total() + 4 * kMega);
  std::vector<void*> items;
  while (void* item = uma_zalloc(zone, M_NOWAIT)) items.push_back(item);
  EXPECT_EQ(uma_zalloc(zone, M_WAITOK), nullptr);
  EXPECT_EQ(errno, ENOMEM);
  for (void* item : items) uma_zfree(zone, item);
  uma_zdestroy(zone);
}

}  // namespace
