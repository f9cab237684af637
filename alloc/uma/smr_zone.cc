// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/smr_zone.h"

#include <errno.h>

#include "alloc/os/meta.h"
#include "alloc/uma/bucket.h"
#include "alloc/uma/smr.h"

namespace uma {

// 512 bytes, as a usual bucket.
struct SmrBucket {
  SmrBucket* next;
  uint32_t count;
  bool closed;  // it has its goal, and takes no more items
  uint64_t goal;
  void* items[kBucketItems - 1];
};
static_assert(sizeof(SmrBucket) == 512);

namespace {

constinit Pool pool{sizeof(SmrBucket)};

Zone* zone_of(uma_zone_t handle) { return reinterpret_cast<Zone*>(handle); }

// The last bucket, with room; null: no memory.
SmrBucket* open_bucket(Zone* zone) {
  assert_held(zone->lock);
  SmrWaiting& waiting = zone->waiting;
  SmrBucket* last = waiting.last;
  if (last && !last->closed) return last;
  auto* bucket = static_cast<SmrBucket*>(pool.alloc());
  if (!bucket) return nullptr;
  *bucket = {};
  (last ? last->next : waiting.first) = bucket;
  waiting.last = bucket;
  return bucket;
}

void close(SmrBucket* bucket) {
  bucket->closed = true;
  bucket->goal = smr_advance(nullptr);
}

bool put(Zone* zone, void* item) {
  Guard guard(zone->lock);
  SmrBucket* bucket = open_bucket(zone);
  if (!bucket) return false;
  bucket->items[bucket->count++] = item;
  if (bucket->count == kBucketItems - 1) close(bucket);
  owned_add(zone->pub.bucket_items);
  owned_add(zone->waiting.items);
  return true;
}

// The oldest bucket, if its goal is reached; `all`: closed here where it is open.
SmrBucket* oldest(Zone* zone, bool all, uint64_t* goal) {
  Guard guard(zone->lock);
  SmrBucket* bucket = zone->waiting.first;
  if (!bucket || (!bucket->closed && !all)) return nullptr;
  if (!bucket->closed) close(bucket);
  *goal = bucket->goal;
  return bucket;
}

// False: another thread took it.
bool take(Zone* zone, const SmrBucket* bucket, uint64_t goal) {
  Guard guard(zone->lock);
  SmrWaiting& waiting = zone->waiting;
  if (waiting.first != bucket || bucket->goal != goal) return false;
  waiting.first = bucket->next;
  if (!waiting.first) waiting.last = nullptr;
  owned_sub(zone->pub.bucket_items, bucket->count);
  owned_sub(zone->waiting.items, bucket->count);
  return true;
}

}  // namespace

void smr_zone_free(Zone* zone, void* item) {
  locked_add(zone->pub.ops_started);
  if (!put(zone, item)) {
    // No memory for a bucket: the item goes on when nobody can see it.
    smr_synchronize(nullptr);
    zone_release(zone, &item, 1, "uma_zfree_smr");
  }
  locked_add(zone->pub.slow_frees);
  locked_add(zone->pub.ops_finished);
}

void smr_zone_expire(Zone* zone, bool wait) {
  uint64_t goal;
  while (SmrBucket* bucket = oldest(zone, wait, &goal)) {
    if (!smr_poll(nullptr, goal, wait)) return;
    if (!take(zone, bucket, goal)) continue;
    const unsigned stored = bucket_put(zone, bucket->items, bucket->count);
    if (stored < bucket->count)
      zone_release(zone, bucket->items + stored, bucket->count - stored, "uma_zfree_smr");
    pool.free(bucket);
  }
}

extern "C" {

UMA_EXPORT int uma_zone_set_smr(uma_zone_t handle, smr_t smr) {
  Zone* zone = zone_of(handle);
  if (!zone || !smr) return errno = EINVAL, -1;
  if (zone_out(zone) != 0) return errno = EBUSY, -1;
  zone->smr = smr;
  zone_set_caches(zone);
  return 0;
}

UMA_EXPORT smr_t uma_zone_get_smr(uma_zone_t handle) {
  return handle ? zone_of(handle)->smr : nullptr;
}

UMA_EXPORT void* uma_zalloc_smr(uma_zone_t handle, int flags) {
  return uma_zalloc_arg(handle, nullptr, flags);
}
UMA_EXPORT void uma_zfree_smr(uma_zone_t handle, void* item) {
  uma_zfree_arg(handle, item, nullptr);
}

}  // extern "C"

}  // namespace uma
