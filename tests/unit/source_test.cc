// SPDX-License-Identifier: BSD-2-Clause
// A zone on a source that is no keg: what is imported comes out, what is released goes back, and
// nothing on the way asks for slabs.
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "alloc/uma/boot.h"
#include "alloc/uma/miss.h"
#include "alloc/uma/reclaim.h"
#include "alloc/uma/registry.h"
#include "alloc/uma/stat.h"

namespace uma {
namespace {

constexpr unsigned kEntry = kBootEntries;
constexpr unsigned kItems = 5000;

struct Store {
  std::vector<void*> free;
  std::set<void*> out;
  char memory[kItems];
};

unsigned Import(void* arg, void** items, unsigned count, unsigned) {
  auto* store = static_cast<Store*>(arg);
  unsigned n = 0;
  for (; n < count && !store->free.empty(); n++) {
    items[n] = store->free.back();
    store->free.pop_back();
    EXPECT_TRUE(store->out.insert(items[n]).second);
  }
  return n;
}

void Release(void* arg, void* const* items, unsigned count, const Caller&) {
  auto* store = static_cast<Store*>(arg);
  for (unsigned i = 0; i < count; i++) {
    EXPECT_EQ(store->out.erase(items[i]), 1U);
    store->free.push_back(items[i]);
  }
}

TEST(Source, AllItemsComeAndGoThroughIt) {
  ASSERT_TRUE(boot());
  ASSERT_TRUE(percpu_add_entry(kEntry));
  Store store;
  for (char& item : store.memory) store.free.push_back(&item);
  Zone* zone = zone_create("cache only", UMA_LAYOUT_KIND_ZONE, kEntry,
                           {{Import, Release, &store}, nullptr, 64, 64, {}}, {});
  ASSERT_NE(zone, nullptr);
  for (int round = 0; round < 3; round++) {
    std::vector<void*> items;
    while (void* item = zone_alloc_miss(zone)) items.push_back(item);
    EXPECT_EQ(std::set<void*>(items.begin(), items.end()).size(), items.size()) << "one came twice";
    uma_zone_stats stats;
    zone_stat(zone, &stats);
    EXPECT_EQ(items.size() + stats.cached, kItems) << "the store was empty in the end";
    for (void* item : items) zone_free_miss(zone, item, "uma_zfree");
    zone_stat(zone, &stats);
    EXPECT_EQ(stats.used, 0U);
    EXPECT_EQ(stats.keg_bytes, 0U);
    EXPECT_EQ(stats.cached, store.out.size()) << "what is not in the store lies in caches";
    Guard guard(reclaim_lock());
    zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
    EXPECT_EQ(store.free.size(), kItems);
  }
}

}  // namespace
}  // namespace uma
