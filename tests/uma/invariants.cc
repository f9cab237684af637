// SPDX-License-Identifier: BSD-2-Clause
// UMA_OPTIONS=invariants:on: every mistake is named at once, with the zone and the address.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

uint64_t Node(const char* name) {
  uint64_t value = 0;
  size_t size = sizeof value;
  EXPECT_EQ(uma_sysctlbyname(name, &value, &size, nullptr, 0), 0);
  return value;
}

// With trash:4 one item of four is filled.
bool Sampled() { return Node("vm.debug.divisor") > 1; }

using InvariantsDeathTest = testing::Test;

TEST(InvariantsDeathTest, ModifiedAfterFree) {
  uma_zone_t zone = PlainZone("modified", 256);
  for (const int at : {0, 100, 252}) {
    // Enough items that some of them are filled.
    const auto misuse = [&] {
      std::vector<char*> items;
      for (int i = 0; i < 64; i++) items.push_back(static_cast<char*>(uma_zalloc(zone, M_WAITOK)));
      for (char* item : items) uma_zfree(zone, item);
      for (char* item : items) item[at] = 5;
      for (int i = 0; i < 64; i++) uma_zalloc(zone, M_WAITOK);
    };
    EXPECT_DEATH(misuse(),
                 "^uma: modified after free: the item at 0x[0-9a-f]+ of zone modified has "
                 "0xdeadc005 at byte " +
                     std::to_string(at) + "\n$");
  }
  uma_zdestroy(zone);
}

TEST(InvariantsDeathTest, EveryMistakeAtOnce) {
  uma_zone_t zone = PlainZone("victim", 100), other = PlainZone("bystander", 100);
  auto* a = static_cast<char*>(uma_zalloc(zone, M_WAITOK));
  auto* b = static_cast<char*>(uma_zalloc(zone, M_WAITOK));
  EXPECT_DEATH((uma_zfree(zone, a), uma_zfree(zone, b), uma_zfree(zone, a)),
               "^uma: double free: uma_zfree\\(0x[0-9a-f]+\\): .* zone victim\n$");
  EXPECT_DEATH(uma_zfree(other, a), "^uma: wrong zone: uma_zfree.* zone bystander\n$");
  EXPECT_DEATH(uma_zfree(zone, a + 8), "^uma: interior pointer: uma_zfree.* zone victim\n$");
  EXPECT_DEATH(uma_zfree(zone, &zone), "^uma: wrong zone: uma_zfree.* zone victim\n$");
  uma_zfree(zone, a);
  uma_zfree(zone, b);
  uma_zdestroy(zone);
  uma_zdestroy(other);
}

int dtors;
void LoudDtor(void*, int, void*) {
  if (++dtors > 1) fprintf(stderr, "dtor ran twice\n");
}

TEST(InvariantsDeathTest, DtorSeesNoItemTwice) {
  uma_zone_t zone = uma_zcreate("once", 64, nullptr, LoudDtor, nullptr, nullptr, 7, 0);
  void* item = uma_zalloc(zone, M_WAITOK);
  EXPECT_DEATH((uma_zfree(zone, item), uma_zfree(zone, item)),
               "^uma: double free: .* zone once\n$");
}

TEST(Invariants, WhatIsRightIsLeftAlone) {
  std::mt19937 random(4);
  const uint64_t before = Node("vm.debug.trashed");
  for (const uint32_t flags : {0u, unsigned(UMA_ZONE_ZINIT), unsigned(UMA_ZONE_NOTOUCH),
                               unsigned(UMA_ZONE_REFCNT), unsigned(UMA_ZONE_SMR)}) {
    uma_zone_t zone = PlainZone("right", 300, 7, flags);
    std::vector<char*> items;
    for (int step = 0; step < 5000; step++) {
      if (random() % 2) {
        items.push_back(
            static_cast<char*>(uma_zalloc(zone, M_WAITOK | (random() % 2 ? M_ZERO : 0))));
        memset(items.back(), step, 300);
      } else if (!items.empty()) {
        std::swap(items[random() % items.size()], items.back());
        uma_zfree(zone, items.back());
        items.pop_back();
      }
      if (step % 1000 == 0) uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
    }
    for (char* item : items) uma_zfree(zone, item);
    EXPECT_EQ(uma_zone_get_cur(zone), 0);
    uma_zdestroy(zone);
  }
  EXPECT_GT(Node("vm.debug.trashed"), before);
  EXPECT_EQ(Node("vm.debug.skipped") > 0, Sampled());
}

int MagicInit(void* item, int size, int) {
  memset(item, 0x5a, size_t(size));
  return 0;
}

TEST(Invariants, StateOfFreeItemsIsKept) {
  uma_zone_t zone = uma_zcreate("state", 64, nullptr, nullptr, MagicInit, nullptr, 7, 0);
  for (int i = 0; i < 100; i++) {
    auto* item = static_cast<char*>(uma_zalloc(zone, M_WAITOK));
    EXPECT_EQ(item[0], 0x5a);
    EXPECT_EQ(item[63], 0x5a);
    uma_zfree(zone, item);
  }
  uma_zdestroy(zone);
}

TEST(Invariants, SleepingWhereOneMustNotIsNamedOnce) {
  uma_zone_t zone = PlainZone("sleeper", 64);
  testing::internal::CaptureStderr();
  uma_nosleep_enter();
  uma_nosleep_enter();
  uma_nosleep_exit();
  for (int i = 0; i < 3; i++) uma_zfree(zone, uma_zalloc(zone, M_WAITOK));
  uma_zfree(zone, uma_zalloc(zone, M_NOWAIT));
  uma_nosleep_exit();
  uma_zfree(zone, uma_zalloc(zone, M_WAITOK));
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(
      text.rfind("uma: M_WAITOK in a section that must not sleep: zone sleeper, called from 0x", 0),
      0U)
      << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  uma_zdestroy(zone);
}

}  // namespace
