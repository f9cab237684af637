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

struct uma_smr;

namespace uma {

// Where a zone's items come from and go to (uma_import and uma_release of the kernel). `arg` is
// given to both: the keg, for all zones but cache-only ones.
struct Source {
  // Up to `count` items, as `how` (limit.h) says. Returns how many; 0: no memory, or the limit is
  // reached.
  unsigned (*import)(void* arg, void** items, unsigned count, unsigned how);
  // Items back. `caller` is for messages, where one is found wrong.
  void (*release)(void* arg, void* const* items, unsigned count, const Caller& caller);
  void* arg;
};

// What the owner of a cache-only zone gave: its items may be anything but null, below 2^63.
struct OwnSource {
  uma_import import;
  uma_release release;
  void* arg;
  uint64_t out;  // items imported and not released; the zone's lock covers it
  Limit limit;   // so it does this
};

// What happens when an allocation finds the limit reached.
struct AtLimit {
  const char* warning;
  uma_maxaction_t action;
  uint64_t warned_at;  // ns
  bool acting;         // a thread runs the action
};

struct SmrBucket;

// Freed items that readers may see still (smr_zone.h), oldest first. The zone's lock covers it.
struct SmrWaiting {
  SmrBucket* first;
  SmrBucket* last;
  uint64_t items;
};

inline constexpr uint64_t kNoCacheLimit = ~uint64_t{0};

struct alignas(kCacheLine) Zone {
  uma_layout_zone pub;
  uint32_t slow_flags;  // of uma_zalloc, for which the assembly does not try the cache
  // Byte offset of the per-CPU entry for the fast path; 0 (a sentinel entry) where every call
  // needs C++: ctor, dtor, items that are searched. The assembly knows where it lies.
  uint16_t fast_offset;
  uint16_t offset;  // byte offset of the entry, 0: the zone has none
  // What is freed does not simply go into this CPU's cache: a limit, no cache, or a search first.
  bool special;
  // No caches: every item goes by way of the buckets. So for limits that caches would swallow.
  bool bypass;
  bool cache_most_set;  // by uma_zone_set_maxcache; else the limit decides
  uint16_t cap_most;    // items in one cache, at most
  Lock lock{Rank::kZone};
  ZoneDomain domain;
  Source source;
  Keg* keg;              // of the source, or null
  uint32_t rsize;        // bytes that an item counts for
  uint64_t cache_most;   // items in caches and buckets, if set
  uint64_t bucket_most;  // items in buckets, at most
  Limit* limit;          // of the source; shared by the zones of a keg
  AtLimit at_limit;
  OwnSource own;
  uma_smr* smr;  // null: items may be used again at once
  SmrWaiting waiting;
  uma_ctor ctor;
  uma_dtor dtor;
  uma_init zinit;
  uma_fini zfini;
};
static_assert(offsetof(Zone, slow_flags) == UMA_ZONE_SLOW_FLAGS);
static_assert(offsetof(Zone, fast_offset) == UMA_ZONE_FAST_OFFSET);

// Items from the zone's source, after zinit, as `how` (limit.h) says. Returns how many, up to
// `count`; 0: no memory, or the limit is reached.
unsigned zone_import(Zone* zone, void** items, unsigned count, unsigned how);
// The item that was granted to the caller; null: no memory, the grant is given up.
void* zone_import_granted(Zone* zone, unsigned how);
void zone_give_up_grant(Zone* zone);
// Sets what caches and buckets may hold, and by which way items come and go, from the zone's limit,
// callbacks and cache_most.
void zone_set_caches(Zone* zone);
// Sets the limit of the zone's source, 0: none. Who waits and has room now is woken.
void zone_set_limit(Zone* zone, uint64_t max);
// Items back to the source, after zfini, which checks each. `function` names the caller in a
// message.
void zone_release(Zone* zone, void* const* items, unsigned count, const char* function);

// The source of cache-only zones: `zone->own` behind its limit.
unsigned own_import(void* zone, void** items, unsigned count, unsigned how);
void own_release(void* zone, void* const* items, unsigned count, const Caller& caller);

// What the limit counts, and the lock that covers it.
inline uint64_t zone_out(const Zone* zone) {
  return zone->keg ? keg_out(zone->keg) : load_relaxed(zone->own.out);
}
inline Lock& limit_lock(Zone* zone) { return zone->keg ? zone->keg->lock : zone->lock; }
inline bool is_limited(const Zone* zone) { return load_relaxed(zone->limit->max) != 0; }
inline bool limit_reached(const Zone* zone) {
  return limit_room(*zone->limit, zone_out(zone)) == 0;
}
// None of the source's items may be cached: somebody waits for one, or there are too many.
inline bool wants_back(const Zone* zone) { return limit_wants_back(*zone->limit); }

// The function that gave a zone what is found wrong with an item when caches are emptied.
inline const char* freed_by(const Zone* zone) {
  return zone->pub.kind == UMA_LAYOUT_KIND_MALLOC ? "free" : "uma_zfree";
}

}  // namespace uma

#endif  // UMA_UMA_ZONE_H_
