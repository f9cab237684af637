// SPDX-License-Identifier: BSD-2-Clause
// What a zone's owner may set after uma_zcreate: limits, what happens at them, callbacks.
#include <errno.h>

#include "alloc/uma/bucket.h"
#include "alloc/uma/cache.h"
#include "alloc/uma/reclaim.h"
#include "alloc/uma/registry.h"
#include "alloc/uma/wait.h"

namespace uma {
namespace {

Zone* zone_of(uma_zone_t handle) { return reinterpret_cast<Zone*>(handle); }

// Calls `change` for every zone that shares this one's limit.
template <typename Change>
void for_each_sharing(Zone* zone, Change change) {
  assert_held(reclaim_lock());
  for (Zone* other = registry_first(); other; other = registry_next(other))
    if (other == zone || (zone->keg && other->keg == zone->keg)) change(other);
}

// Caches that are larger now than they may be are detached, their items go to buckets.
void drop_caches(Zone* zone) {
  const auto drop = [](Cpu* cpu, void* arg) {
    cache_drain(static_cast<Zone*>(arg), cpu);
    cache_drop(static_cast<Zone*>(arg), cpu);
  };
  for (Cpu* cpu = zone->offset ? percpu_first() : nullptr; cpu; cpu = cpu->next)
    percpu_stop(cpu, drop, zone);
}

int fail(int error) {
  errno = error;
  return -1;
}

// Whether a callback of the keg's may still be set.
int busy(const Zone* zone) {
  if (!zone) return EINVAL;
  if (zone->keg ? load_relaxed(zone->keg->pub.slabs) != 0 : load_relaxed(zone->own.out) != 0)
    return EBUSY;
  return 0;
}

}  // namespace

extern "C" {

UMA_EXPORT int uma_zone_set_max(uma_zone_t handle, int nitems) {
  Zone* zone = zone_of(handle);
  if (!zone || nitems < 0) return fail(EINVAL);
  const uint64_t max = uint64_t(nitems);
  // No zone goes away meanwhile.
  const bool nested = reclaim_lock().held_by_me();  // in a fini
  if (!nested) reclaim_lock().lock();
  {
    Guard guard(creation_lock());
    zone_set_limit(zone, max);
    for_each_sharing(zone, [max](Zone* other) {
      store_relaxed(other->pub.limit, uma_u64{max});
      zone_set_caches(other);
      drop_caches(other);
    });
  }
  // What was cached before would be handed out above the limit.
  if (max) for_each_sharing(zone, [](Zone* other) { bucket_reclaim(other, 0); });
  if (!nested) reclaim_lock().unlock();
  return nitems;
}

UMA_EXPORT int uma_zone_get_max(uma_zone_t handle) {
  return handle ? int(load_relaxed(zone_of(handle)->limit->max)) : fail(EINVAL);
}

UMA_EXPORT void uma_zone_set_maxcache(uma_zone_t handle, int nitems) {
  Zone* zone = zone_of(handle);
  if (!zone || nitems < 0) return void(fail(EINVAL));
  Guard guard(creation_lock());
  zone->cache_most = uint64_t(nitems);
  zone->cache_most_set = true;
  zone_set_caches(zone);
  drop_caches(zone);
}

UMA_EXPORT int uma_zone_exhausted(uma_zone_t handle) {
  const Zone* zone = zone_of(handle);
  return zone && is_limited(zone) && (wants_back(zone) || limit_reached(zone));
}

UMA_EXPORT int uma_zone_exhausted_nolock(uma_zone_t handle) { return uma_zone_exhausted(handle); }

UMA_EXPORT void uma_zwait(uma_zone_t handle) {
  if (handle) wait_for_room(zone_of(handle));
}

UMA_EXPORT void uma_zone_set_warning(uma_zone_t handle, const char* warning) {
  if (!handle) return void(fail(EINVAL));
  store_release(zone_of(handle)->at_limit.warning, warning);
}

UMA_EXPORT void uma_zone_set_maxaction(uma_zone_t handle, uma_maxaction_t action) {
  if (!handle) return void(fail(EINVAL));
  store_release(zone_of(handle)->at_limit.action, action);
}

UMA_EXPORT int uma_zone_set_init(uma_zone_t handle, uma_init init) {
  Zone* zone = zone_of(handle);
  if (const int error = zone && !zone->keg ? EINVAL : busy(zone)) return fail(error);
  zone->keg->init = init;
  return 0;
}

UMA_EXPORT int uma_zone_set_fini(uma_zone_t handle, uma_fini fini) {
  Zone* zone = zone_of(handle);
  if (const int error = zone && !zone->keg ? EINVAL : busy(zone)) return fail(error);
  zone->keg->fini = fini;
  return 0;
}

UMA_EXPORT int uma_zone_set_zinit(uma_zone_t handle, uma_init zinit) {
  Zone* zone = zone_of(handle);
  if (const int error = busy(zone)) return fail(error);
  zone->zinit = zinit;
  return 0;
}

UMA_EXPORT int uma_zone_set_zfini(uma_zone_t handle, uma_fini zfini) {
  Zone* zone = zone_of(handle);
  if (const int error = busy(zone)) return fail(error);
  zone->zfini = zfini;
  return 0;
}

UMA_EXPORT void uma_zone_reserve(uma_zone_t handle, int nitems) {
  Zone* zone = zone_of(handle);
  if (!zone || !zone->keg || nitems < 0) return void(fail(EINVAL));
  Guard guard(zone->keg->lock);
  zone->keg->reserve = uint64_t(nitems);
}

UMA_EXPORT size_t uma_zone_memory(uma_zone_t handle) {
  const Zone* zone = zone_of(handle);
  if (!zone || !zone->keg) return 0;
  return load_relaxed(zone->keg->pub.slabs) * zone->keg->pub.slab_bytes;
}

}  // extern "C"

}  // namespace uma
