// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/bucket.h"

#include "alloc/base/words.h"
#include "alloc/os/meta.h"
#include "alloc/uma/validate.h"

namespace uma {
namespace {

constinit Pool pool{sizeof(Bucket)};

constexpr size_t kBucketBytes = size_t{64} << 10;  // held by any zone before it returns items
constexpr unsigned kBucketShare = 32;              // or this part of what its keg has

void lower(Zone* zone) {
  assert_held(zone->lock);
  store_relaxed(zone->domain.bucket_low, min(zone->domain.bucket_low, zone->pub.bucket_items));
  store_relaxed(zone->domain.trim_low, min(zone->domain.trim_low, zone->pub.bucket_items));
}

// The kernel's estimate: what came and went since the last time, or three quarters of what it was.
void note_working_set(Zone* zone, uint64_t low) {
  assert_held(zone->lock);
  const uint64_t items = zone->pub.bucket_items;
  const uint64_t busy = items - min(items, low);
  store_relaxed(zone->pub.wss, uma_u64{max(busy, zone->pub.wss / 4 * 3)});
}

}  // namespace

// Of large items only buffers, which have no room in caches: the others are looked for in their
// slabs.
uint64_t bucket_limit(const Zone* zone) {
  const uint64_t rsize = zone->rsize;
  uint64_t most;
  if (rsize >= kLargeItem) {
    most = is_buffer(rsize) ? kBufferBytes / rsize : 0;
  } else {
    const uint64_t all = zone->keg ? load_relaxed(zone->keg->pub.slabs) * zone->keg->pub.ipers : 0;
    most = max(uint64_t{kBucketBytes / rsize}, all / kBucketShare);
  }
  return min(most, load_relaxed(zone->bucket_most));
}

unsigned bucket_fetch(Zone* zone, void** items, unsigned count) {
  Guard guard(zone->lock);
  unsigned taken = 0;
  while (taken < count && zone->domain.buckets) {
    Bucket* bucket = zone->domain.buckets;
    const unsigned n = min(count - taken, unsigned(bucket->count));
    bucket->count -= n;
    copy_words(items + taken, bucket->items + bucket->count, n);
    taken += n;
    if (bucket->count) break;
    zone->domain.buckets = bucket->next;
    pool.free(bucket);
  }
  owned_sub(zone->pub.bucket_items, taken);
  lower(zone);
  return taken;
}

unsigned bucket_put(Zone* zone, void* const* items, unsigned count) {
  Guard guard(zone->lock);
  unsigned stored = 0;
  while (stored < count) {
    Bucket* bucket = zone->domain.buckets;
    if (!bucket || bucket->count == kBucketItems) {
      bucket = static_cast<Bucket*>(pool.alloc());
      if (!bucket) break;
      bucket->next = zone->domain.buckets;
      bucket->count = 0;
      zone->domain.buckets = bucket;
    }
    const unsigned n = min(count - stored, unsigned(kBucketItems - bucket->count));
    copy_words(bucket->items + bucket->count, items + stored, n);
    bucket->count += n;
    stored += n;
  }
  owned_add(zone->pub.bucket_items, stored);
  return stored;
}

bool bucket_has(Zone* zone, const void* item) {
  if (!load_relaxed(zone->pub.bucket_items)) return false;
  Guard guard(zone->lock);
  for (const Bucket* bucket = zone->domain.buckets; bucket; bucket = bucket->next)
    for (unsigned i = 0; i < bucket->count; i++)
      if (bucket->items[i] == item) return true;
  return false;
}

void bucket_reclaim(Zone* zone, uint64_t keep) {
  void* items[kBucketItems];
  while (load_relaxed(zone->pub.bucket_items) > keep) {
    const uint64_t excess = load_relaxed(zone->pub.bucket_items) - keep;
    const unsigned n = bucket_fetch(zone, items, unsigned(min(excess, uint64_t{kBucketItems})));
    if (!n) break;
    zone_release(zone, items, n, freed_by(zone));
  }
  Guard guard(zone->lock);
  store_relaxed(zone->domain.bucket_low, zone->pub.bucket_items);
}

void bucket_watch(Zone* zone) {
  Guard guard(zone->lock);
  validate_buckets(zone);
  note_working_set(zone, zone->domain.bucket_low);
  store_relaxed(zone->domain.bucket_low, zone->pub.bucket_items);
}

uint64_t bucket_trim_unused(Zone* zone) {
  Guard guard(zone->lock);
  note_working_set(zone, zone->domain.trim_low);
  return min(zone->pub.bucket_items, zone->domain.trim_low);
}

void bucket_mark_trim(Zone* zone) {
  Guard guard(zone->lock);
  store_relaxed(zone->domain.trim_low, zone->pub.bucket_items);
}

void bucket_set_busy(Zone* zone, uint64_t items) {
  Guard guard(zone->lock);
  store_relaxed(zone->domain.bucket_low,
                zone->pub.bucket_items - min(items, zone->pub.bucket_items));
}

uint64_t bucket_busy(Zone* zone) {
  Guard guard(zone->lock);
  return zone->pub.bucket_items - min(zone->domain.bucket_low, zone->pub.bucket_items);
}

void bucket_pool_locks(LockVisitor visit) { visit(pool.lock()); }

}  // namespace uma
