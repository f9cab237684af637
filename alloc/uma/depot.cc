// SPDX-License-Identifier: BSD-2-Clause
// The buckets of a zone, between its per-CPU arrays and its keg.
#include "alloc/base/words.h"
#include "alloc/os/meta.h"
#include "alloc/uma/zone.h"

namespace uma {

namespace {
constinit Pool pool{sizeof(Bucket)};
}
Pool* bucket_pool() { return &pool; }

namespace {

constexpr size_t kDepotBytes = size_t{64} << 10;  // held by any zone before it returns items
constexpr unsigned kDepotShare = 32;              // or this part of what its keg has

// How many items the buckets may hold. Of large ones only buffers, which have no room in arrays:
// the others are looked for in their slabs.
uint64_t depot_limit(const Zone* zone) {
  const uint64_t rsize = zone->keg->pub.rsize;
  if (rsize >= kLargeItem) return is_buffer(rsize) ? kBufferDepot / rsize : 0;
  const uint64_t keg_items = peek(zone->keg->pub.slabs) * zone->keg->pub.ipers;
  return max(uint64_t{kDepotBytes / rsize}, keg_items / kDepotShare);
}

void lower(Zone* zone) {
  store(zone->bucket_low, min(zone->bucket_low, zone->pub.bucket_items));
  store(zone->trim_low, min(zone->trim_low, zone->pub.bucket_items));
}

unsigned fetch_buckets(Zone* zone, void** items, unsigned count) {
  Guard guard(zone->lock);
  unsigned taken = 0;
  while (taken < count && zone->buckets) {
    Bucket* bucket = zone->buckets;
    const unsigned n = min(count - taken, unsigned(bucket->count));
    bucket->count -= n;
    copy_words(items + taken, bucket->items + bucket->count, n);
    taken += n;
    if (bucket->count) break;
    zone->buckets = bucket->next;
    pool.free(bucket);
  }
  sub(zone->pub.bucket_items, taken);
  lower(zone);
  return taken;
}

// zinit on items fresh from the keg; those refused go back. Returns how many are left.
unsigned enter_zone(Zone* zone, void** items, unsigned count) {
  unsigned good = 0;
  while (good < count && zone->zinit(items[good], int(zone->pub.size), 0) == 0) good++;
  if (good < count) keg_give(zone->keg, items + good, count - good, "uma_zalloc", zone->pub.name);
  return good;
}

}  // namespace

unsigned zone_fetch(Zone* zone, void** items, unsigned count, bool grow) {
  if (peek(zone->pub.bucket_items)) {
    const unsigned got = fetch_buckets(zone, items, count);
    if (got) return got;
  }
  const unsigned got = keg_take(zone->keg, items, count, grow);
  return zone->zinit && got ? enter_zone(zone, items, got) : got;
}

void zone_return(Zone* zone, void* const* items, unsigned count, const char* function) {
  if (zone->zfini)
    for (unsigned i = 0; i < count; i++) zone->zfini(items[i], int(zone->pub.size));
  keg_give(zone->keg, items, count, function, zone->pub.name);
}

unsigned zone_stash(Zone* zone, void* const* items, unsigned count) {
  Guard guard(zone->lock);
  unsigned stored = 0;
  while (stored < count) {
    Bucket* bucket = zone->buckets;
    if (!bucket || bucket->count == kBucketItems) {
      bucket = static_cast<Bucket*>(pool.alloc());
      if (!bucket) break;
      bucket->next = zone->buckets;
      bucket->count = 0;
      zone->buckets = bucket;
    }
    const unsigned n = min(count - stored, unsigned(kBucketItems - bucket->count));
    copy_words(bucket->items + bucket->count, items + stored, n);
    bucket->count += n;
    stored += n;
  }
  add(zone->pub.bucket_items, stored);
  return stored;
}

void zone_store(Zone* zone, void* const* items, unsigned count, const char* function) {
  unsigned stored = 0;
  if (peek(zone->pub.bucket_items) + count <= depot_limit(zone))
    stored = zone_stash(zone, items, count);
  if (stored < count) zone_return(zone, items + stored, count - stored, function);
}

void zone_store_one(Zone* zone, void* item, const char* function) {
  if (zone->keg->pub.rsize >= kLargeItem) return zone_store(zone, &item, 1, function);
  if (!zone_stash(zone, &item, 1)) return zone_return(zone, &item, 1, function);
  if (peek(zone->pub.bucket_items) < depot_limit(zone) + kBucketItems) return;
  void* items[kBucketItems];
  zone_return(zone, items, fetch_buckets(zone, items, kBucketItems), function);
}

bool zone_has_in_buckets(Zone* zone, const void* item) {
  if (!peek(zone->pub.bucket_items)) return false;
  Guard guard(zone->lock);
  for (const Bucket* bucket = zone->buckets; bucket; bucket = bucket->next)
    for (unsigned i = 0; i < bucket->count; i++)
      if (bucket->items[i] == item) return true;
  return false;
}

void zone_trim_buckets(Zone* zone, uint64_t keep) {
  void* items[kBucketItems];
  while (peek(zone->pub.bucket_items) > keep) {
    const uint64_t excess = peek(zone->pub.bucket_items) - keep;
    const unsigned n = fetch_buckets(zone, items, unsigned(min(excess, uint64_t{kBucketItems})));
    if (!n) break;
    zone_return(zone, items, n, freed_by(zone));
  }
  zone_watch(zone);
}

void zone_watch(Zone* zone) {
  Guard guard(zone->lock);
  store(zone->bucket_low, zone->pub.bucket_items);
}

void zone_mark_trim(Zone* zone) {
  Guard guard(zone->lock);
  store(zone->trim_low, zone->pub.bucket_items);
}

void zone_set_busy(Zone* zone, uint64_t items) {
  Guard guard(zone->lock);
  store(zone->bucket_low, zone->pub.bucket_items - min(items, zone->pub.bucket_items));
}

uint64_t zone_busy(Zone* zone) {
  Guard guard(zone->lock);
  return zone->pub.bucket_items - min(zone->bucket_low, zone->pub.bucket_items);
}

}  // namespace uma
