// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/reclaim.h"

#include "alloc/uma/boot.h"
#include "alloc/uma/bucket.h"
#include "alloc/uma/cache.h"
#include "alloc/uma/registry.h"
#include "alloc/uma/smr_zone.h"

namespace uma {
namespace {

constinit Lock reclaim{Rank::kReclaim};

// Runs with exclusive access to the CPU's entries.
void drain_cpu(Cpu* cpu, void* only) {
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone))
    if (zone->offset && (!only || only == zone)) cache_drain(zone, cpu);
}

// Empties the caches of every CPU that can be stopped, of one zone or (null) all.
void drain_cpus(Zone* only) {
  for (Cpu* cpu = percpu_first(); cpu; cpu = cpu->next) percpu_stop(cpu, drain_cpu, only);
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
    if (!zone || !cache_idle(zone, cpu)) continue;
    const uint64_t before = load_relaxed(zone->pub.bucket_items);
    const uint64_t busy = bucket_busy(zone);
    cache_drain(zone, cpu);
    cache_drop(zone, cpu);
    moved += load_relaxed(zone->pub.bucket_items) - before + kStopItems / 64;
    // What came into the buckets was idle before.
    bucket_set_busy(zone, busy);
  }
}

void reclaim_buckets(Zone* zone, int request) {
  const bool all = request != UMA_RECLAIM_TRIM;
  if (zone->smr) smr_zone_expire(zone, false);
  bucket_reclaim(zone, all ? 0 : load_relaxed(zone->pub.bucket_items) - bucket_trim_unused(zone));
  bucket_mark_trim(zone);
  if (zone->keg) keg_trim(zone->keg);
}

bool known(int request) {
  return request == UMA_RECLAIM_DRAIN || request == UMA_RECLAIM_DRAIN_CPU ||
         request == UMA_RECLAIM_TRIM;
}

}  // namespace

Lock& reclaim_lock() { return reclaim; }
void reclaim_locks(LockVisitor visit) { visit(reclaim); }

unsigned reclaim_idle_caches(Cpu* cpu, unsigned first) {
  assert_held(reclaim);
  Detach detach{first};
  if (!percpu_stop(cpu, detach_some, &detach)) return 0;
  return detach.next < percpu_entries() ? detach.next : 0;
}

void zone_reclaim(Zone* zone, int request) {
  assert_held(reclaim);
  if (request == UMA_RECLAIM_DRAIN_CPU) drain_cpus(zone);
  reclaim_buckets(zone, request);
}

void reclaim_all(int request) {
  assert_held(reclaim);
  if (request == UMA_RECLAIM_DRAIN_CPU) drain_cpus(nullptr);
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone))
    reclaim_buckets(zone, request);
  purge_runs(request == UMA_RECLAIM_TRIM ? purge_allowance() : 0);
}

extern "C" {

UMA_EXPORT void uma_reclaim(int request) {
  if (!known(request) || !boot()) return;
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
