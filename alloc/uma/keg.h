// SPDX-License-Identifier: BSD-2-Clause
// Kegs: slabs of one item size. Items leave and enter a keg in batches.
//
// Locks: keg->lock covers everything in a keg and in the headers of its slabs. init, fini and the
// page layer are called without it, except that pages are punched under it.
#ifndef UMA_UMA_KEG_H_
#define UMA_UMA_KEG_H_

#include "alloc/base/layout.h"
#include "alloc/base/options.h"
#include "alloc/page/page.h"
#include "alloc/uma/domain.h"
#include "alloc/uma/limit.h"
#include "alloc/uma/uma.h"

namespace uma {

// An item's index is its offset times the reciprocal, shifted: exact for every slab up to a span.
inline constexpr unsigned kReciprocalShift = 42;

// Whom a message names: the function that was given a pointer, and the zone.
struct Caller {
  const char* function;
  const char* zone;
};

struct OwnPages;

struct Keg {
  uma_layout_keg pub{};
  Lock lock{Rank::kKeg};
  uint64_t reciprocal = 0;  // ceil(2^kReciprocalShift / rsize)
  size_t idle_bytes = 0;    // free items in slabs, less what was punched
  // Of these, what came back since its pages were looked through: at most so much can be given
  // back.
  size_t unscanned_bytes = 0;
  size_t unscanned_low = 0;  // the least since keg_watch
  size_t idle_shown = 0;     // of these two, what is in the sums over all kegs
  size_t unscanned_shown = 0;
  uint32_t size = 0;
  uint32_t zones = 0;  // zones that use this keg
  uint32_t flags = 0;
  uint16_t map_offset = 0;  // what the page map says of its slabs
  uint16_t granules = 0;
  uint32_t bin_most[kKegBins] = {};  // free items of a slab in this bin, at most
  uint32_t punch_unit = 0;           // bytes per bit of Slab::punched
  OwnPages* own = nullptr;           // null: slabs are runs of the arena
  KegDomain domain;
  uint64_t reserve = 0;  // free items that only kMayReserve gives out
  Limit limit;
  uma_init init = nullptr;
  uma_fini fini = nullptr;
};

// Fills a keg. `size` in bytes, `align` a mask, `map_offset` for the page map, `flags` UMA_ZONE_*.
void keg_setup(Keg* keg, size_t size, size_t align, uint16_t map_offset, uint32_t flags = 0);

// Takes up to `count` items, as `how` (limit.h) says. 0: no memory, or the limit is reached.
unsigned keg_alloc_items(Keg* keg, void** items, unsigned count, unsigned how);
// Takes one item and tells whether it is known to be zero.
void* keg_alloc_zeroed(Keg* keg, bool* zeroed);
// Gives items back, checking each: an interior pointer, a second free or a foreign item aborts,
// naming the caller.
void keg_free_items(Keg* keg, void* const* items, unsigned count, const Caller& caller);
// The same as the source of a zone.
unsigned keg_import(void* keg, void** items, unsigned count, unsigned how);
void keg_release(void* keg, void* const* items, unsigned count, const Caller& caller);
// Items out of the keg: in use, and in caches and buckets.
inline uint64_t keg_out(const Keg* keg) {
  const uint64_t all = load_relaxed(keg->pub.slabs) * keg->pub.ipers;
  return all - min(all, load_relaxed(keg->pub.free_items));
}
// Makes slabs until `items` more are free. Returns how many items were made.
unsigned keg_prealloc(Keg* keg, unsigned items);
// Whether pages inside the keg's slabs may be given back: never where an owner keeps state in free
// items.
inline bool keg_may_punch(const Keg* keg) {
  if (unlikely(options.invariants)) return false;  // they are filled
  return !keg->init && !keg->fini && !keg->reserve && !keg->own &&
         !(keg->flags & (UMA_ZONE_NOFREE | UMA_ZONE_PCPU | UMA_ZONE_CONTIG));
}
// Unscanned bytes that came and went since keg_watch: the rest was idle all the time.
void keg_watch(Keg* keg);
size_t keg_busy(Keg* keg);
// Looks through some slabs and gives their empty pages back, until `keep` unscanned bytes are left;
// also an idle spare slab. True: done. A step, with the lock held for less than 100 us.
bool keg_give_back(Keg* keg, size_t keep);
// Releases every wholly free slab and gives back all empty pages.
void keg_trim(Keg* keg);
// Aborts unless p is the address of an item that is handed out.
void keg_check(Keg* keg, const void* p, const Caller& caller);

}  // namespace uma

#endif  // UMA_UMA_KEG_H_
