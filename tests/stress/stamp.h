// SPDX-License-Identifier: BSD-2-Clause
//
// Blocks with a pattern: a byte that two blocks share, or that the allocator wrote, shows up when
// the block is checked. The description lies outside the block, so that one byte can be stamped.
#ifndef UMA_TESTS_STRESS_STAMP_H_
#define UMA_TESTS_STRESS_STAMP_H_

#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conformance/check.h"
#include "tests/support/random.h"

namespace stress {

using support::Random;

struct Block {
  unsigned char* address = nullptr;
  size_t size = 0;
  uint64_t stamp = 0;
};

[[noreturn]] inline void Corrupted(const Block& block, size_t offset, const char* when) {
  check::Say("corrupted block %p of %zu bytes, stamp %lx, at offset %zu, %s",
             static_cast<void*>(block.address), block.size, block.stamp, offset, when);
  _exit(1);
}

// Visits what is stamped: all of a small block, both ends and a sample of a large one.
template <typename Visit>
void EachStampedRange(size_t size, Visit visit) {
  constexpr size_t kWhole = 1024;
  constexpr size_t kEnd = 128;
  if (size <= kWhole) return visit(0, size);
  visit(0, kEnd);
  const size_t step = size <= 65536 ? 512 : size / 16;
  for (size_t at = step; at + kEnd < size; at += step) visit(at, 16);
  visit(size - kEnd, kEnd);
}

inline unsigned char StampByte(const Block& block, size_t offset) {
  return static_cast<unsigned char>(block.stamp >> (offset % 8 * 8)) ^
         static_cast<unsigned char>(offset >> 3);
}

inline void Stamp(const Block& block) {
  EachStampedRange(block.size, [&](size_t from, size_t count) {
    for (size_t i = from; i < from + count; i++) block.address[i] = StampByte(block, i);
  });
}

// The first `size` bytes may be all that is left of the stamped size after realloc.
inline void Verify(const Block& block, size_t size, const char* when) {
  EachStampedRange(block.size, [&](size_t from, size_t count) {
    for (size_t i = from; i < from + count && i < size; i++) {
      if (block.address[i] != StampByte(block, i)) Corrupted(block, i, when);
    }
  });
}

inline void VerifyZero(const Block& block) {
  const size_t step = block.size <= 4096 ? 1 : 61;
  for (size_t i = 0; i < block.size; i += step) {
    if (block.address[i] != 0) Corrupted(block, i, "calloc gave it dirty");
  }
}

// 1 byte to `limit`, every power of two as likely as the next.
inline size_t RandomSize(Random& random, size_t limit) {
  const size_t top = static_cast<size_t>(1) << random.Below(64 - __builtin_clzl(limit));
  const size_t size = top + random.Below(top);
  return size <= limit ? size : limit;
}

// One of the ways to get a block.
inline Block Allocate(Random& random, size_t size, uint64_t owner) {
  Block block;
  block.size = size;
  block.stamp = (random.Next() & 0xffffffff) << 32 | owner << 16 | (size & 0xffff);
  const size_t way = random.Below(16);
  if (way < 10) {
    block.address = static_cast<unsigned char*>(malloc(size));
  } else if (way < 14) {
    block.address = static_cast<unsigned char*>(calloc(1, size));
    if (block.address != nullptr) VerifyZero(block);
  } else {
    const size_t alignment = static_cast<size_t>(16) << random.Below(9);
    block.address = static_cast<unsigned char*>(memalign(alignment, size));
    if (reinterpret_cast<uintptr_t>(block.address) % alignment != 0) {
      Corrupted(block, 0, "not aligned");
    }
  }
  if (block.address == nullptr) {
    check::Say("no memory for %zu bytes", size);
    _exit(1);
  }
  Stamp(block);
  return block;
}

inline void Resize(Random& random, Block& block, size_t size) {
  Verify(block, block.size, "before realloc");
  unsigned char* moved = static_cast<unsigned char*>(realloc(block.address, size));
  if (moved == nullptr) {
    check::Say("realloc gave nothing for %zu bytes", size);
    _exit(1);
  }
  block.address = moved;
  Verify(block, size < block.size ? size : block.size, "after realloc");
  block.size = size;
  block.stamp ^= random.Next() << 32;
  Stamp(block);
}

inline void Release(Block& block) {
  if (block.address == nullptr) return;
  Verify(block, block.size, "before free");
  free(block.address);
  block.address = nullptr;
}

// Random work on a few slots: for threads that only keep the allocator busy.
class Slots {
 public:
  explicit Slots(uint64_t owner, size_t limit = 20000)
      : random_(owner + 1), owner_(owner), limit_(limit) {}
  ~Slots() {
    for (Block& block : blocks_) Release(block);
  }
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;

  void Step() {
    Block& block = blocks_[random_.Below(kCount)];
    const size_t size = RandomSize(random_, limit_);
    if (block.address != nullptr && random_.Below(8) == 0) {
      Resize(random_, block, size);
    } else {
      Release(block);
      block = Allocate(random_, size, owner_);
    }
  }

 private:
  static constexpr size_t kCount = 64;
  Block blocks_[kCount];
  Random random_;
  uint64_t owner_;
  size_t limit_;
};

}  // namespace stress

#endif  // UMA_TESTS_STRESS_STAMP_H_
