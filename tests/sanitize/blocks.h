// SPDX-License-Identifier: BSD-2-Clause
// Blocks that know their owner and size: a pattern made of both fills them, so that a byte that two
// blocks share, or that the allocator wrote, shows when the block is checked.
#ifndef UMA_TESTS_SANITIZE_BLOCKS_H_
#define UMA_TESTS_SANITIZE_BLOCKS_H_

#include <sanitizer/asan_interface.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

#include <algorithm>

#include "tests/support/random.h"

namespace sanitize {

struct Kind;  // which zone a block is of, see zones.h; null: of the heap

struct Block {
  unsigned char* address = nullptr;
  size_t size = 0;
  uint64_t owner = 0;
  uint64_t serial = 0;
  const Kind* kind = nullptr;
};

using support::Random;

[[noreturn]] inline void Wrong(const Block& block, size_t offset, const char* what) {
  fprintf(stderr, "%s: block %p of %zu bytes, owner %lu, serial %lu, at offset %zu\n", what,
          static_cast<void*>(block.address), block.size, block.owner, block.serial, offset);
  _Exit(1);
}

// All of a small block; of a large one both ends and a word of each page.
template <typename Visit>
void EachWord(size_t size, Visit visit) {
  constexpr size_t kWord = sizeof(uint64_t), kEnd = 8 * kWord, kPage = 4096;
  const auto range = [&](size_t from, size_t to) {
    for (size_t at = from; at < to; at += kWord) visit(at, std::min(kWord, to - at));
  };
  if (size <= 2 * kEnd) return range(0, size);
  range(0, kEnd);
  for (size_t at = kPage; at + kWord <= size - kEnd; at += kPage) visit(at, kWord);
  range(size - kEnd, size);
}

inline uint64_t PatternAt(const Block& block, size_t offset) {
  return (block.owner << 56 ^ block.size << 32 ^ block.serial) * 0x9e3779b97f4a7c15 + offset;
}

inline void Stamp(const Block& block) {
  EachWord(block.size, [&](size_t at, size_t count) {
    const uint64_t pattern = PatternAt(block, at);
    memcpy(block.address + at, &pattern, count);
  });
}

// The first `kept` bytes may be all that realloc left of the block.
inline void Check(const Block& block, size_t kept, const char* when) {
  EachWord(block.size, [&](size_t at, size_t count) {
    if (at + count > kept) return;
    const uint64_t pattern = PatternAt(block, at);
    if (memcmp(block.address + at, &pattern, count) != 0) Wrong(block, at, when);
  });
}

inline void CheckZero(const Block& block) {
  const size_t step = block.size <= 4096 ? 1 : 509;
  for (size_t at = 0; at < block.size; at += step)
    if (block.address[at] != 0) Wrong(block, at, "not zero");
}

// Items that pass from thread to thread through an array that only assembly touches: with
// --annotate the program itself tells ThreadSanitizer, for each 64 KiB that the block lies in.
inline bool annotate = false;

#ifdef __SANITIZE_THREAD__
inline constexpr bool kThreadSanitizer = true;

// What the thread writes meanwhile is no part of a race.
extern "C" void AnnotateIgnoreWritesBegin(const char* file, int line);
extern "C" void AnnotateIgnoreWritesEnd(const char* file, int line);
struct IgnoreWrites {
  IgnoreWrites() { AnnotateIgnoreWritesBegin(__FILE__, __LINE__); }
  ~IgnoreWrites() { AnnotateIgnoreWritesEnd(__FILE__, __LINE__); }
};

template <typename Tell>
void EachGranule(void* block, size_t size, Tell tell) {
  constexpr uintptr_t kGranule = 65536;
  const uintptr_t begin = reinterpret_cast<uintptr_t>(block);
  for (uintptr_t at = begin & ~(kGranule - 1); annotate && at < begin + size; at += kGranule)
    tell(reinterpret_cast<void*>(at));
}
inline void HandOver(void* block, size_t size) { EachGranule(block, size, __tsan_release); }
inline void TakeOver(void* block, size_t size) { EachGranule(block, size, __tsan_acquire); }
#else
inline constexpr bool kThreadSanitizer = false;
struct IgnoreWrites {
  IgnoreWrites() {}
};
inline void HandOver(void*, size_t) {}
inline void TakeOver(void*, size_t) {}
#endif

}  // namespace sanitize

#endif  // UMA_TESTS_SANITIZE_BLOCKS_H_
