// SPDX-License-Identifier: BSD-2-Clause
// Zones: per-CPU caches over buckets over a keg.
//
//   uma_zalloc   1. the top item of this CPU's array (alloc/percpu)
//                2. empty: a batch from the zone's buckets
//                3. none: a batch from the keg's slabs
//                4. none: a new slab from the page layer
//   uma_zfree    1. onto this CPU's array
//                2. full: its top half into a bucket of the zone
//                3. the zone holds enough: back to the slabs
//
// zone->lock covers the buckets; all counters are read without it. Rank in alloc/base/lock.h has
// the order of the locks.
#ifndef UMA_UMA_ZONE_H_
#define UMA_UMA_ZONE_H_

#include "alloc/base/layout.h"
#include "alloc/uma/keg.h"

namespace uma {

// 512 bytes of item pointers.
struct Bucket {
  Bucket* next;
  uint64_t count;
  void* items[kBucketItems];
};
static_assert(sizeof(Bucket) == 512);

struct alignas(kCacheLine) Zone {
  uma_layout_zone pub;
  // Byte offset of the per-CPU entry for the fast path; 0 (a sentinel entry) where every call
  // needs C++: ctor, dtor, items that are searched. The assembly knows where it lies.
  uint16_t fast_offset;
  uint16_t offset;  // byte offset of the entry, 0: the zone has none
  Lock lock{Rank::kZone};
  Keg* keg;
  Bucket* buckets;      // the first may be partly filled
  uint64_t bucket_low;  // fewest bucket items since zone_watch
  uint64_t trim_low;    // and since the program's last trim
  uma_ctor ctor;
  uma_dtor dtor;
  uma_init zinit;
  uma_fini zfini;
};
static_assert(offsetof(Zone, fast_offset) == 192);

// Brings the allocator up; any thread, any time, cheap once up. False: no memory (try again later).
bool uma_boot();

// What a zone's owner wants called; any of them may be null.
struct ZoneFunctions {
  uma_ctor ctor;
  uma_dtor dtor;
  uma_init zinit;
  uma_fini zfini;
};
// Makes a zone on `keg`, which is complete as well. `index`: its per-CPU entry, 0 none. From here
// on other threads walk over both: nothing that they read may be set later.
Zone* zone_create(const char* name, uint32_t kind, unsigned index, Keg* keg,
                  const ZoneFunctions& functions);
Keg* keg_create(size_t size, size_t align, uint16_t map_offset);
void keg_discard(Keg* keg);  // one that got no zone
// The zone of a per-CPU entry or null; any index below kEntryMax.
Zone* zone_of_entry(unsigned index);
void zone_set_entry(unsigned index, Zone* zone);

// The slow paths of pop and push. zone_alloc_miss: null when there is no memory.
void* zone_alloc_miss(Zone* zone);
void zone_free_miss(Zone* zone, void* item, const char* function);
// Frees an item of a searched size: into the array, unless it is there or in its slab already.
void zone_free_searched(Zone* zone, void* item, const char* function);
// The same without per-CPU sections: for restarted threads and those without a CPU.
void* zone_alloc_locked(Zone* zone);
void zone_free_locked(Zone* zone, void* item, const char* function);
// One item straight from the keg, and whether it reads as zero.
void* zone_alloc_zeroed(Zone* zone, bool* zeroed);

// What the buckets of all zones are made from, for fork.
class Pool;
Pool* bucket_pool();

// Buckets. fetch: up to count items from buckets, then slabs, with `grow` from a new slab if there
// is none; 0: no memory. store: into buckets, or back to the slabs.
unsigned zone_fetch(Zone* zone, void** items, unsigned count, bool grow);
void zone_store(Zone* zone, void* const* items, unsigned count, const char* function);
// The same for one item, a whole bucket at a time going back to the slabs.
void zone_store_one(Zone* zone, void* item, const char* function);
// Into buckets whatever the limit, without calling anything of the zone's owner; returns how many.
unsigned zone_stash(Zone* zone, void* const* items, unsigned count);
// Back to the slabs at once.
void zone_return(Zone* zone, void* const* items, unsigned count, const char* function);
// Whether a bucket holds the item.
bool zone_has_in_buckets(Zone* zone, const void* item);
// Empties the buckets down to `keep` items.
void zone_trim_buckets(Zone* zone, uint64_t keep);
// For UMA_RECLAIM_TRIM: what is in the buckets from now on all the time is not in use. Apart from
// what follows, which is the helper's and would hide it.
void zone_mark_trim(Zone* zone);
// Items in buckets that came and went since zone_watch: the rest was idle all the time.
void zone_watch(Zone* zone);
uint64_t zone_busy(Zone* zone);
void zone_set_busy(Zone* zone, uint64_t items);

// An array of this CPU's entry is emptied into the zone's buckets; exclusive access
// (percpu_stop).
void zone_drain_entry(Zone* zone, Cpu* cpu);
// Empties the arrays of every CPU that can be stopped, for one zone or (null) all.
void drain_cpus(Zone* only);
// Detaches arrays of this CPU that were idle since array_watch, from entry `first` on, a limited
// number of items at a time. Returns the entry to go on with, 0: done. Reclaim lock held.
unsigned detach_idle(Cpu* cpu, unsigned first);
void zone_reclaim(Zone* zone, int request);
// All zones. The reclaim lock is held by the caller.
void reclaim_all(int request);

// Held while caches are given back, and by uma_zdestroy: no zone goes away meanwhile. First of all
// locks; fini and zfini run under it, so they may allocate and free but not reclaim or destroy.
Lock& reclaim_lock();
// Making and destroying zones, one at a time.
Lock& creation_lock();
// Registry: all zones in the order they were made.
Lock& registry_lock();
Zone* registry_first();
Zone* registry_next(Zone* zone);
void registry_remove(Zone* zone);

// The function that gave a zone what is found wrong with an item when caches are emptied.
inline const char* freed_by(const Zone* zone) {
  return zone->pub.kind == UMA_LAYOUT_KIND_MALLOC ? "free" : "uma_zfree";
}

// The counters of a zone, summed over all CPUs.
void zone_stat(const Zone* zone, uma_zone_stats* stats);

// Fork, in rank order: prepare, then the locks of the floor above, then the metadata locks.
void uma_fork_prepare();
void uma_fork_prepare_memory();
void uma_fork_parent();
void uma_fork_child();

}  // namespace uma

#endif  // UMA_UMA_ZONE_H_
