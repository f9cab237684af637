// SPDX-License-Identifier: BSD-2-Clause
// One zone in full, and the zones by what they hold, as the kernel's debugger shows them.
#include <errno.h>

#include "alloc/base/layout_read.h"
#include "alloc/os/os.h"
#include "alloc/os/published.h"
#include "alloc/uma/reclaim.h"
#include "alloc/uma/registry.h"
#include "alloc/uma/sink.h"
#include "alloc/uma/slab.h"
#include "alloc/uma/stat.h"

namespace uma {
namespace {

struct Slabs {
  uint64_t partial = 0;
  uint64_t full = 0;
  uint64_t free = 0;
};

Slabs count_slabs(Keg* keg) {
  Slabs slabs;
  Guard guard(keg->lock);
  for (List<Slab>& bin : keg->domain.bins)
    for (Slab* slab = bin.first(); slab; slab = bin.next(slab))
      (slab->free_items == keg->pub.ipers ? slabs.free : slabs.partial)++;
  for (Slab* slab = keg->domain.full.first(); slab; slab = keg->domain.full.next(slab))
    slabs.full++;
  slabs.free += keg->domain.spare != nullptr;
  return slabs;
}

void print_keg(const Sink& sink, Keg* keg) {
  const Slabs slabs = count_slabs(keg);
  Line line;
  line.text("  keg: rsize ").number(keg->pub.rsize).text(", ipers ").number(keg->pub.ipers);
  line.text(", slab bytes ").number(keg->pub.slab_bytes).text(", flags ").hex(keg->flags);
  line.text(", zones ").number(load_relaxed(keg->zones)).text(", out ").number(keg_out(keg));
  line.text(", free ").number(load_relaxed(keg->pub.free_items));
  line.text(", reserve ").number(keg->reserve);
  sink.line(line);
  Line second;
  second.text("  slabs: partial ").number(slabs.partial).text(", full ").number(slabs.full);
  second.text(", free ").number(slabs.free);
  sink.line(second);
}

void print_caches(const Sink& sink, const Zone* zone) {
  for (const Cpu* cpu = zone->offset ? percpu_first() : nullptr; cpu; cpu = cpu->next) {
    const uma_layout_cache cache = uma_layout_read_cache(addr(cpu->region), zone->pub.entry);
    const uint64_t items = uma_layout_cached(&cache);
    if (!cache.cold.cap || items == UMA_LAYOUT_TORN) continue;
    Line line;
    line.text("  cpu ").number(cpu->id).text(": items ").number(items);
    line.text(" of ").number(cache.cold.cap);
    sink.line(line);
  }
}

void print_zone(const Sink& sink, Zone* zone) {
  uma_zone_stats stats;
  zone_stat(zone, &stats);
  Line line;
  line.text(zone->pub.name).text(": size ").number(zone->pub.size);
  line.text(", limit ").number(load_relaxed(zone->pub.limit));
  line.text(", used ").number(stats.used).text(", cached ").number(stats.cached);
  line.text(", in buckets ").number(load_relaxed(zone->pub.bucket_items));
  line.text(", requests ").number(stats.allocs).text(", frees ").number(stats.frees);
  line.text(", fails ").number(stats.fails);
  line.text(", sleeps ").number(load_relaxed(zone->pub.sleeps));
  sink.line(line);
  if (zone->keg)
    print_keg(sink, zone->keg);
  else
    sink.line(Line().text("  cache only"));
  print_caches(sink, zone);
}

struct Place {
  uint64_t bytes;
  const Zone* zone;
};

// The columns of the debugger's `show uma`.
void show_row(const Sink& sink, const Place& place) {
  const Zone* zone = place.zone;
  uma_zone_stats stats;
  zone_stat(zone, &stats);
  const bool secondary = zone->pub.flags & UMA_LAYOUT_ZONE_SECONDARY;
  Line line;
  const size_t width = 18;
  Line name;
  name.text(zone->pub.name);
  line.pad_to(width - (name.length() < width ? name.length() : width)).text(zone->pub.name);
  line.text(" ").number(zone->pub.size, 6).text(" ").number(stats.used, 7);
  line.text(" ").number(stats.cached + (secondary ? 0 : stats.keg_free), 7);
  line.text(" ").number(stats.allocs, 11).text(" ").number(load_relaxed(zone->pub.sleeps), 7);
  line.text(" ").number(kBucketItems, 7).text(" ").number(place.bytes, 10).text(" ").number(0, 8);
  sink.line(line);
}

// What the zone's items take, in use and free; a shared keg counts for its first zone.
uint64_t total_bytes(const Zone* zone) {
  uma_zone_stats stats;
  zone_stat(zone, &stats);
  const bool secondary = zone->pub.flags & UMA_LAYOUT_ZONE_SECONDARY;
  return (stats.used + stats.cached + (secondary ? 0 : stats.keg_free)) * zone->pub.size;
}

// Sorted in a mapping of its own. Zones that come meanwhile, or all where there is no memory, are
// shown at once.
void show(const Sink& sink) {
  sink.line(
      Line().text("              Zone   Size    Used    Free    Requests  Sleeps  Bucket  "
                  "Total Mem    XFree"));
  const size_t room = load_relaxed(uma_layout.zone_count);
  const size_t mapped = round_up(room * sizeof(Place) + 1, kPage);
  auto* places = static_cast<Place*>(os::map(nullptr, mapped));
  size_t count = 0;
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone)) {
    const Place place{total_bytes(zone), zone};
    if (!places || count == room) {
      show_row(sink, place);
      continue;
    }
    size_t i = count++;
    for (; i > 0 && place.bytes > places[i - 1].bytes; i--) places[i] = places[i - 1];
    places[i] = place;
  }
  for (size_t i = 0; i < count; i++) show_row(sink, places[i]);
  if (places) os::unmap(places, mapped);
}

}  // namespace

extern "C" {

UMA_EXPORT void uma_print_zone_to(uma_zone_t handle, uma_sink sink, void* arg) {
  if (!handle) return void(errno = EINVAL);
  print_zone({sink, arg}, reinterpret_cast<Zone*>(handle));
}

UMA_EXPORT void uma_print_zone(uma_zone_t handle) { uma_print_zone_to(handle, nullptr, nullptr); }

UMA_EXPORT void uma_show_stats_to(uma_sink sink, void* arg) {
  const bool nested = reclaim_lock().held_by_me();  // in a fini
  if (!nested) reclaim_lock().lock();
  show({sink, arg});
  if (!nested) reclaim_lock().unlock();
}

}  // extern "C"

}  // namespace uma
