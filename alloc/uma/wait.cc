// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/wait.h"

#include "alloc/base/layout_read.h"
#include "alloc/base/log.h"
#include "alloc/os/os.h"
#include "alloc/os/thread.h"
#include "alloc/uma/bucket.h"
#include "alloc/uma/cache.h"
#include "alloc/uma/lowmem.h"
#include "alloc/uma/miss.h"
#include "alloc/uma/reclaim.h"
#include "alloc/uma/registry.h"
#include "alloc/uma/smr_zone.h"

namespace uma {
namespace {

constinit bool warnings = true;

// Times in ns.
constexpr uint64_t kWarnEvery = 300000000000;  // as in the kernel
constexpr uint64_t kMemoryWait = 1000000000;   // M_WAITOK, until null is returned after all
constexpr uint64_t kFirstPause = 1000000;      // between two tries, doubled each time
constexpr int kTries = 100;  // room was seen, but the source gives nothing: it has no memory
// A thread that read the zone's fast entry before the limit was set may fill a cache unseen.
constexpr uint64_t kLookAgain = 1000000000;

// Moves what the caches of the zone hold to its buckets. `all`: also those that look empty, because
// an item may be on its way into them: it is seen here, or its thread sees that somebody waits.
void empty_caches(Zone* zone, bool all) {
  if (!zone->offset) return;
  for (Cpu* cpu = percpu_first(); cpu; cpu = cpu->next) {
    const uma_layout_cache cache = uma_layout_read_cache(addr(cpu->region), zone->pub.entry);
    if (!all && uma_layout_cached(&cache) == 0) continue;
    percpu_stop(
        cpu, [](Cpu* stopped, void* arg) { cache_drain(static_cast<Zone*>(arg), stopped); }, zone);
  }
}

void give_up(Zone* zone, bool all) {
  if (zone->smr) smr_zone_expire(zone, all);
  empty_caches(zone, all);
  bucket_reclaim(zone, 0);
}

// Everything cached that the limit counts goes back to the source, from where it is granted.
void give_up_cached(Zone* zone) {
  give_up(zone, true);
  // A fini that runs under the reclaim lock may be what waits here.
  if (!zone->keg || load_relaxed(zone->keg->zones) < 2 || reclaim_lock().held_by_me()) return;
  Guard guard(reclaim_lock());
  for (Zone* other = registry_first(); other; other = registry_next(other))
    if (other != zone && other->keg == zone->keg) give_up(other, true);
}

// Waits for a grant. False: there is room, nothing was granted.
bool wait_for_grant(Zone* zone) {
  Waiter self;
  {
    Guard guard(limit_lock(zone));
    if (!limit_reached(zone)) return false;
    limit_wait(zone->limit, &self);
  }
  locked_add(zone->pub.sleeps);
  for (;;) {
    give_up_cached(zone);
    os::thread_sleep(&self.granted, 0, kLookAgain);
    if (load_acquire(self.granted)) return true;
    // The child of a fork in a signal handler has an empty queue.
    Guard guard(limit_lock(zone));
    if (!load_acquire(self.granted) && !limit_has(*zone->limit, &self))
      limit_wait(zone->limit, &self);
  }
}

void warn(Zone* zone) {
  AtLimit& at = zone->at_limit;
  const uint64_t now = os::clock_ns();
  const uint64_t last = load_relaxed(at.warned_at);
  if (!at.warning || !load_relaxed(warnings) || (last && now - last < kWarnEvery)) return;
  if (!replace_acquire(at.warned_at, last, now)) return;
  Line line;
  line.text("uma: [zone: ").text(zone->pub.name).text("] ").text(at.warning).write_stderr();
}

// One thread at a time; the action may allocate and free in this very zone.
void act(Zone* zone) {
  AtLimit& at = zone->at_limit;
  if (!at.action || !exchange_set(at.acting)) return;
  assert_may_call_owner();
  at.action(reinterpret_cast<uma_zone_t>(zone), 0);
  store_release(at.acting, false);
}

// Where init, zinit or import refuse, and not the system, there is nothing to wait for.
void* alloc_without_memory(Zone* zone, unsigned how) {
  const uint64_t end = os::clock_ns() + kMemoryWait;
  uint32_t never = 0;
  if (address_pressure()) lowmem_run(UMA_LOWMEM_MEMORY);
  for (uint64_t pause = kFirstPause; address_pressure() && os::clock_ns() < end; pause *= 2) {
    if (reclaim_lock().try_lock()) {
      reclaim_all(UMA_RECLAIM_DRAIN_CPU);
      reclaim_lock().unlock();
    }
    if (void* item = zone_alloc_try(zone, how)) return item;
    os::thread_sleep(&never, 0, pause);
  }
  return nullptr;
}

void* alloc_at_limit(Zone* zone, unsigned how, bool may_wait) {
  empty_caches(zone, false);
  if (void* item = zone_alloc_try(zone, how)) return item;
  warn(zone);
  act(zone);
  for (int tries = 0; tries < kTries; tries++) {
    if (void* item = zone_alloc_try(zone, how)) return item;
    if (!may_wait) return nullptr;
    if (!wait_for_grant(zone)) continue;  // somebody freed one
    void* item = zone_import_granted(zone, how);
    if (item) locked_add(zone->pub.slow_allocs);
    return item;
  }
  return alloc_without_memory(zone, how);
}

}  // namespace

void* zone_alloc_again(Zone* zone, int flags) {
  const bool may_wait = flags & M_WAITOK;
  const unsigned how = how_of(flags);
  if (limit_reached(zone)) return alloc_at_limit(zone, how, may_wait);
  return may_wait ? alloc_without_memory(zone, how) : nullptr;
}

bool wait_for_room(Zone* zone) {
  if (!limit_reached(zone)) return false;
  if (!wait_for_grant(zone)) return false;
  zone_give_up_grant(zone);
  return true;
}

void zone_yield_cached(Zone* zone) {
  if (unlikely(wants_back(zone))) give_up(zone, false);
}

bool warnings_on() { return load_relaxed(warnings); }
void set_warnings(bool on) { store_relaxed(warnings, on); }

}  // namespace uma
