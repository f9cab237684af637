// SPDX-License-Identifier: BSD-2-Clause
// Giving cached memory back, level by level.
#include "alloc/base/words.h"
#include "alloc/uma/array.h"
#include "alloc/uma/zone.h"

namespace uma {
namespace {

// Runs with exclusive access to the CPU's entries.
void drain_cpu(Cpu* cpu, void* only) {
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone))
    if (zone->offset && (!only || only == zone)) zone_drain_entry(zone, cpu);
}

// While a CPU is stopped, about so many items are moved: less than 100 us.
constexpr unsigned kStopItems = 1024;

struct Detach {
  unsigned next;  // entry
};

void detach_some(Cpu* cpu, void* argument) {
  auto* detach = static_cast<Detach*>(argument);
  size_t moved = 0;
  for (; detach->next < percpu_entries() && moved < kStopItems; detach->next++) {
    Zone* zone = zone_of_entry(detach->next);
    if (!zone || !array_idle(zone, cpu)) continue;
    const uint64_t before = peek(zone->pub.bucket_items);
    const uint64_t busy = zone_busy(zone);
    zone_drain_entry(zone, cpu);
    array_drop(zone, cpu);
    moved += peek(zone->pub.bucket_items) - before + kStopItems / 64;
    // What came into the buckets was idle before.
    zone_set_busy(zone, busy);
  }
}

void stop_cpus(void (*visit)(Cpu*, void*), Zone* only) {
  for (Cpu* cpu = percpu_first(); cpu; cpu = cpu->next) percpu_stop(cpu, visit, only);
}

}  // namespace

void drain_cpus(Zone* only) { stop_cpus(drain_cpu, only); }
unsigned detach_idle(Cpu* cpu, unsigned first) {
  Detach detach{first};
  if (!percpu_stop(cpu, detach_some, &detach)) return 0;
  return detach.next < percpu_entries() ? detach.next : 0;
}

namespace {

void reclaim_buckets(Zone* zone, int request) {
  const uint64_t items = peek(zone->pub.bucket_items);
  const uint64_t unused = min(items, peek(zone->trim_low));
  zone_trim_buckets(zone, request == UMA_RECLAIM_TRIM ? items - unused : 0);
  zone_mark_trim(zone);
  keg_trim(zone->keg);
}

bool known(int request) {
  return request == UMA_RECLAIM_DRAIN || request == UMA_RECLAIM_DRAIN_CPU ||
         request == UMA_RECLAIM_TRIM;
}

}  // namespace

void zone_drain_entry(Zone* zone, Cpu* cpu) {
  // Into buckets only: no callback may run while a CPU is stopped.
  Entry* entry = entry_at(cpu->region, zone->pub.entry);
  while (entry->top[-1]) {
    unsigned n = 0;
    while (n < kBucketItems && entry->top[-1 - int(n)]) n++;
    void** items = entry->top - n;
    const unsigned stashed = zone_stash(zone, items, n);
    bump(zone->pub.moved_out, uma_u64{stashed});
    copy_words(items, items + stashed, n - stashed);
    store(entry->top, entry->top - stashed);
    if (stashed < n) return;
  }
}

void zone_reclaim(Zone* zone, int request) {
  if (request == UMA_RECLAIM_DRAIN_CPU) drain_cpus(zone);
  reclaim_buckets(zone, request);
}

void reclaim_all(int request) {
  if (request == UMA_RECLAIM_DRAIN_CPU) drain_cpus(nullptr);
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone))
    if (zone->keg) reclaim_buckets(zone, request);
  purge_runs(request == UMA_RECLAIM_TRIM ? purge_allowance() : 0);
}

extern "C" {

UMA_EXPORT void uma_reclaim(int request) {
  if (!known(request) || !uma_boot()) return;
  Guard guard(reclaim_lock());
  reclaim_all(request);
}

UMA_EXPORT void uma_zone_reclaim(uma_zone_t handle, int request) {
  if (!known(request)) return;
  Guard guard(reclaim_lock());
  zone_reclaim(reinterpret_cast<Zone*>(handle), request);
}

}  // extern "C"

}  // namespace uma
