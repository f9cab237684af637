// SPDX-License-Identifier: BSD-2-Clause
// init, zinit, ctor and import refuse at every position in turn: nothing is lost, and every
// callback has its opposite.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

// The call with this number refuses, 0: none.
long refuse_at = 0;
long calls = 0;
bool Refuse() { return ++calls == refuse_at; }

std::set<void*> inited, zinited, constructed, imported;
int mistakes = 0;
void Enter(std::set<void*>& set, void* item) { mistakes += !set.insert(item).second; }
void Leave(std::set<void*>& set, void* item) { mistakes += set.erase(item) != 1; }

int Init(void* item, int, int) { return Refuse() ? 1 : (Enter(inited, item), 0); }
void Fini(void* item, int) { Leave(inited, item); }
int Zinit(void* item, int, int) { return Refuse() ? 1 : (Enter(zinited, item), 0); }
void Zfini(void* item, int) { Leave(zinited, item); }
int Ctor(void* item, int, void*, int) { return Refuse() ? 1 : (Enter(constructed, item), 0); }
void Dtor(void* item, int, void*) { Leave(constructed, item); }

constexpr uintptr_t kNumbers = 200;
int Import(void*, void** store, int count, int, int) {
  int n = 0;
  for (uintptr_t i = 1; i <= kNumbers && n < count; i++) {
    void* number = reinterpret_cast<void*>(i);
    if (imported.count(number)) continue;
    if (Refuse()) return n;
    imported.insert(number);
    store[n++] = number;
  }
  return n;
}
void Release(void*, void** store, int count) {
  for (int i = 0; i < count; i++) Leave(imported, store[i]);
}

enum class Kind { kPrimary, kSecond, kThird, kCacheOnly };

struct Zones {
  explicit Zones(Kind kind, size_t size) {
    if (kind == Kind::kCacheOnly) {
      zones.push_back(
          uma_zcache_create("refusing", 0, Ctor, Dtor, Zinit, Zfini, Import, Release, nullptr, 0));
      return;
    }
    zones.push_back(uma_zcreate("refusing", size, Ctor, Dtor, Init, Fini, 7, 0));
    if (kind == Kind::kPrimary) return;
    zones.push_back(uma_zsecond_create("second", Ctor, Dtor, Zinit, Zfini, zones.back()));
    if (kind == Kind::kThird)
      zones.push_back(uma_zsecond_create("third", Ctor, Dtor, Zinit, Zfini, zones.back()));
  }
  ~Zones() {
    for (; !zones.empty(); zones.pop_back()) uma_zdestroy(zones.back());
  }
  std::vector<uma_zone_t> zones;
};

// Some allocations, one by one and in bulk; returns the refusals that were met.
void Use(uma_zone_t zone, bool bulk) {
  std::vector<void*> items;
  if (bulk) {
    void* many[40];
    for (int round = 0; round < 2; round++) {
      const int n = uma_zalloc_bulk(zone, many, 40, M_NOWAIT);
      items.insert(items.end(), many, many + n);
    }
  } else {
    for (int i = 0; i < 60; i++)
      if (void* item = uma_zalloc(zone, M_NOWAIT)) items.push_back(item);
  }
  EXPECT_EQ(StatsOf(zone).used, items.size());
  EXPECT_EQ(std::set<void*>(items.begin(), items.end()).size(), items.size());
  for (void* item : items) EXPECT_EQ(constructed.count(item), 1U);
  for (void* item : items) uma_zfree(zone, item);
  EXPECT_EQ(StatsOf(zone).used, 0U);
}

void EveryPosition(Kind kind, size_t size, bool bulk) {
  OneCpu one;
  for (refuse_at = 1;; refuse_at++) {
    SCOPED_TRACE("kind " + std::to_string(int(kind)) + ", size " + std::to_string(size) +
                 ", refusal at call " + std::to_string(refuse_at));
    calls = 0;
    {
      Zones zones(kind, size);
      Use(zones.zones.back(), bulk);
      EXPECT_TRUE(constructed.empty());
      for (uma_zone_t zone : zones.zones) uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
      EXPECT_TRUE(zinited.empty());
      EXPECT_TRUE(inited.empty());
      EXPECT_TRUE(imported.empty());
      EXPECT_EQ(uma_zone_memory(zones.zones.front()), 0U);
      EXPECT_EQ(mistakes, 0);
    }
    if (testing::Test::HasFailure()) return;
    if (calls < refuse_at) break;  // no call was refused: all positions were tried
  }
  EXPECT_GT(refuse_at, 60);
}

// Of large items, so that a slab has few of them and the positions are soon through.
TEST(Refusals, OneByOne) {
  for (const Kind kind : {Kind::kPrimary, Kind::kSecond, Kind::kThird, Kind::kCacheOnly})
    EveryPosition(kind, 20000, false);
}

TEST(Refusals, InBulk) {
  for (const Kind kind : {Kind::kPrimary, Kind::kSecond, Kind::kThird, Kind::kCacheOnly})
    EveryPosition(kind, 20000, true);
}

TEST(Refusals, ItemsWithASlabOfTheirOwn) { EveryPosition(Kind::kSecond, 600000, false); }

}  // namespace
