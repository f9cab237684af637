// SPDX-License-Identifier: BSD-2-Clause
// Zones: per-CPU caches over buckets over a source, which is a keg but for cache-only zones.
//
//   uma_zalloc   1. the top item of this CPU's cache    alloc/percpu
//                2. empty: a batch                      miss.h
//                   from the zone's buckets             bucket.h
//                   or from its source                  zone_import, keg.h
//                   which makes a new slab              slab.h, alloc/page
//   uma_zfree    1. onto this CPU's cache               alloc/percpu
//                2. full: its top half                  miss.h
//                   into a bucket of the zone           bucket.h
//                   or, where that holds enough, back   zone_release, keg.h
//
// zone->lock covers the buckets; all counters are read without it. Rank in alloc/base/lock.h has
// the order of the locks.
#ifndef UMA_UMA_ZONE_H_
#define UMA_UMA_ZONE_H_

#include "alloc/base/layout.h"
#include "alloc/percpu/percpu.h"
#include "alloc/uma/domain.h"
#include "alloc/uma/keg.h"

namespace uma {

// Where a zone's items come from and go to (uma_import and uma_release of the kernel). `arg` is
// given to both: the keg, for all zones but cache-only ones.
struct Source {
  // Up to `count` items; with `grow` it may make more. Returns how many; 0: no memory.
  unsigned (*import)(void* arg, void** items, unsigned count, bool grow);
  // Items back. `caller` is for messages, where one is found wrong.
  void (*release)(void* arg, void* const* items, unsigned count, const Caller& caller);
  void* arg;
};

struct alignas(kCacheLine) Zone {
  uma_layout_zone pub;
  // Byte offset of the per-CPU entry for the fast path; 0 (a sentinel entry) where every call
  // needs C++: ctor, dtor, items that are searched. The assembly knows where it lies.
  uint16_t fast_offset;
  uint16_t offset;  // byte offset of the entry, 0: the zone has none
  Lock lock{Rank::kZone};
  ZoneDomain domain;
  Source source;
  Keg* keg;        // of the source, or null
  uint32_t rsize;  // bytes that an item counts for
  uma_ctor ctor;
  uma_dtor dtor;
  uma_init zinit;
  uma_fini zfini;
};
static_assert(offsetof(Zone, fast_offset) == UMA_ZONE_FAST_OFFSET);
static_assert(M_ZERO == UMA_M_ZERO);

// Items from the zone's source, after zinit; with `grow` it may make more. Returns how many, up to
// `count`; 0: no memory.
unsigned zone_import(Zone* zone, void** items, unsigned count, bool grow);
// Items back to the source, after zfini, which checks each. `function` names the caller in a
// message.
void zone_release(Zone* zone, void* const* items, unsigned count, const char* function);

// The function that gave a zone what is found wrong with an item when caches are emptied.
inline const char* freed_by(const Zone* zone) {
  return zone->pub.kind == UMA_LAYOUT_KIND_MALLOC ? "free" : "uma_zfree";
}

}  // namespace uma

#endif  // UMA_UMA_ZONE_H_
