// SPDX-License-Identifier: BSD-2-Clause
// The constants that several files share, with the reason for each value. Those of one file stand
// at its top.
#ifndef UMA_BASE_CONFIG_H_
#define UMA_BASE_CONFIG_H_

#include <stddef.h>
#include <stdint.h>

#include "alloc/base/offsets.h"

namespace uma {

inline constexpr size_t kPage = 4096;  // x86-64 base page; the only architecture served
inline constexpr size_t kCacheLine = 64;

// A granule is the unit of the page map: one 16-bit map entry and one 64-byte slab header each.
// Smaller granules cost map density, larger ones empty too rarely.
inline constexpr unsigned kGranuleShift = UMA_GRANULE_SHIFT;
inline constexpr size_t kGranule = size_t{1} << kGranuleShift;
inline constexpr size_t kSpan = size_t{2} << 20;  // one huge page
inline constexpr unsigned kSpanGranules = kSpan / kGranule;

// Address space. The arena grows upward inside a window; a step is reserved at a time, so that a
// lowered RLIMIT_AS leaves room for thread stacks.
inline constexpr size_t kArenaMax = size_t{16} << 40;
// The page map ends where the arena starts: one address finds both.
inline constexpr size_t kMapBelow = kArenaMax / kGranule * sizeof(uint16_t);
static_assert(kMapBelow == UMA_MAP_BELOW);
inline constexpr size_t kArenaFirstStep = size_t{64} << 20;
inline constexpr size_t kArenaMaxStep = size_t{1} << 30;

// Size classes: 16-byte steps to 1 KiB, then 8 per doubling up to 1 MiB.
inline constexpr size_t kSmallMax = UMA_SMALL_MAX;
inline constexpr size_t kClassMax = UMA_CLASS_MAX;
inline constexpr unsigned kSmallClasses = kSmallMax / 16;  // entries 1..64
inline constexpr unsigned kMediumClasses = 80;             // entries 65..144
inline constexpr unsigned kMallocEntries = kSmallClasses + kMediumClasses + 1;
inline constexpr unsigned kEntryLarge = kMallocEntries;    // map mark: a run block
inline constexpr unsigned kEntryUma = kMallocEntries + 1;  // map mark: a slab of a UMA zone
// Large items: of more than 32 KiB. A CPU caches only some of a size, and a free looks whether the
// item is among them or back in its slab. The slabs of these classes carry marks of their own in
// the page map, one word of an entry each: an entry without an array, where the fast path of free
// leaves its straight line for the search. That takes a call and, in a mix of sizes, a branch that
// mispredicts, which is too much for 32 KiB. Of the usual sizes of buffers two at most are cached
// instead: there the test of the top item, which every free makes, is enough.
inline constexpr size_t kLargeItem = size_t{36} << 10;
inline constexpr bool is_buffer(size_t size) {
  return size == size_t{64} << 10 || size == size_t{1} << 20;
}
inline constexpr bool is_searched(size_t size) { return size >= kLargeItem && !is_buffer(size); }
inline constexpr unsigned kSearchedCap = 30;             // so many are looked through in a few ns
inline constexpr size_t kBufferBytes = size_t{1} << 20;  // more of one are in the zone's buckets
inline constexpr unsigned kEntrySearched = 105;          // the first such class
inline constexpr unsigned kSearched = 39;                // up to the last
inline constexpr unsigned kEntryMarks = kMallocEntries + 2;  // where their marks begin
inline constexpr unsigned kBootEntries = kEntryMarks + (kSearched + 1) / 2;  // of every region
inline constexpr unsigned kEntryMax = 4096;  // 16-bit byte offsets, 16 bytes each

// Per-CPU arrays: slots are a power of two, two of them are the marks.
inline constexpr unsigned kArrayMinShift = 2;
inline constexpr unsigned kArrayMaxShift = 10;
inline constexpr unsigned kArrayMaxCap = (1u << kArrayMaxShift) - 2;
inline constexpr size_t kRegionArrays = size_t{2} << 20;  // address space for one CPU's arrays

// All CPUs together may hold this much, or a share of the heap; each at least kBudgetCpu, which has
// room for all small classes. With 1,000 live blocks of up to 32 KiB less than 32 MiB costs a miss
// in every 200 operations.
inline constexpr size_t kBudgetCpu = size_t{1} << 20;
inline constexpr size_t kBudgetAll = size_t{32} << 20;
inline constexpr unsigned kBudgetHeapShare = 32;  // about 3 %
// Without restartable sequences only the owner can empty an array, so what a waiting thread holds
// stays. With 1 MiB the same blocks cost a miss in every 300 operations, with 2 none.
inline constexpr size_t kBudgetOwned = size_t{2} << 20;

// A bucket is 512 bytes: a 16-byte header and 62 items, one of FreeBSD's bucket sizes.
inline constexpr unsigned kBucketItems = 62;

// Metadata comes in chunks of this size, never unmapped.
inline constexpr size_t kMetaChunk = size_t{256} << 10;
inline constexpr size_t kMetaBoot = size_t{24} << 10;  // in .bss: no system call for small programs

// A mapping of its own (a block of more than kClassMax) starts at a huge page from this size on.
inline constexpr size_t kLargeAlignHuge = size_t{4} << 20;

// Huge pages start when this much went to runs that are used whole: a huge page costs 0.17 ms.
inline constexpr size_t kHugeAfter = size_t{4} << 20;

// Free dirty memory may reach this, or a share of the live heap, before a free gives some back.
inline constexpr size_t kDirtyMin = size_t{4} << 20;
inline constexpr unsigned kDirtyShare = 32;

inline constexpr uint64_t kFullTag = uint64_t{1} << 63;
inline constexpr uint64_t kAllocsStart = uint64_t{1} << 63;

// Ids of CPUs that can have a cache; a machine with more gets virtual CPUs.
inline constexpr unsigned kCpuIds = 4096;
inline constexpr unsigned kMaxVcpus = 256;  // virtual CPUs where there is no rseq

}  // namespace uma

#endif  // UMA_BASE_CONFIG_H_
