// SPDX-License-Identifier: BSD-2-Clause
// All zones, the published root, and the start of everything.
#include <new>

#include "alloc/base/options.h"
#include "alloc/os/meta.h"
#include "alloc/os/os.h"
#include "alloc/os/published.h"
#include "alloc/uma/background.h"
#include "alloc/uma/zone.h"

namespace uma {

namespace {

struct Registry {
  Lock lock{Rank::kRegistry};
  Zone* first = nullptr;
  Zone* last = nullptr;
  Zone* by_entry[kEntryMax] = {};
  bool up = false;
  bool pages_up = false;
};
constinit Registry registry;

constinit Lock reclaim{Rank::kReclaim};
constinit Lock creation{Rank::kCreation};

// Memory of dead zones and kegs is used again, never unmapped: readers may be looking.
constinit Pool zone_pool{sizeof(Zone)};
constinit Pool keg_pool{sizeof(Keg)};

bool boot_locked() {
  if (registry.up) return true;
  if (const char* text = os::environment("UMA_OPTIONS")) options_parse(text);
  if (options.help) options_help();
  options.help = false;
  registry.pages_up = registry.pages_up || page_start();
  if (!registry.pages_up || !percpu_start()) return false;
  uma_layout.cpu_count = percpu_limit() + 1;
  uma_layout.cpus = addr(percpu_published());
  uma_layout.rseq = percpu_has_rseq();
  uma_layout.pid = os::pid();
  publish(registry.up, true);
  return true;
}

void link_zone(Zone* zone) {
  if (registry.last)
    publish(registry.last->pub.next, uma_u64{addr(zone)});
  else
    publish(uma_layout.zones, uma_u64{addr(zone)});
  registry.last = zone;
  if (!registry.first) publish(registry.first, zone);
  add(uma_layout.zone_count);
  add(uma_layout.generation);
}

}  // namespace

bool uma_boot() {
  if (likely(acquire(registry.up))) return true;
  Guard guard(registry.lock);
  return boot_locked();
}

Keg* keg_create(size_t size, size_t align, uint16_t map_offset) {
  void* memory = keg_pool.alloc();
  if (!memory) return nullptr;
  Keg* keg = new (memory) Keg{};
  keg_setup(keg, size, align, map_offset);
  return keg;
}

void keg_discard(Keg* keg) { keg_pool.free(keg); }

Zone* zone_create(const char* name, uint32_t kind, unsigned index, Keg* keg,
                  const ZoneFunctions& functions) {
  void* memory = zone_pool.alloc();
  if (!memory) return nullptr;
  Zone* zone = new (memory) Zone{};
  for (unsigned i = 0; i < UMA_LAYOUT_NAME_MAX - 1 && name[i]; i++) zone->pub.name[i] = name[i];
  zone->pub.size = keg->size;
  zone->pub.kind = kind;
  zone->pub.entry = index;
  zone->pub.keg = addr(&keg->pub);
  zone->offset = uint16_t(index * sizeof(Entry));
  const bool plain = !functions.ctor && !functions.dtor && !is_searched(keg->pub.rsize);
  zone->fast_offset = plain ? zone->offset : uint16_t{0};
  zone->keg = keg;
  zone->ctor = functions.ctor;
  zone->dtor = functions.dtor;
  zone->zinit = functions.zinit;
  zone->zfini = functions.zfini;
  Guard guard(registry.lock);
  add(keg->zones);
  if (keg->zones > 1) zone->pub.flags |= UMA_LAYOUT_ZONE_SECONDARY;
  link_zone(zone);
  if (index) publish(registry.by_entry[index], zone);
  return zone;
}

Zone* zone_of_entry(unsigned index) { return acquire(registry.by_entry[index]); }
void zone_set_entry(unsigned index, Zone* zone) { publish(registry.by_entry[index], zone); }

Lock& reclaim_lock() { return reclaim; }
Lock& creation_lock() { return creation; }
Lock& registry_lock() { return registry.lock; }
Zone* registry_first() { return acquire(registry.first); }
Zone* registry_next(Zone* zone) { return at<Zone>(acquire(zone->pub.next)); }

void registry_remove(Zone* zone) {
  Zone* before = nullptr;
  for (Zone* z = registry.first; z != zone; z = registry_next(z)) before = z;
  Zone* after = registry_next(zone);
  if (before)
    publish(before->pub.next, uma_u64{addr(after)});
  else
    publish(uma_layout.zones, uma_u64{addr(after)});
  if (registry.first == zone) publish(registry.first, after);
  if (registry.last == zone) registry.last = before;
  if (zone->pub.entry) zone_set_entry(zone->pub.entry, nullptr);
  sub(uma_layout.zone_count);
  add(uma_layout.generation);
  // A keg whose items are still in use stays: their slabs point to it.
  sub(zone->keg->zones);
  if (zone->keg->zones == 0 && zone->keg->pub.slabs == 0) keg_pool.free(zone->keg);
  zone_pool.free(zone);
}

void uma_fork_prepare() {
  // Rank order; the drain lock and the CPUs' locks belong to the floor below.
  reclaim.fork_prepare();
  creation.fork_prepare();
  registry.lock.fork_prepare();
  percpu_fork_prepare();
  for (Zone* zone = registry.first; zone; zone = registry_next(zone)) zone->lock.fork_prepare();
  // A shared keg is met more than once: its lock is then held by this thread already.
  for (Zone* zone = registry.first; zone; zone = registry_next(zone))
    zone->keg->lock.fork_prepare();
  page_fork_prepare();
}

void uma_fork_prepare_memory() {
  zone_pool.lock().fork_prepare();
  keg_pool.lock().fork_prepare();
  bucket_pool()->lock().fork_prepare();
  for (unsigned i = 0; Pool* pool = keg_bitmap_pool(i); i++) pool->lock().fork_prepare();
  meta_fork_prepare();
}

namespace {
void release_all() {
  meta_fork_release();
  for (unsigned i = 0; Pool* pool = keg_bitmap_pool(i); i++) pool->lock().fork_release();
  bucket_pool()->lock().fork_release();
  keg_pool.lock().fork_release();
  zone_pool.lock().fork_release();
  page_fork_release();
  for (Zone* zone = registry.first; zone; zone = registry_next(zone)) {
    zone->keg->lock.fork_release();
    zone->lock.fork_release();
  }
}
}  // namespace

void uma_fork_parent() {
  release_all();
  percpu_fork_parent();
  registry.lock.fork_release();
  creation.fork_release();
  reclaim.fork_release();
}

void uma_fork_child() {
  uma_layout.pid = os::pid();
  background_fork_child();
  release_all();
  percpu_fork_child();
  registry.lock.fork_release();
  creation.fork_release();
  reclaim.fork_release();
}

}  // namespace uma
