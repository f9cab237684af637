// SPDX-License-Identifier: BSD-2-Clause
// When init, ctor, dtor and fini run, with what, and what a refusal leaves behind.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

constexpr size_t kSize = 4096;

class Lifecycle : public testing::Test {
 protected:
  void SetUp() override { ForgetEvents(); }
};

std::vector<char*> Items(char what) {
  std::vector<char*> items;
  for (int i = 0; i < event_count; i++)
    if (events[i].what == what) items.push_back(static_cast<char*>(events[i].item));
  return items;
}

TEST_F(Lifecycle, InitOncePerItemInAddressOrderFiniOnRelease) {
  uma_zone_t zone = uma_zcreate("once", kSize, nullptr, nullptr, NoteInit, NoteFini, 63, 0);
  ASSERT_NE(zone, nullptr);
  void* item = uma_zalloc(zone, M_WAITOK);
  ASSERT_NE(item, nullptr);
  const std::vector<char*> inited = Items('i');
  const uma_layout_keg* keg = PublishedKeg("once");
  ASSERT_EQ(inited.size(), keg->ipers * keg->slabs);
  for (size_t i = 1; i < inited.size(); i++)
    EXPECT_EQ(inited[i], inited[i - 1] + keg->rsize) << "not in address order";
  for (int i = 0; i < 1000; i++) {
    uma_zfree(zone, item);
    item = uma_zalloc(zone, M_WAITOK);
  }
  EXPECT_EQ(Count('i'), int(inited.size())) << "init ran again for a cached item";
  EXPECT_EQ(Count('f'), 0) << "fini ran for a cached item";
  uma_zfree(zone, item);
  uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
  std::vector<char*> finished = Items('f');
  std::sort(finished.begin(), finished.end());
  EXPECT_EQ(finished, inited);
  EXPECT_EQ(StatsOf(zone).keg_bytes, 0U);
  uma_zdestroy(zone);
}

// One item per slab shows the whole order.
TEST_F(Lifecycle, OrderOfOneItem) {
  uma_zone_t primary = uma_zcreate("order", 1 << 20, nullptr, nullptr, NoteInit, NoteFini, 63, 0);
  uma_zone_t zone = uma_zsecond_create("order2", NoteCtor, NoteDtor, NoteZinit, NoteZfini, primary);
  ASSERT_NE(zone, nullptr);
  for (int i = 0; i < 3; i++) uma_zfree(zone, uma_zalloc(zone, M_NOWAIT));
  uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
  std::string order;
  void* const only = events[0].item;
  for (int i = 0; i < event_count; i++)
    if (events[i].item == only) order += events[i].what;
  EXPECT_EQ(order, "iIcdcdcdFf");
  uma_zdestroy(zone);
  uma_zdestroy(primary);
}

struct Call {
  void* item;
  int size;
  void* arg;
  int flags;
} last_ctor, last_dtor;

int KeepCtor(void* item, int size, void* arg, int flags) {
  last_ctor = {item, size, arg, flags};
  return 0;
}
void KeepDtor(void* item, int size, void* arg) { last_dtor = {item, size, arg, 0}; }

TEST_F(Lifecycle, CtorAndDtorGetWhatTheCallerGave) {
  uma_zone_t zone = uma_zcreate("given", 100, KeepCtor, KeepDtor, nullptr, nullptr, 7, 0);
  int here;
  void* item = uma_zalloc_arg(zone, &here, M_NOWAIT | M_ZERO);
  EXPECT_EQ(last_ctor.item, item);
  EXPECT_EQ(last_ctor.size, 100);
  EXPECT_EQ(last_ctor.arg, &here);
  EXPECT_EQ(last_ctor.flags, M_NOWAIT | M_ZERO);
  uma_zfree_arg(zone, item, &last_dtor);
  EXPECT_EQ(last_dtor.item, item);
  EXPECT_EQ(last_dtor.size, 100);
  EXPECT_EQ(last_dtor.arg, &last_dtor);
  item = uma_zalloc(zone, M_WAITOK);
  EXPECT_EQ(last_ctor.arg, nullptr);
  uma_zfree(zone, item);
  EXPECT_EQ(last_dtor.arg, nullptr);
  uma_zdestroy(zone);
}

int MagicInit(void* item, int size, int) {
  memset(item, 0x5a, size_t(size));
  return 0;
}

TEST_F(Lifecycle, ItemsStayInitialisedWhileCached) {
  uma_zone_t zone = uma_zcreate("magic", 200, nullptr, nullptr, MagicInit, nullptr, 7, 0);
  std::vector<unsigned char*> items;
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 2000; i++)
      items.push_back(static_cast<unsigned char*>(uma_zalloc(zone, M_WAITOK)));
    for (unsigned char* item : items) {
      ASSERT_NE(item, nullptr);
      ASSERT_EQ(std::count(item, item + 200, 0x5a), 200);
      uma_zfree(zone, item);
    }
    items.clear();
    uma_reclaim(round == 0 ? UMA_RECLAIM_TRIM : UMA_RECLAIM_DRAIN);
  }
  uma_zdestroy(zone);
}

int zero_seen = 0;
int WantZeroCtor(void* item, int size, void*, int flags) {
  char* bytes = static_cast<char*>(item);
  zero_seen += (flags & M_ZERO) != 0 && std::count(bytes, bytes + size, 0) == size;
  memset(item, 0x77, size_t(size));
  return 0;
}

TEST_F(Lifecycle, ZeroedBeforeCtor) {
  uma_zone_t zone = uma_zcreate("zeroed", 333, WantZeroCtor, nullptr, nullptr, nullptr, 0, 0);
  for (int i = 0; i < 100; i++) {
    char* item = static_cast<char*>(uma_zalloc(zone, M_WAITOK | M_ZERO));
    ASSERT_EQ(std::count(item, item + 333, 0x77), 333) << "ctor's work was cleared";
    uma_zfree(zone, item);
  }
  EXPECT_EQ(zero_seen, 100);
  uma_zdestroy(zone);
}

TEST_F(Lifecycle, ZeroWithoutCtor) {
  for (size_t size : {1, 8, 24, 512, 5000, 100000}) {
    uma_zone_t zone = PlainZone("cleared", size);
    for (int i = 0; i < 100; i++) {
      char* item = static_cast<char*>(uma_zalloc(zone, M_ZERO));
      ASSERT_EQ(size_t(std::count(item, item + size, 0)), size);
      memset(item, 0xff, size);
      uma_zfree(zone, item);
    }
    uma_zdestroy(zone);
  }
}

TEST_F(Lifecycle, ZinitItemsStartZeroOnUsedMemory) {
  uma_zone_t dirty = PlainZone("dirty", 1000);
  std::vector<void*> items;
  for (int i = 0; i < 3000; i++) items.push_back(memset(uma_zalloc(dirty, 0), 0xee, 1000));
  for (void* item : items) uma_zfree(dirty, item);
  uma_zdestroy(dirty);  // its slabs are dirty and go to the next zone
  uma_zone_t zone = PlainZone("zinit", 1000, 7, UMA_ZONE_ZINIT);
  std::vector<void*> fresh;
  for (int i = 0; i < 3000; i++) {
    char* item = static_cast<char*>(uma_zalloc(zone, 0));
    ASSERT_EQ(std::count(item, item + 1000, 0), 1000);
    fresh.push_back(item);
  }
  for (void* item : fresh) uma_zfree(zone, item);
  uma_zdestroy(zone);
}

int RefuseCtor(void* item, int, void*, int) { return Note('c', item), 1; }

TEST_F(Lifecycle, RefusingCtor) {
  uma_zone_t primary = PlainZone("refuse", kSize);
  uma_zone_t zone =
      uma_zsecond_create("refuse2", RefuseCtor, NoteDtor, NoteZinit, NoteZfini, primary);
  EXPECT_EQ(uma_zalloc(zone, M_WAITOK), nullptr);
  EXPECT_EQ(Count('c'), 1);
  EXPECT_EQ(Count('d'), 0) << "dtor ran for an item that was never constructed";
  EXPECT_EQ(Count('F'), 1) << "the item must leave the zone";
  const uma_zone_stats stats = StatsOf(zone);
  EXPECT_EQ(stats.allocs, 1U);
  EXPECT_EQ(stats.frees, 1U);
  EXPECT_EQ(stats.fails, 1U);
  EXPECT_EQ(stats.used, 0U);
  uma_zdestroy(zone);
  EXPECT_EQ(Count('F'), Count('I'));
  uma_zdestroy(primary);
}

int zinit_allowed = 0;
int LimitedZinit(void* item, int, int) {
  Note('I', item);
  return zinit_allowed-- > 0 ? 0 : 1;
}

TEST_F(Lifecycle, RefusingZinit) {
  for (zinit_allowed = 0; zinit_allowed < 3;) {
    const int allowed = zinit_allowed;
    ForgetEvents();
    uma_zone_t primary = PlainZone("zrefuse", kSize);
    uma_zone_t zone =
        uma_zsecond_create("zrefuse2", nullptr, nullptr, LimitedZinit, NoteZfini, primary);
    std::vector<void*> items;
    while (void* item = uma_zalloc(zone, M_WAITOK)) items.push_back(item);
    EXPECT_EQ(int(items.size()), allowed);
    EXPECT_EQ(Count('F'), 0) << "zfini ran for an item that zinit refused or never saw";
    const uma_zone_stats stats = StatsOf(zone);
    EXPECT_EQ(int(stats.used), allowed);
    EXPECT_EQ(stats.fails, 1U);
    const uma_layout_keg* keg = PublishedKeg("zrefuse");
    EXPECT_EQ(stats.keg_free, keg->slabs * keg->ipers - items.size());
    for (void* item : items) uma_zfree(zone, item);
    uma_zdestroy(zone);
    EXPECT_EQ(Count('F'), allowed);
    uma_zdestroy(primary);
    zinit_allowed = allowed + 1;
  }
}

int init_allowed = 0;
int LimitedInit(void* item, int, int) {
  if (init_allowed-- <= 0) return 1;
  return Note('i', item), 0;
}

TEST_F(Lifecycle, RefusingInit) {
  for (int allowed : {0, 1, 7, 15}) {
    ForgetEvents();
    uma_zone_t zone = uma_zcreate("irefuse", kSize, nullptr, nullptr, LimitedInit, NoteFini, 7, 0);
    ASSERT_LT(allowed, int(PublishedKeg("irefuse")->ipers));
    init_allowed = allowed;
    EXPECT_EQ(uma_zalloc(zone, M_WAITOK), nullptr);
    EXPECT_EQ(Count('f'), allowed);
    std::vector<char*> inited = Items('i'), finished = Items('f');
    std::sort(finished.begin(), finished.end());
    EXPECT_EQ(finished, inited);
    const uma_zone_stats stats = StatsOf(zone);
    EXPECT_EQ(stats.fails, 1U);
    EXPECT_EQ(stats.allocs, 0U);
    EXPECT_EQ(stats.keg_bytes, 0U);
    uma_zdestroy(zone);
  }
}

TEST_F(Lifecycle, RefusingInitLeaksNoPages) {
  uma_zone_t zone = uma_zcreate("ileak", kSize, nullptr, nullptr, LimitedInit, NoteFini, 7, 0);
  const uint64_t before = uma_layout.pages.runs_used;
  const uint64_t committed = uma_layout.pages.arena_committed;
  for (int i = 0; i < 3000; i++) {
    init_allowed = 3;
    ASSERT_EQ(uma_zalloc(zone, M_WAITOK), nullptr);
  }
  EXPECT_LE(uma_layout.pages.runs_used, before + (1 << 20));
  EXPECT_LE(uma_layout.pages.arena_committed, committed + (4 << 20));
  uma_zdestroy(zone);
}

}  // namespace
