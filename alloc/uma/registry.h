// SPDX-License-Identifier: BSD-2-Clause
// All zones in the order they were made, and the kegs under them. Their memory is used again,
// never unmapped: readers of the published layout may be looking.
#ifndef UMA_UMA_REGISTRY_H_
#define UMA_UMA_REGISTRY_H_

#include "alloc/uma/zone.h"

namespace uma {

// What a zone's owner wants called; any of them may be null.
struct ZoneFunctions {
  uma_ctor ctor;
  uma_dtor dtor;
  uma_init zinit;
  uma_fini zfini;
};
// Where the items of a new zone come from, and what they measure in bytes.
struct ZoneItems {
  Source source;
  Keg* keg;        // null: a cache-only zone
  uint32_t size;   // what the owner asked for
  uint32_t rsize;  // what one takes
  OwnSource own;   // of a cache-only zone that the program made
};
inline ZoneItems items_of(Keg* keg) {
  return {{keg_import, keg_release, keg}, keg, keg->size, keg->pub.rsize, {}};
}
// `size` 0: the items are not memory.
inline ZoneItems items_of(const OwnSource& own, uint32_t size) {
  constexpr uint32_t kLeast = 16;  // for what caches may hold, which is measured in bytes
  return {{own_import, own_release, nullptr}, nullptr, size, max(size, kLeast), own};
}
// Makes a zone on a keg or another source, which is complete as well. `index`: its per-CPU entry, 0
// none. From here on other threads walk over both: nothing that they read may be set later. Null:
// no memory.
Zone* zone_create(const char* name, uint32_t kind, unsigned index, const ZoneItems& items,
                  const ZoneFunctions& functions);
// A zone that nobody uses any more; also its keg, unless others use that or items are left.
// Registry lock held.
void zone_remove(Zone* zone);
// Null: no memory.
Keg* keg_create(size_t size, size_t align, uint16_t map_offset, uint32_t flags = 0);
void keg_discard(Keg* keg);  // one that got no zone

// Making and destroying zones, one at a time.
Lock& creation_lock();
// The list. Walks over it take no lock: they want that no zone goes away (reclaim lock).
Lock& registry_lock();
Zone* registry_first();
Zone* registry_next(Zone* zone);
// The zone of a per-CPU entry or null; any index below kEntryMax.
Zone* zone_of_entry(unsigned index);

// In the child, with all locks held: who waits for items is not there.
void registry_fork_child();

// Visits locks in their order, for fork: those of making zones, of all zones, of all kegs, of the
// pools that zones and kegs are made from. Zones and kegs: with the registry lock held.
void registry_locks(LockVisitor visit);
void zone_locks(LockVisitor visit);
void keg_locks(LockVisitor visit);
void registry_pool_locks(LockVisitor visit);

}  // namespace uma

#endif  // UMA_UMA_REGISTRY_H_
