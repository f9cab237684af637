// SPDX-License-Identifier: BSD-2-Clause
// A zone's cache on one CPU: it grows by misses within the CPU's budget, keeps its items, and gives
// them to buckets when it is emptied from outside.
#include "alloc/uma/cache.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <vector>

#include "alloc/uma/boot.h"
#include "alloc/uma/bucket.h"
#include "alloc/uma/registry.h"

namespace uma {
namespace {

// Nobody moves this thread meanwhile, so that one cache is all there is.
void StayHere() {
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(sched_getcpu(), &here);
  ASSERT_EQ(sched_setaffinity(0, sizeof(here), &here), 0);
}

unsigned next_entry = kBootEntries;

class Cache : public testing::TestWithParam<size_t> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(boot());
    StayHere();
    ASSERT_TRUE(percpu_add_entry(next_entry));
    Keg* keg = keg_create(GetParam(), 7, 0);
    zone_ = zone_create("cache", UMA_LAYOUT_KIND_ZONE, next_entry++, items_of(keg), {});
    ASSERT_NE(zone_, nullptr);
    cpu_ = percpu_self();
    ASSERT_NE(cpu_, nullptr);
  }
  std::vector<void*> Import(unsigned count) {
    std::vector<void*> items(count);
    unsigned got = 0;
    while (got < count) got += zone_import(zone_, items.data() + got, count - got, true);
    return items;
  }

  Zone* zone_ = nullptr;
  Cpu* cpu_ = nullptr;
};

TEST_P(Cache, TakesNothingBeforeItsFirstMiss) {
  std::vector<void*> items = Import(1);
  EXPECT_EQ(cache_push(zone_, cpu_, items.data(), 1), 0);
  EXPECT_EQ(cache_pop(zone_, cpu_, items.data(), 1), 0);
  zone_release(zone_, items.data(), 1, "test");
}

TEST_P(Cache, HoldsItsCapacityAndGrows) {
  bool grown = false;
  unsigned cap = cache_note_miss(zone_, cpu_, true, &grown);
  ASSERT_TRUE(grown);
  ASSERT_GT(cap, 0U);
  for (int i = 0; i < 30; i++) {
    std::vector<void*> items = Import(cap + 1);
    ASSERT_EQ(cache_push(zone_, cpu_, items.data(), cap + 1), long(cap));
    for (unsigned n = 0; n < cap; n++) ASSERT_TRUE(cache_has(zone_, cpu_, items[n]));
    ASSERT_FALSE(cache_has(zone_, cpu_, items[cap]));
    const unsigned wider = cache_note_miss(zone_, cpu_, true, &grown);
    ASSERT_EQ(grown, wider != cap);
    ASSERT_GE(wider, cap);
    std::vector<void*> out(cap);
    ASSERT_EQ(cache_pop(zone_, cpu_, out.data(), cap), long(cap)) << "growing lost an item";
    for (unsigned n = 0; n < cap; n++) ASSERT_EQ(out[n], items[cap - 1 - n]) << "newest first";
    zone_release(zone_, items.data(), cap + 1, "test");
    cap = wider;
  }
  EXPECT_LE(cap, kArrayMaxCap);
  EXPECT_LE(cap * GetParam(), max(kBudgetAll / 16, GetParam() * 2)) << "a share of the budget";
}

TEST_P(Cache, IsEmptiedIntoBuckets) {
  bool grown = false;
  const unsigned cap = cache_note_miss(zone_, cpu_, true, &grown);
  std::vector<void*> items = Import(cap);
  ASSERT_EQ(cache_push(zone_, cpu_, items.data(), cap), long(cap));
  const size_t room = cache_room();
  const bool stopped = percpu_stop(
      cpu_,
      [](Cpu* cpu, void* zone) {
        cache_drain(static_cast<Zone*>(zone), cpu);
        cache_drop(static_cast<Zone*>(zone), cpu);
      },
      zone_);
  ASSERT_TRUE(stopped);
  EXPECT_EQ(zone_->pub.bucket_items, cap);
  EXPECT_EQ(cache_room(), room - cap * zone_->rsize);
  for (void* item : items) EXPECT_TRUE(bucket_has(zone_, item));
  EXPECT_EQ(uma_percpu_pop(zone_->offset), nullptr) << "no array is attached";
  bucket_reclaim(zone_, 0);
}

INSTANTIATE_TEST_SUITE_P(Sizes, Cache, testing::Values(8, 64, 200, 1024, 4000, 16384));

}  // namespace
}  // namespace uma
