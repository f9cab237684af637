// SPDX-License-Identifier: BSD-2-Clause
// The public zone API: what uma.h promises, on zones and kegs.
#include <errno.h>
#include <string.h>

#include "alloc/base/log.h"
#include "alloc/base/report.h"
#include "alloc/uma/background.h"
#include "alloc/uma/boot.h"
#include "alloc/uma/bucket.h"
#include "alloc/uma/cache.h"
#include "alloc/uma/fork.h"
#include "alloc/uma/miss.h"
#include "alloc/uma/reclaim.h"
#include "alloc/uma/registry.h"
#include "alloc/uma/stat.h"

namespace uma {

namespace {

Zone* zone_of(uma_zone_t handle) { return reinterpret_cast<Zone*>(handle); }
uma_zone_t handle_of(Zone* zone) { return reinterpret_cast<uma_zone_t>(zone); }

// An unused per-CPU entry, made usable everywhere; 0: none left, the zone works without caches.
unsigned take_entry() {
  for (unsigned index = kBootEntries; index < kEntryMax; index++)
    if (!zone_of_entry(index)) return percpu_add_entry(index) ? index : 0;
  return 0;
}

// A zone with an entry of its own, or null with errno.
Zone* make_zone(const char* name, const ZoneItems& items, const ZoneFunctions& functions) {
  Zone* zone = zone_create(name, UMA_LAYOUT_KIND_ZONE, take_entry(), items, functions);
  if (!zone) errno = ENOMEM;
  return zone;
}

void* construct(Zone* zone, void* item, void* arg, int flags) {
  assert_may_call_owner();
  if (flags & M_ZERO) memset(item, 0, zone->pub.size);
  if (!zone->ctor || zone->ctor(item, int(zone->pub.size), arg, flags) == 0) return item;
  // As in the kernel: no dtor, but the item leaves the zone; it counts as a failed allocation.
  locked_add(zone->pub.slow_frees);
  locked_add(zone->pub.fails);
  zone_release(zone, &item, 1, "uma_zalloc");
  return nullptr;
}

void destruct(const Zone* zone, void* item, void* arg) {
  assert_may_call_owner();
  if (zone->dtor) zone->dtor(item, int(zone->pub.size), arg);
}

}  // namespace

extern "C" {

UMA_EXPORT uma_zone_t uma_zcreate(const char* name, size_t size, uma_ctor ctor, uma_dtor dtor,
                                  uma_init init, uma_fini fini, int align, uint32_t flags) {
  const bool bad_align = align < 0 || align >= int(kPage) || !is_power_of_two(size_t(align) + 1);
  if (!name || size == 0 || size > kClassMax || bad_align ||
      (flags & ~uint32_t{UMA_ZONE_ZINIT | UMA_ZONE_NOFREE})) {
    errno = EINVAL;
    return nullptr;
  }
  if (!boot()) {
    errno = ENOMEM;
    return nullptr;
  }
  fork_hook();
  Guard guard(creation_lock());
  Keg* keg = keg_create(size, size_t(align), uint16_t(offset_of_entry(kEntryUma)));
  if (!keg) {
    errno = ENOMEM;
    return nullptr;
  }
  keg->init = init;
  keg->fini = fini;
  keg->flags = flags;
  Zone* zone = make_zone(name, items_of(keg), {ctor, dtor, nullptr, nullptr});
  if (!zone) keg_discard(keg);
  return handle_of(zone);
}

UMA_EXPORT uma_zone_t uma_zsecond_create(const char* name, uma_ctor ctor, uma_dtor dtor,
                                         uma_init zinit, uma_fini zfini, uma_zone_t primary) {
  if (!name || !primary) {
    errno = EINVAL;
    return nullptr;
  }
  Guard guard(creation_lock());
  Keg* keg = zone_of(primary)->keg;
  return handle_of(make_zone(name, items_of(keg), {ctor, dtor, zinit, zfini}));
}

UMA_EXPORT void uma_zdestroy(uma_zone_t handle) {
  if (!handle) return;
  Zone* zone = zone_of(handle);
  Guard reclaim(reclaim_lock());
  uma_zone_stats stats;
  zone_stat(zone, &stats);
  // Nobody uses the zone any more, so its entries may be emptied without stopping anyone.
  for (Cpu* cpu = zone->offset ? percpu_first() : nullptr; cpu; cpu = cpu->next) {
    Guard cpu_guard(cpu->lock);
    cache_drain(zone, cpu);
    cache_reset(zone, cpu);
  }
  bucket_reclaim(zone, 0);
  if (Keg* keg = zone->keg) {
    if (load_relaxed(keg->zones) == 1) keg->flags &= ~uint32_t{UMA_ZONE_NOFREE};
    keg_trim(keg);
  }
  if (stats.used) {
    Line line;
    line.text("uma: zone ").text(zone->pub.name).text(" destroyed with ").number(stats.used);
    line.text(" items in use").write_stderr();
  }
  Guard creation(creation_lock());
  Guard registry(registry_lock());
  zone_remove(zone);
}

void* uma_zalloc_miss(uma_zone_t handle, void* arg, int flags) {
  Zone* zone = zone_of(handle);
  void* item = zone->offset ? uma_percpu_pop(zone->offset) : nullptr;
  if (!item) item = zone_alloc_miss(zone);
  background_poll(__builtin_return_address(0));
  if (!item) {
    errno = ENOMEM;
    return nullptr;
  }
  return construct(zone, item, arg, flags);
}

void* uma_zalloc_locked(uma_zone_t handle, void* arg, int flags) {
  Zone* zone = zone_of(handle);
  void* item = zone_alloc_locked(zone);
  if (!item) {
    errno = ENOMEM;
    return nullptr;
  }
  return construct(zone, item, arg, flags);
}

void uma_zfree_miss(uma_zone_t handle, void* item, void* arg) {
  if (!item) return;
  Zone* zone = zone_of(handle);
  destruct(zone, item, arg);
  if (zone->offset && is_searched(zone->rsize)) return zone_free_searched(zone, item, "uma_zfree");
  const int pushed = zone->offset ? uma_percpu_push(item, zone->offset) : 1;
  if (pushed == 0) return;
  if (pushed == 2) report::double_free("uma_zfree", addr(item), zone->pub.name);
  zone_free_miss(zone, item, "uma_zfree");
  background_poll(__builtin_return_address(0));
}

void uma_zfree_locked(uma_zone_t handle, void* item, void* arg) {
  Zone* zone = zone_of(handle);
  destruct(zone, item, arg);
  zone_free_locked(zone, item, "uma_zfree");
}

UMA_EXPORT void uma_prealloc(uma_zone_t handle, int items) {
  if (items > 0) keg_reserve(zone_of(handle)->keg, unsigned(items));
}

}  // extern "C"

}  // namespace uma
