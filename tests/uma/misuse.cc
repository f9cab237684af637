// SPDX-License-Identifier: BSD-2-Clause
// Misuse of zones ends the program with one line that names the zone.
#include <gtest/gtest.h>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

class Misuse : public testing::Test {
 protected:
  void SetUp() override {
    zone = PlainZone("victim", 100);
    other = PlainZone("bystander", 100);
    a = static_cast<char*>(uma_zalloc(zone, 0));
    b = static_cast<char*>(uma_zalloc(zone, 0));
    ASSERT_NE(b, nullptr);
  }
  void TearDown() override {
    uma_zfree(zone, a);
    uma_zfree(zone, b);
    uma_zdestroy(zone);
    uma_zdestroy(other);
  }
  uma_zone_t zone, other;
  char *a, *b;
};

using MisuseDeathTest = Misuse;

TEST_F(MisuseDeathTest, FreedTwiceInARow) {
  EXPECT_DEATH((uma_zfree(zone, a), uma_zfree(zone, a)),
               "^uma: double free: uma_zfree\\(0x[0-9a-f]+\\): .* zone victim\n$");
}

TEST_F(MisuseDeathTest, FreedTwiceInARowWithDtor) {
  uma_zone_t guarded = uma_zcreate("guarded", 64, nullptr, NoteDtor, nullptr, nullptr, 7, 0);
  void* item = uma_zalloc(guarded, 0);
  EXPECT_DEATH((uma_zfree(guarded, item), uma_zfree(guarded, item)),
               "^uma: double free: uma_zfree\\(0x[0-9a-f]+\\): .* zone guarded\n$");
  uma_zfree(guarded, item);
  uma_zdestroy(guarded);
}

TEST_F(MisuseDeathTest, FreedTwiceWithAnotherBetween) {
  EXPECT_DEATH((uma_zfree(zone, a), uma_zfree(zone, b), uma_zfree(zone, a),
                uma_reclaim(UMA_RECLAIM_DRAIN_CPU)),
               "^uma: double free: .* zone victim\n$");
}

TEST_F(MisuseDeathTest, GivenToAnotherZone) {
  EXPECT_DEATH((uma_zfree(other, a), uma_reclaim(UMA_RECLAIM_DRAIN_CPU)),
               "^uma: wrong zone: .* zone bystander\n$");
  EXPECT_DEATH((uma_zfree(other, a), uma_zdestroy(other)),
               "^uma: wrong zone: .* zone bystander\n$");
}

// What a destroyed zone lost stays lost: no later zone takes it for its own.
TEST_F(MisuseDeathTest, LeakedByADestroyedZone) {
  const auto give_leaked_item_to_next_zone = [] {
    uma_zone_t gone = PlainZone("gone", 72);
    void* item = uma_zalloc(gone, 0);
    uma_zdestroy(gone);
    uma_zone_t next = PlainZone("next", 72);
    uma_zfree(next, item);
    uma_reclaim(UMA_RECLAIM_DRAIN_CPU);
  };
  EXPECT_DEATH(give_leaked_item_to_next_zone(), "\numa: wrong zone: .* zone next\n$");
}

TEST_F(MisuseDeathTest, NotAnItemAtAll) {
  static char nowhere[256];
  EXPECT_DEATH((uma_zfree(zone, nowhere), uma_reclaim(UMA_RECLAIM_DRAIN_CPU)),
               "^uma: wrong zone: .* zone victim\n$");
  void* block = malloc(100);
  EXPECT_DEATH((uma_zfree(zone, block), uma_reclaim(UMA_RECLAIM_DRAIN_CPU)),
               "^uma: wrong zone: .* zone victim\n$");
  free(block);
}

TEST_F(MisuseDeathTest, MiddleOfAnItem) {
  EXPECT_DEATH((uma_zfree(zone, a + 8), uma_reclaim(UMA_RECLAIM_DRAIN_CPU)),
               "^uma: interior pointer: .* zone victim\n$");
}

}  // namespace
