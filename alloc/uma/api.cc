// SPDX-License-Identifier: BSD-2-Clause
// The public zone API: what uma.h promises, on zones and kegs.
#include <errno.h>
#include <string.h>

#include "alloc/base/log.h"
#include "alloc/base/report.h"
#include "alloc/uma/background.h"
#include "alloc/uma/boot.h"
#include "alloc/uma/bucket.h"
#include "alloc/uma/bypass.h"
#include "alloc/uma/cache.h"
#include "alloc/uma/dbg.h"
#include "alloc/uma/fork.h"
#include "alloc/uma/miss.h"
#include "alloc/uma/reclaim.h"
#include "alloc/uma/registry.h"
#include "alloc/uma/smr.h"
#include "alloc/uma/smr_zone.h"
#include "alloc/uma/stat.h"
#include "alloc/uma/wait.h"

namespace uma {

namespace {

Zone* zone_of(uma_zone_t handle) { return reinterpret_cast<Zone*>(handle); }
uma_zone_t handle_of(Zone* zone) { return reinterpret_cast<uma_zone_t>(zone); }

bool is_align(int align) {
  return align >= 0 && align < int(kPage) && is_power_of_two(size_t(align) + 1);
}

constexpr uint32_t kZoneFlags =
    UMA_ZONE_UNMANAGED | UMA_ZONE_ZINIT | UMA_ZONE_CONTIG | UMA_ZONE_NOTOUCH | UMA_ZONE_MALLOC |
    UMA_ZONE_NOFREE | UMA_ZONE_MTXCLASS | UMA_ZONE_VM | UMA_ZONE_NOTPAGE | UMA_ZONE_NOBUCKET |
    UMA_ZONE_MAXBUCKET | UMA_ZONE_CACHESPREAD | UMA_ZONE_NODUMP | UMA_ZONE_PCPU |
    UMA_ZONE_FIRSTTOUCH | UMA_ZONE_ROUNDROBIN | UMA_ZONE_SMR | UMA_ZONE_NOKASAN | UMA_ZONE_REFCNT |
    UMA_ZONE_OFFPAGE | UMA_ZONE_HASH;

// A slot of an item for each CPU lies in a page, and the pages of all CPUs in a span.
bool is_pcpu_size(size_t size, size_t align, uint32_t flags) {
  return !(flags & UMA_ZONE_PCPU) ||
         (round_up(size, align + 1) <= kPage && (percpu_limit() + 1) * kPage <= kSpan);
}

constinit int cache_align = int(kCacheLine) - 1;

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

[[gnu::noinline]] void clear(const Zone* zone, void* item) {
  if (!zone->pub.size) return;  // no memory
  unsigned slots = zone->keg && (zone->keg->flags & UMA_ZONE_PCPU) ? percpu_limit() + 1 : 1;
  for (char* slot = static_cast<char*>(item); slots--; slot += kPage)
    memset(slot, 0, zone->pub.size);
}

// As in the kernel: no dtor, but the item leaves the zone; it counts as a failed allocation.
[[gnu::noinline, gnu::cold]] void* refused(Zone* zone, void* item) {
  locked_add(zone->pub.slow_frees);
  locked_add(zone->pub.fails);
  zone_release(zone, &item, 1, "uma_zalloc");
  return nullptr;
}

inline void* construct(Zone* zone, void* item, void* arg, int flags) {
  assert_may_call_owner();
  if (unlikely(flags & M_ZERO)) clear(zone, item);
  if (!zone->ctor || likely(zone->ctor(item, int(zone->pub.size), arg, flags) == 0)) return item;
  return refused(zone, item);
}

void destruct(const Zone* zone, void* item, void* arg) {
  assert_may_call_owner();
  if (zone->dtor) zone->dtor(item, int(zone->pub.size), arg);
}

// The cache was empty, or is not used.
[[gnu::noinline]] void* alloc_slow(Zone* zone, void* arg, int flags, bool locked,
                                   const void* caller) {
  if (unlikely(checks_items()) && (flags & M_WAITOK)) dbg_may_sleep(zone, caller);
  if (unlikely(zone->smr != nullptr)) smr_zone_expire(zone, false);
  void* item = zone_alloc_try(zone, how_of(flags), locked);
  if (!item) item = zone_alloc_again(zone, flags);
  zone_yield_cached(zone);
  if (caller) background_poll(caller);
  if (item) return construct(zone, item, arg, flags);
  locked_add(zone->pub.fails);
  errno = ENOMEM;
  return nullptr;
}

[[gnu::noinline]] void free_slow(Zone* zone, void* item, const void* caller) {
  zone_free_miss(zone, item, "uma_zfree");
  zone_yield_cached(zone);
  background_poll(caller);
}

// Into this CPU's cache.
inline void free_cached(Zone* zone, void* item, const void* caller) {
  const int pushed = uma_percpu_push(item, zone->offset);
  if (unlikely(pushed == 2)) report::double_free("uma_zfree", addr(item), zone->pub.name);
  if (unlikely(pushed)) free_slow(zone, item, caller);
}

// Past it, after a search, or with a look at who waits.
[[gnu::noinline]] void free_specially(Zone* zone, void* item, void* arg, const void* caller) {
  if (checks_items()) dbg_check(zone, item, "uma_zfree");
  destruct(zone, item, arg);
  if (zone->smr) return smr_zone_free(zone, item);
  if (wants_back(zone)) return zone_free_to_source(zone, item, "uma_zfree");
  if (bypasses_cache(zone)) return free_slow(zone, item, caller);
  if (zone->keg && is_searched(zone->rsize))
    zone_free_searched(zone, item, "uma_zfree");
  else
    free_cached(zone, item, caller);
  // Who waits since then may not have seen the item.
  zone_yield_cached(zone);
}

}  // namespace

extern "C" {

UMA_EXPORT void uma_set_align(int align) {
  if (is_align(align)) store_relaxed(cache_align, align);
}
UMA_EXPORT int uma_get_cache_align_mask() { return load_relaxed(cache_align); }

UMA_EXPORT uma_zone_t uma_zcreate(const char* name, size_t size, uma_ctor ctor, uma_dtor dtor,
                                  uma_init init, uma_fini fini, int align, uint32_t flags) {
  if (!boot()) {
    errno = ENOMEM;
    return nullptr;
  }
  if (align == UMA_ALIGN_CACHE) align = load_relaxed(cache_align);
  if (!name || size == 0 || size > kClassMax || !is_align(align) || (flags & ~kZoneFlags) ||
      !is_pcpu_size(size, size_t(align), flags)) {
    errno = EINVAL;
    return nullptr;
  }
  fork_hook();
  Guard guard(creation_lock());
  Keg* keg = keg_create(size, size_t(align), uint16_t(offset_of_entry(kEntryUma)), flags);
  if (!keg) {
    errno = ENOMEM;
    return nullptr;
  }
  keg->init = init;
  keg->fini = fini;
  Zone* zone = make_zone(name, items_of(keg), {ctor, dtor, nullptr, nullptr});
  if (!zone) {
    keg_discard(keg);
  } else if (flags & UMA_ZONE_SMR) {
    static constinit uint64_t common = 0;  // an smr_t has no state
    uma_zone_set_smr(handle_of(zone), reinterpret_cast<smr_t>(&common));
  }
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
  if (!keg) {
    errno = EINVAL;
    return nullptr;
  }
  return handle_of(make_zone(name, items_of(keg), {ctor, dtor, zinit, zfini}));
}

UMA_EXPORT uma_zone_t uma_zcache_create(const char* name, int size, uma_ctor ctor, uma_dtor dtor,
                                        uma_init zinit, uma_fini zfini, uma_import import,
                                        uma_release release, void* arg, int flags) {
  if (!name || size < 0 || !import || !release || flags) {
    errno = EINVAL;
    return nullptr;
  }
  if (!boot()) {
    errno = ENOMEM;
    return nullptr;
  }
  fork_hook();
  Guard guard(creation_lock());
  const OwnSource own = {.import = import, .release = release, .arg = arg, .out = 0, .limit = {}};
  return handle_of(make_zone(name, items_of(own, uint32_t(size)), {ctor, dtor, zinit, zfini}));
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
  if (zone->smr) smr_zone_expire(zone, true);
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
  if (!handle) return errno = EINVAL, nullptr;
  Zone* zone = zone_of(handle);
  void* item = zone->offset && likely(!zone->bypass) ? uma_percpu_pop(zone->offset) : nullptr;
  if (likely(item != nullptr)) return construct(zone, item, arg, flags);
  return alloc_slow(zone, arg, flags, false, __builtin_return_address(0));
}

void* uma_zalloc_locked(uma_zone_t handle, void* arg, int flags) {
  return alloc_slow(zone_of(handle), arg, flags, true, nullptr);
}

void uma_zfree_miss(uma_zone_t handle, void* item, void* arg) {
  if (!handle) return void(errno = EINVAL);
  Zone* zone = zone_of(handle);
  const void* caller = __builtin_return_address(0);
  if (unlikely(load_relaxed(zone->special))) return free_specially(zone, item, arg, caller);
  destruct(zone, item, arg);
  free_cached(zone, item, caller);
}

void uma_zfree_locked(uma_zone_t handle, void* item, void* arg) {
  Zone* zone = zone_of(handle);
  if (unlikely(checks_items())) dbg_check(zone, item, "uma_zfree");
  destruct(zone, item, arg);
  if (zone->smr) return smr_zone_free(zone, item);
  zone_free_locked(zone, item, "uma_zfree");
  zone_yield_cached(zone);
}

UMA_EXPORT int uma_zalloc_bulk(uma_zone_t handle, void** items, int count, int flags) {
  if (!handle || count < 0) return errno = EINVAL, 0;
  Zone* zone = zone_of(handle);
  const unsigned n = zone_alloc_batch(zone, items, unsigned(count), how_of(flags));
  unsigned good = n;
  if (zone->ctor || (flags & M_ZERO)) {
    good = 0;
    for (unsigned i = 0; i < n; i++)
      if (void* item = construct(zone, items[i], nullptr, flags)) items[good++] = item;
  }
  // What is missing comes one by one, from what the limit still allows or with waiting.
  for (; good < unsigned(count); good++)
    if (!(items[good] = alloc_slow(zone, nullptr, flags, false, nullptr))) break;
  zone_yield_cached(zone);
  background_poll(__builtin_return_address(0));
  return int(good);
}

UMA_EXPORT void uma_zfree_bulk(uma_zone_t handle, void* const* items, int count) {
  if (!handle || count < 0) return void(errno = EINVAL);
  Zone* zone = zone_of(handle);
  if (zone->dtor)
    for (int i = 0; i < count; i++) destruct(zone, items[i], nullptr);
  for (int i = 0; zone->smr && i < count; i++) smr_zone_free(zone, items[i]);
  if (zone->smr) return;
  zone_free_batch(zone, items, unsigned(count), "uma_zfree_bulk");
  zone_yield_cached(zone);
  background_poll(__builtin_return_address(0));
}

UMA_EXPORT int uma_prealloc(uma_zone_t handle, int items) {
  Zone* zone = zone_of(handle);
  if (!zone || !zone->keg || items < 0) return errno = EINVAL, 0;
  return int(min(keg_prealloc(zone->keg, unsigned(items)), unsigned(items)));
}

}  // extern "C"

}  // namespace uma
