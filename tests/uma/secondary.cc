// SPDX-License-Identifier: BSD-2-Clause
// Secondary zones: one keg, caches and zinit/zfini of their own.
#include <gtest/gtest.h>

#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

class Secondary : public testing::Test {
 protected:
  void SetUp() override { ForgetEvents(); }
};

TEST_F(Secondary, SharesTheKegAndSaysSo) {
  uma_zone_t primary = PlainZone("shared", 256, 255);
  uma_zone_t second = uma_zsecond_create("shared2", nullptr, nullptr, nullptr, nullptr, primary);
  const uma_layout_zone* first_row = Published("shared");
  const uma_layout_zone* second_row = Published("shared2");
  ASSERT_NE(second_row, nullptr);
  EXPECT_EQ(first_row->keg, second_row->keg);
  EXPECT_EQ(second_row->size, 256U);
  EXPECT_EQ(first_row->flags & UMA_LAYOUT_ZONE_SECONDARY, 0U);
  EXPECT_EQ(second_row->flags & UMA_LAYOUT_ZONE_SECONDARY, UMA_LAYOUT_ZONE_SECONDARY);
  void* a = uma_zalloc(primary, 0);
  void* b = uma_zalloc(second, 0);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(b) % 256, 0U);
  EXPECT_EQ(uma_zone_get_cur(primary), 1);
  EXPECT_EQ(uma_zone_get_cur(second), 1);
  EXPECT_EQ(StatsOf(primary).keg_bytes, StatsOf(second).keg_bytes);
  uma_zfree(primary, a);
  uma_zfree(second, b);
  uma_zdestroy(second);
  uma_zdestroy(primary);
}

TEST_F(Secondary, PrimaryNeverSeesZinitAndZfini) {
  uma_zone_t primary = PlainZone("aside", 2048);
  uma_zone_t second = uma_zsecond_create("aside2", nullptr, nullptr, NoteZinit, NoteZfini, primary);
  std::vector<void*> items;
  for (int i = 0; i < 500; i++) items.push_back(uma_zalloc(primary, 0));
  for (void* item : items) uma_zfree(primary, item);
  uma_zone_reclaim(primary, UMA_RECLAIM_DRAIN_CPU);
  EXPECT_EQ(event_count, 0);
  uma_zfree(second, uma_zalloc(second, 0));
  EXPECT_GT(Count('I'), 0);
  uma_zone_reclaim(second, UMA_RECLAIM_DRAIN_CPU);
  EXPECT_EQ(Count('I'), Count('F'));
  uma_zdestroy(primary);
  uma_zdestroy(second);
}

int SecondZinit(void* item, int, int) { return Note('2', item), 0; }
void SecondZfini(void* item, int) { Note('3', item); }

// A secondary zone of a secondary zone stands on the same keg, not on the zone between.
TEST_F(Secondary, TwoLevels) {
  uma_zone_t primary = uma_zcreate("level", 8192, nullptr, nullptr, NoteInit, NoteFini, 7, 0);
  uma_zone_t middle = uma_zsecond_create("level2", nullptr, nullptr, NoteZinit, NoteZfini, primary);
  uma_zone_t top =
      uma_zsecond_create("level3", NoteCtor, NoteDtor, SecondZinit, SecondZfini, middle);
  ASSERT_NE(top, nullptr);
  EXPECT_EQ(Published("level3")->keg, Published("level")->keg);
  void* item = uma_zalloc(top, 0);
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(Count('I'), 0);
  EXPECT_GT(Count('2'), 0);
  EXPECT_EQ(Count('c'), 1);
  uma_zfree(top, item);
  uma_zdestroy(middle);
  uma_zdestroy(top);
  EXPECT_EQ(Count('2'), Count('3'));
  uma_zdestroy(primary);
  EXPECT_EQ(Count('i'), Count('f'));
}

TEST_F(Secondary, EitherOrderOfDestruction) {
  const int zones = ZoneCount();
  for (bool primary_first : {false, true}) {
    ForgetEvents();
    uma_zone_t primary = uma_zcreate("either", 4096, nullptr, nullptr, NoteInit, NoteFini, 7, 0);
    uma_zone_t second =
        uma_zsecond_create("either2", nullptr, nullptr, NoteZinit, NoteZfini, primary);
    uma_zfree(primary, uma_zalloc(primary, 0));
    uma_zfree(second, uma_zalloc(second, 0));
    uma_zdestroy(primary_first ? primary : second);
    uma_zone_t left = primary_first ? second : primary;
    void* item = uma_zalloc(left, 0);
    ASSERT_NE(item, nullptr);
    memset(item, 1, 4096);
    uma_zfree(left, item);
    uma_zdestroy(left);
    EXPECT_EQ(Count('I'), Count('F'));
    EXPECT_GT(Count('i'), 0);
    EXPECT_EQ(Count('i'), Count('f'));
  }
  EXPECT_EQ(ZoneCount(), zones);
}

// The end of a secondary zone is not the end of the promise its primary was made with.
TEST_F(Secondary, DestructionKeepsNofree) {
  uma_zone_t primary = PlainZone("keeps", 4096, 7, UMA_ZONE_NOFREE);
  uma_zone_t second = uma_zsecond_create("keeps2", nullptr, nullptr, nullptr, nullptr, primary);
  uma_zfree(primary, uma_zalloc(primary, 0));
  uma_zdestroy(second);
  uma_reclaim(UMA_RECLAIM_DRAIN_CPU);
  EXPECT_GT(StatsOf(primary).keg_bytes, 0U);
  uma_zdestroy(primary);
}

uma_zone_t cluster_zone;

struct Packet {
  void* cluster;
};

int PacketZinit(void* item, int, int) {
  void* cluster = uma_zalloc(cluster_zone, M_NOWAIT);
  if (cluster == nullptr) return 1;
  static_cast<Packet*>(item)->cluster = cluster;
  return 0;
}
void PacketZfini(void* item, int) { uma_zfree(cluster_zone, static_cast<Packet*>(item)->cluster); }

// Packets hold their cluster while they are cached.
TEST_F(Secondary, PacketZone) {
  cluster_zone = PlainZone("cluster", 2048);
  uma_zone_t mbufs = PlainZone("mbuf", 256);
  uma_zone_t packets =
      uma_zsecond_create("packet", nullptr, nullptr, PacketZinit, PacketZfini, mbufs);
  std::vector<Packet*> held;
  for (int i = 0; i < 5000; i++) {
    auto* packet = static_cast<Packet*>(uma_zalloc(packets, 0));
    ASSERT_NE(packet, nullptr);
    memset(packet->cluster, i, 2048);
    held.push_back(packet);
  }
  EXPECT_GE(uma_zone_get_cur(cluster_zone), 5000);
  for (Packet* packet : held) uma_zfree(packets, packet);
  uma_zone_reclaim(packets, UMA_RECLAIM_DRAIN);
  EXPECT_EQ(uma_zone_get_cur(packets), 0);
  EXPECT_EQ(uma_zone_get_cur(cluster_zone), int(StatsOf(packets).cached));
  uma_zdestroy(packets);
  EXPECT_EQ(uma_zone_get_cur(cluster_zone), 0);
  uma_zdestroy(mbufs);
  uma_zdestroy(cluster_zone);
}

}  // namespace
