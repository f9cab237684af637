// SPDX-License-Identifier: BSD-2-Clause
// The buckets of a zone, between its per-CPU caches and its source. zone->lock is taken inside.
#ifndef UMA_UMA_BUCKET_H_
#define UMA_UMA_BUCKET_H_

#include "alloc/uma/zone.h"

namespace uma {

// 512 bytes of item pointers.
struct Bucket {
  Bucket* next;
  uint64_t count;
  void* items[kBucketItems];
};
static_assert(sizeof(Bucket) == 512);

// How many items the buckets may hold before they go back to the source.
uint64_t bucket_limit(const Zone* zone);
// Up to `count` items out of buckets; returns how many.
unsigned bucket_fetch(Zone* zone, void** items, unsigned count);
// Items into buckets whatever the limit, without calling anything of the zone's owner; returns how
// many: fewer where there is no memory.
unsigned bucket_put(Zone* zone, void* const* items, unsigned count);
// Whether a bucket holds the item.
bool bucket_has(Zone* zone, const void* item);
// Empties the buckets down to `keep` items, which go to the source.
void bucket_reclaim(Zone* zone, uint64_t keep);

// Items that came and went since bucket_watch: the rest was idle all the time. The helper's.
void bucket_watch(Zone* zone);
uint64_t bucket_busy(Zone* zone);
void bucket_set_busy(Zone* zone, uint64_t items);
// The same for UMA_RECLAIM_TRIM by the program, which the helper's marks would hide: the fewest
// items since bucket_mark_trim are not in use.
uint64_t bucket_trim_unused(Zone* zone);
void bucket_mark_trim(Zone* zone);

// Visits the lock of the pool that buckets are made from, for fork.
void bucket_pool_locks(LockVisitor visit);

}  // namespace uma

#endif  // UMA_UMA_BUCKET_H_
