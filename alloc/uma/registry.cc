// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/registry.h"

#include <new>

#include "alloc/os/meta.h"
#include "alloc/os/published.h"
#include "alloc/uma/own_pages.h"

namespace uma {

namespace {

struct Registry {
  Lock lock{Rank::kRegistry};
  Zone* first = nullptr;
  Zone* last = nullptr;
  Zone* by_entry[kEntryMax] = {};
};
constinit Registry registry;

constinit Lock creation{Rank::kCreation};

constinit Pool zone_pool{sizeof(Zone)};
constinit Pool keg_pool{sizeof(Keg)};

void link_zone(Zone* zone) {
  assert_held(registry.lock);
  if (registry.last)
    store_release(registry.last->pub.next, uma_u64{addr(zone)});
  else
    store_release(uma_layout.zones, uma_u64{addr(zone)});
  registry.last = zone;
  if (!registry.first) store_release(registry.first, zone);
  owned_add(uma_layout.zone_count);
  owned_add(uma_layout.generation);
}

void unlink_zone(Zone* zone) {
  assert_held(registry.lock);
  Zone* before = nullptr;
  for (Zone* z = registry.first; z != zone; z = registry_next(z)) before = z;
  Zone* after = registry_next(zone);
  if (before)
    store_release(before->pub.next, uma_u64{addr(after)});
  else
    store_release(uma_layout.zones, uma_u64{addr(after)});
  if (registry.first == zone) store_release(registry.first, after);
  if (registry.last == zone) registry.last = before;
  owned_sub(uma_layout.zone_count);
  owned_add(uma_layout.generation);
}

}  // namespace

Keg* keg_create(size_t size, size_t align, uint16_t map_offset, uint32_t flags) {
  void* memory = keg_pool.alloc();
  if (!memory) return nullptr;
  Keg* keg = new (memory) Keg{};
  keg_setup(keg, size, align, map_offset, flags);
  return keg;
}

void keg_discard(Keg* keg) { keg_pool.free(keg); }

namespace {

void take_keg(Zone* zone) {
  Keg* keg = zone->keg;
  owned_add(keg->zones);
  if (keg->zones > 1) zone->pub.flags |= UMA_LAYOUT_ZONE_SECONDARY;
}

// A keg whose items are still in use stays: their slabs point to it.
void leave_keg(Zone* zone) {
  owned_sub(zone->keg->zones);
  if (zone->keg->zones != 0 || zone->keg->pub.slabs != 0) return;
  own_pages_discard(zone->keg);
  keg_pool.free(zone->keg);
}

}  // namespace

Zone* zone_create(const char* name, uint32_t kind, unsigned index, const ZoneItems& items,
                  const ZoneFunctions& functions) {
  void* memory = zone_pool.alloc();
  if (!memory) return nullptr;
  Zone* zone = new (memory) Zone{};
  for (unsigned i = 0; i < UMA_LAYOUT_NAME_MAX - 1 && name[i]; i++) zone->pub.name[i] = name[i];
  zone->pub.size = items.size;
  zone->pub.kind = kind;
  zone->pub.entry = index;
  zone->pub.keg = items.keg ? addr(&items.keg->pub) : 0;
  zone->source = items.source;
  zone->own = items.own;
  if (zone->own.import) zone->source.arg = zone;
  zone->keg = items.keg;
  zone->limit = zone->keg ? &zone->keg->limit : &zone->own.limit;
  zone->pub.limit = load_relaxed(zone->limit->max);
  zone->rsize = items.rsize;
  zone->ctor = functions.ctor;
  zone->dtor = functions.dtor;
  zone->zinit = functions.zinit;
  zone->zfini = functions.zfini;
  zone->offset = uint16_t(offset_of_entry(index));
  if (zone->keg && (zone->keg->flags & UMA_ZONE_NOBUCKET)) zone->cache_most_set = true;
  zone_set_caches(zone);
  Guard guard(registry.lock);
  if (zone->keg) take_keg(zone);
  link_zone(zone);
  if (index) store_release(registry.by_entry[index], zone);
  return zone;
}

void zone_remove(Zone* zone) {
  assert_held(registry.lock);
  unlink_zone(zone);
  if (zone->pub.entry)
    store_release(registry.by_entry[zone->pub.entry], static_cast<Zone*>(nullptr));
  if (zone->keg) leave_keg(zone);
  zone_pool.free(zone);
}

Lock& creation_lock() { return creation; }
Lock& registry_lock() { return registry.lock; }
Zone* registry_first() { return load_acquire(registry.first); }
Zone* registry_next(Zone* zone) { return at<Zone>(load_acquire(zone->pub.next)); }
Zone* zone_of_entry(unsigned index) {
  UMA_ASSERT(index < kEntryMax);
  return load_acquire(registry.by_entry[index]);
}

void registry_fork_child() {
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone)) limit_forget(zone->limit);
}

void registry_locks(LockVisitor visit) {
  visit(creation);
  visit(registry.lock);
}

void zone_locks(LockVisitor visit) {
  assert_held(registry.lock);
  for (Zone* zone = registry.first; zone; zone = registry_next(zone)) visit(zone->lock);
}

// A shared keg is met more than once: its lock is then held by this thread already.
void keg_locks(LockVisitor visit) {
  assert_held(registry.lock);
  for (Zone* zone = registry.first; zone; zone = registry_next(zone))
    if (zone->keg) visit(zone->keg->lock);
}

void registry_pool_locks(LockVisitor visit) {
  visit(zone_pool.lock());
  visit(keg_pool.lock());
}

}  // namespace uma
