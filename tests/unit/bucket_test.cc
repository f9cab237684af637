// SPDX-License-Identifier: BSD-2-Clause
// The buckets of a zone against a model: what is in them, what was idle, what goes back.
#include "alloc/uma/bucket.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "alloc/uma/boot.h"
#include "alloc/uma/registry.h"
#include "tests/support/random.h"

namespace uma {
namespace {

using support::kSeeds;
using support::Random;

class Buckets : public testing::TestWithParam<uint64_t> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(boot());
    keg_ = keg_create(48, 15, 0);
    ASSERT_NE(keg_, nullptr);
    zone_ = zone_create("buckets", UMA_LAYOUT_KIND_ZONE, 0, items_of(keg_), {});
    ASSERT_NE(zone_, nullptr);
  }
  void TearDown() override {
    bucket_reclaim(zone_, 0);
    for (void* item : out_) zone_release(zone_, &item, 1, "test");
  }

  void Put() {
    const unsigned count = 1 + unsigned(random_.Below(200));
    std::vector<void*> items(count);
    unsigned got = zone_import(zone_, items.data(), count, true);
    ASSERT_GT(got, 0U);
    ASSERT_EQ(bucket_put(zone_, items.data(), got), got);
    in_.insert(items.begin(), items.begin() + got);
  }
  void Fetch() {
    std::vector<void*> items(1 + random_.Below(200));
    const unsigned got = bucket_fetch(zone_, items.data(), unsigned(items.size()));
    ASSERT_EQ(got, min(items.size(), in_.size()));
    for (unsigned i = 0; i < got; i++) {
      ASSERT_EQ(in_.erase(items[i]), 1U) << "an item that was not in a bucket";
      ASSERT_FALSE(bucket_has(zone_, items[i]));
      out_.push_back(items[i]);
    }
    least_ = min(least_, in_.size());
  }

  Random random_{GetParam()};
  Keg* keg_ = nullptr;
  Zone* zone_ = nullptr;
  std::set<void*> in_;
  std::vector<void*> out_;
  size_t least_ = 0;  // in buckets since bucket_watch
};

TEST_P(Buckets, HoldWhatWasPut) {
  bucket_watch(zone_);
  for (int i = 0; i < 500; i++) {
    random_.Below(2) ? Put() : Fetch();
    ASSERT_EQ(zone_->pub.bucket_items, in_.size());
    ASSERT_EQ(bucket_busy(zone_), in_.size() - least_);
    if (random_.Below(50) == 0) {
      bucket_watch(zone_);
      least_ = in_.size();
    }
  }
  for (void* item : in_) ASSERT_TRUE(bucket_has(zone_, item));
}

TEST_P(Buckets, GiveBackAllButWhatIsKept) {
  for (int i = 0; i < 30; i++) Put();
  const uint64_t all = zone_->pub.bucket_items;
  const uint64_t keep = random_.Below(all);
  const uint64_t free_before = keg_->pub.free_items;
  bucket_reclaim(zone_, keep);
  EXPECT_EQ(zone_->pub.bucket_items, keep);
  EXPECT_GE(keg_->pub.free_items + keg_->pub.slab_frees * keg_->pub.ipers,
            free_before + all - keep);
  bucket_mark_trim(zone_);
  EXPECT_EQ(bucket_trim_unused(zone_), keep) << "nothing was taken since";
  void* item;
  ASSERT_EQ(bucket_fetch(zone_, &item, 1), keep ? 1U : 0U);
  EXPECT_EQ(bucket_trim_unused(zone_), keep ? keep - 1 : 0);
  if (keep) out_.push_back(item);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Buckets, testing::Range(uint64_t{0}, kSeeds));

}  // namespace
}  // namespace uma
