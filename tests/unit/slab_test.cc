// SPDX-License-Identifier: BSD-2-Clause
// The items of slabs: every one once, checked when it comes back, and empty pages that go back.
#include "alloc/uma/slab.h"

#include <gtest/gtest.h>
#include <string.h>

#include <algorithm>
#include <set>
#include <vector>

#include "alloc/uma/boot.h"
#include "alloc/uma/registry.h"
#include "tests/support/random.h"

namespace uma {
namespace {

using support::kSeeds;
using support::Random;

constexpr Caller kCaller = {"test", "slab"};
constexpr size_t kSizes[] = {8, 24, 100, 512, 1000, 4096, 9000, 70000};

std::vector<void*> TakeAll(Keg* keg, unsigned count) {
  std::vector<void*> items(count);
  unsigned taken = 0;
  while (taken < count) {
    const unsigned n = keg_alloc_items(keg, items.data() + taken, count - taken, true);
    EXPECT_GT(n, 0U);
    if (n == 0) break;
    taken += n;
  }
  return items;
}

class SlabItems : public testing::TestWithParam<size_t> {};

TEST_P(SlabItems, EveryItemOnce) {
  ASSERT_TRUE(boot());
  Keg* keg = keg_create(GetParam(), 7, 0);
  ASSERT_NE(keg, nullptr);
  for (uint64_t seed = 0; seed < kSeeds; seed++) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::vector<void*> items = TakeAll(keg, keg->pub.ipers * 2 + unsigned(random.Below(50)));
    ASSERT_EQ(std::set<void*>(items.begin(), items.end()).size(), items.size());
    for (size_t i = 0; i < items.size(); i++) memset(items[i], int(i), GetParam());
    std::vector<void*> back;
    for (size_t i = items.size(); i-- > 0;) {
      if (random.Below(2) == 0) continue;
      ASSERT_FALSE(slab_has(keg, items[i]));
      back.push_back(items[i]);
      items[i] = nullptr;
    }
    keg_free_items(keg, back.data(), unsigned(back.size()), kCaller);
    // A slab that went back as a whole has no keg.
    for (void* item : back) ASSERT_TRUE(slab_of(item)->keg != keg || slab_has(keg, item));
    while (!keg_give_back(keg, 0)) {
    }
    for (size_t i = 0; i < items.size(); i++) {
      if (!items[i]) continue;
      ASSERT_FALSE(slab_has(keg, items[i]));
      const auto* bytes = static_cast<const unsigned char*>(items[i]);
      ASSERT_EQ(bytes[0], uint8_t(i));
      ASSERT_EQ(bytes[GetParam() - 1], uint8_t(i)) << "a page that was in use went";
      keg_free_items(keg, &items[i], 1, kCaller);
    }
    keg_trim(keg);
    ASSERT_EQ(keg->pub.slabs, 0U);
    ASSERT_EQ(keg->pub.free_items, 0U);
    ASSERT_EQ(keg->idle_bytes, 0U);
  }
}

TEST_P(SlabItems, WhatIsNoItemIsNamed) {
  ASSERT_TRUE(boot());
  Keg* keg = keg_create(GetParam(), 7, 0);
  Keg* other = keg_create(GetParam(), 7, 0);
  std::vector<void*> items = TakeAll(keg, 3);
  void* inside = static_cast<char*>(items[0]) + 1;
  EXPECT_DEATH(keg_free_items(keg, &inside, 1, kCaller), "interior pointer: test");
  EXPECT_DEATH(keg_free_items(other, &items[0], 1, kCaller), "wrong zone: test");
  keg_free_items(keg, &items[0], 1, kCaller);
  EXPECT_DEATH(keg_free_items(keg, &items[0], 1, kCaller), "double free: test|wrong zone: test");
}

INSTANTIATE_TEST_SUITE_P(Sizes, SlabItems, testing::ValuesIn(kSizes));

}  // namespace
}  // namespace uma
