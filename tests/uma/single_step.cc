// SPDX-License-Identifier: BSD-2-Clause
// Under a single-stepping debugger a restartable section never reaches its end, so every operation
// ends on the path for that case: it must do all that the others do, and count as they do.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

constexpr int kPairs = 30;

volatile long traps;

// Sets or clears the trap flag: with it every instruction is followed by a SIGTRAP.
void Step(bool on) {
  if (on) {
    asm volatile("sub $128, %%rsp; pushfq; orq $0x100, (%%rsp); popfq; add $128, %%rsp"
                 :
                 :
                 : "memory", "cc");
  } else {
    asm volatile("sub $128, %%rsp; pushfq; andq $~0x100, (%%rsp); popfq; add $128, %%rsp"
                 :
                 :
                 : "memory", "cc");
  }
}

class SingleStep : public testing::Test {
 protected:
  void SetUp() override {
    ForgetEvents();
    struct sigaction action = {};
    action.sa_handler = [](int) { traps = traps + 1; };
    ASSERT_EQ(sigaction(SIGTRAP, &action, nullptr), 0);
  }
};

void* items[kPairs];

void TakeAndGive(uma_zone_t zone, void* arg) {
  traps = 0;
  Step(true);
  for (void*& item : items) item = uma_zalloc_arg(zone, arg, M_NOWAIT);
  Step(false);
  for (int i = 0; i < kPairs; i++) {
    ASSERT_NE(items[i], nullptr);
    for (int other = 0; other < i; other++) ASSERT_NE(items[i], items[other]);
    memset(items[i], i, 64);
  }
  EXPECT_EQ(uma_zone_get_cur(zone), kPairs);
  Step(true);
  for (void* item : items) uma_zfree_arg(zone, item, arg);
  Step(false);
  EXPECT_GT(traps, kPairs * 20L) << "nothing was stepped";
  const uma_zone_stats stats = StatsOf(zone);
  EXPECT_EQ(stats.used, 0U);
  EXPECT_EQ(stats.fails, 0U);
}

TEST_F(SingleStep, PlainZone) {
  uma_zone_t zone = PlainZone("stepped", 64);
  for (uint64_t round = 1; round <= 3; round++) {
    TakeAndGive(zone, nullptr);
    EXPECT_EQ(StatsOf(zone).allocs, round * kPairs);
    EXPECT_EQ(StatsOf(zone).frees, round * kPairs);
  }
  uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
  EXPECT_EQ(StatsOf(zone).keg_bytes, 0U);
  uma_zdestroy(zone);
}

void* given_args[2];
int ArgCtor(void* item, int size, void* arg, int flags) {
  given_args[0] = arg;
  return NoteCtor(item, size, arg, flags);
}
void ArgDtor(void* item, int size, void* arg) {
  given_args[1] = arg;
  NoteDtor(item, size, arg);
}

TEST_F(SingleStep, CtorAndDtorRunEachTime) {
  uma_zone_t zone = uma_zcreate("built", 64, ArgCtor, ArgDtor, nullptr, nullptr, 7, 0);
  int here;
  TakeAndGive(zone, &here);
  EXPECT_EQ(Count('c'), kPairs);
  EXPECT_EQ(Count('d'), kPairs);
  EXPECT_EQ(given_args[0], &here);
  EXPECT_EQ(given_args[1], &here);
  uma_zdestroy(zone);
}

TEST_F(SingleStep, SecondaryZone) {
  uma_zone_t primary = PlainZone("below", 64);
  uma_zone_t zone = uma_zsecond_create("above", nullptr, nullptr, NoteZinit, NoteZfini, primary);
  TakeAndGive(zone, nullptr);
  EXPECT_GE(Count('I'), kPairs);
  uma_zdestroy(zone);
  EXPECT_EQ(Count('I'), Count('F'));
  uma_zdestroy(primary);
}

TEST_F(SingleStep, Malloc) {
  static void* blocks[kPairs];
  traps = 0;
  Step(true);
  for (void*& block : blocks) block = malloc(100);
  Step(false);
  for (int i = 0; i < kPairs; i++) {
    ASSERT_NE(blocks[i], nullptr);
    memset(blocks[i], i, 100);
  }
  for (int i = 0; i < kPairs; i++) ASSERT_EQ(static_cast<char*>(blocks[i])[99], char(i));
  Step(true);
  for (void* block : blocks) free(block);
  Step(false);
  EXPECT_GT(traps, kPairs * 20L);
}

}  // namespace
