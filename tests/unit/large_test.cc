// SPDX-License-Identifier: BSD-2-Clause
// Mappings of large blocks: sizes, alignments, contents across a resize, the page behind, the
// cache.
#include "alloc/heap/large.h"

#include <gtest/gtest.h>
#include <string.h>

#include <vector>

#include "alloc/base/util.h"
#include "alloc/os/published.h"
#include "alloc/uma/boot.h"
#include "tests/support/random.h"

namespace uma {
namespace {

using support::kSeeds;
using support::Random;

constexpr size_t kMiB = size_t{1} << 20;

struct Block {
  char* memory;
  size_t size;
  char fill;
};

size_t Shown() { return size_t(uma_layout.large.used_bytes); }

class Large : public testing::TestWithParam<uint64_t> {
 protected:
  void SetUp() override { ASSERT_TRUE(boot()); }
  void TearDown() override {
    for (const Block& block : blocks_) EXPECT_TRUE(large_free(block.memory));
    large_trim(0);
    EXPECT_EQ(Shown(), 0U);
    EXPECT_EQ(uma_layout.large.cached_bytes, 0U);
  }

  Block Make() {
    const size_t size = kMiB + 1 + random_.Below(6 * kMiB);
    const size_t align = kPage << random_.Below(10);
    bool zeroed = false;
    auto* memory = static_cast<char*>(large_alloc(size, align, &zeroed));
    EXPECT_NE(memory, nullptr);
    EXPECT_EQ(addr(memory) % align, 0U);
    EXPECT_GE(large_size(memory), size);
    for (size_t at = 0; zeroed && at < size; at += 4096) EXPECT_EQ(memory[at], 0);
    const Block block = {memory, size, char(1 + random_.Below(100))};
    memset(memory, block.fill, size);
    return block;
  }
  void Check(const Block& block) {
    EXPECT_EQ(block.memory[0], block.fill);
    EXPECT_EQ(block.memory[block.size - 1], block.fill);
    EXPECT_EQ(large_containing(block.memory + block.size / 2), addr(block.memory));
  }
  void Resize(Block& block) {
    const size_t size = kMiB + 1 + random_.Below(8 * kMiB);
    auto* moved = static_cast<char*>(large_resize(block.memory, size));
    if (!moved) return;  // refused: nothing changed
    const size_t both = min(size, block.size);
    EXPECT_EQ(moved[0], block.fill);
    EXPECT_EQ(moved[both - 1], block.fill);
    memset(moved, block.fill, size);
    block = {moved, size, block.fill};
  }

  Random random_{GetParam()};
  std::vector<Block> blocks_;
};

TEST_P(Large, RandomBlocks) {
  for (int i = 0; i < 300; i++) {
    const size_t at = blocks_.empty() ? 0 : random_.Below(blocks_.size());
    if (blocks_.size() < 10 && (blocks_.empty() || random_.Below(2))) {
      blocks_.push_back(Make());
    } else if (random_.Below(3) == 0) {
      Resize(blocks_[at]);
    } else {
      Check(blocks_[at]);
      EXPECT_FALSE(large_free(blocks_[at].memory + kPage)) << "no block begins there";
      EXPECT_TRUE(large_free(blocks_[at].memory));
      blocks_[at] = blocks_.back();
      blocks_.pop_back();
    }
    size_t bytes = 0;
    for (const Block& block : blocks_) bytes += large_size(block.memory);
    ASSERT_EQ(Shown(), bytes);
  }
}

TEST_P(Large, ThePageBehindFaults) {
  blocks_.push_back(Make());
  char* end = blocks_[0].memory + large_size(blocks_[0].memory);
  end[-1] = 1;
  EXPECT_DEATH(*static_cast<volatile char*>(end) = 1, "");
}

INSTANTIATE_TEST_SUITE_P(Seeds, Large, testing::Range(uint64_t{0}, kSeeds));

}  // namespace
}  // namespace uma
