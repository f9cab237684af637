// SPDX-License-Identifier: BSD-2-Clause
// What uma.h promises about pages: where slabs come from, counts of references beside items, items
// for every CPU.
#include <errno.h>

#include "alloc/os/os.h"
#include "alloc/uma/boot.h"
#include "alloc/uma/pages.h"
#include "alloc/uma/zone.h"

namespace uma {
namespace {

Zone* zone_of(uma_zone_t handle) { return reinterpret_cast<Zone*>(handle); }

// The pages of the zone's keg, to be set before it has slabs; null with errno.
OwnPages* pages_to_set(uma_zone_t handle) {
  Zone* zone = zone_of(handle);
  if (!zone || !zone->keg) return errno = EINVAL, nullptr;
  if (load_relaxed(zone->keg->pub.slabs)) return errno = EBUSY, nullptr;
  OwnPages* own = own_pages_of(zone->keg, handle);
  if (!own) errno = ENOMEM;
  return own;
}

}  // namespace

extern "C" {

UMA_EXPORT int uma_zone_set_allocf(uma_zone_t handle, uma_alloc allocf) {
  OwnPages* own = pages_to_set(handle);
  if (!own) return -1;
  own->alloc = allocf;
  return 0;
}

UMA_EXPORT int uma_zone_set_freef(uma_zone_t handle, uma_free freef) {
  OwnPages* own = pages_to_set(handle);
  if (!own) return -1;
  own->free = freef;
  return 0;
}

UMA_EXPORT int uma_zone_reserve_kva(uma_zone_t handle, int count) {
  if (count <= 0) return errno = EINVAL, 0;
  OwnPages* own = pages_to_set(handle);
  if (!own) return 0;
  Keg* keg = zone_of(handle)->keg;
  const size_t slabs = (size_t(count) + keg->pub.ipers - 1) / keg->pub.ipers;
  void* memory = os::reserve(nullptr, slabs * keg->pub.slab_bytes);
  if (!memory) return errno = ENOMEM, 0;
  own->alloc = nullptr;
  own->free = nullptr;
  own->next = static_cast<char*>(memory);
  own->end = own->next + slabs * keg->pub.slab_bytes;
  uma_zone_set_max(handle, count);
  return 1;
}

UMA_EXPORT uint32_t* uma_find_refcnt(uma_zone_t handle, void* item) {
  Zone* zone = zone_of(handle);
  uint32_t* count = nullptr;
  if (zone && zone->keg) {
    Guard guard(zone->keg->lock);
    if (Slab* slab = slab_find(zone->keg, item)) count = slab_refcnt(zone->keg, slab, item);
  }
  if (!count) errno = EINVAL;
  return count;
}

UMA_EXPORT void* uma_zalloc_pcpu_arg(uma_zone_t handle, void* arg, int flags) {
  const Zone* zone = zone_of(handle);
  if (!zone || !zone->keg || !(zone->keg->flags & UMA_ZONE_PCPU)) return errno = EINVAL, nullptr;
  return uma_zalloc_arg(handle, arg, flags);
}
UMA_EXPORT void* uma_zalloc_pcpu(uma_zone_t handle, int flags) {
  return uma_zalloc_pcpu_arg(handle, nullptr, flags);
}
UMA_EXPORT void uma_zfree_pcpu_arg(uma_zone_t handle, void* item, void* arg) {
  uma_zfree_arg(handle, item, arg);
}
UMA_EXPORT void uma_zfree_pcpu(uma_zone_t handle, void* item) { uma_zfree(handle, item); }

UMA_EXPORT int uma_mp_maxid() { return boot() ? int(percpu_limit()) : 0; }
UMA_EXPORT int uma_curcpu() {
  const Cpu* cpu = boot() ? percpu_self() : nullptr;
  return cpu ? int(cpu->id) : uma_mp_maxid();
}

}  // extern "C"

}  // namespace uma
