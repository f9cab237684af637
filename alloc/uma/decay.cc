// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/decay.h"

#include "alloc/base/options.h"
#include "alloc/os/os.h"
#include "alloc/uma/bucket.h"
#include "alloc/uma/cache.h"
#include "alloc/uma/reclaim.h"
#include "alloc/uma/registry.h"
#include "alloc/uma/slab.h"

namespace uma {
namespace {

constexpr uint64_t kBusyWait = 1000000;            // ns, while somebody else holds the reclaim lock
constexpr size_t kRunStep = size_t{1} << 20;       // of free runs in a step
constexpr unsigned kStepItems = 4 * kBucketItems;  // from buckets to slabs in a step

// What was in use during a round that gave back so much is often idle in the next one: a few items
// in caches and buckets, each of which may hold a page.
constexpr size_t kGaveMuch = size_t{512} << 10;

enum class Phase : uint8_t { kWatch, kCaches, kZones, kRuns, kUpper };

// Under the reclaim lock. Zones may come and go between steps: one may be passed over or met twice.
struct Round {
  Phase phase = Phase::kWatch;
  uint64_t due = 0;          // when the decay time is over
  Cpu* cpu = nullptr;        // caches: the next CPU,
  unsigned entry = 0;        // and entry
  unsigned zone = 0;         // zones done
  bool zone_open = false;    // the next one has begun:
  uint64_t bucket_busy = 0;  // items in its buckets that stay
  size_t keg_busy = 0;       // bytes in its slabs that stay
  size_t runs_busy = 0;      // bytes in free runs that stay
  uint64_t given = 0;        // ever given back when it began
};
constinit Round round;
constinit DecayHooks upper{};
constinit size_t last_gave = 0;  // bytes, in the last round

uint64_t given() { return load_relaxed(page_counters().purged_bytes); }

uint64_t decay_time() { return options.decay_ms * 1000000; }

// Never a zone whose owner would be called back: this may be any thread in any state. Without a keg
// the release is the owner's.
bool may_give_back(const Zone* zone) { return zone->keg && !zone->zfini && !zone->keg->fini; }

uint64_t watch() {
  for (Cpu* cpu = percpu_first(); cpu; cpu = cpu->next) cache_watch(cpu);
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone)) {
    if (!may_give_back(zone)) continue;
    bucket_watch(zone);
    keg_watch(zone->keg);
  }
  purge_watch();
  round = {};
  round.phase = Phase::kCaches;
  round.cpu = percpu_first();
  round.given = given();
  round.due = os::clock_ns() + decay_time();
  return decay_time();
}

void step_caches() {
  if (!round.cpu) {
    round.phase = Phase::kZones;
    round.runs_busy = purge_busy();
    purge_split();
    return;
  }
  round.entry = reclaim_idle_caches(round.cpu, max(round.entry, 1u));
  if (!round.entry) round.cpu = round.cpu->next;
}

// Buckets before slabs: one item there keeps a whole page.
bool step_zone(Zone* zone) {
  if (!round.zone_open) {
    round.zone_open = true;
    round.bucket_busy = bucket_busy(zone);
    round.keg_busy = keg_busy(zone->keg);
  }
  const uint64_t held = load_relaxed(zone->pub.bucket_items);
  if (held > round.bucket_busy) {
    bucket_reclaim(zone, max(round.bucket_busy, held - min(held, uint64_t{kStepItems})));
    return false;
  }
  return keg_give_back(zone->keg, round.keg_busy);
}

void step_zones() {
  Zone* zone = registry_first();
  for (unsigned i = 0; zone && i < round.zone; i++) zone = registry_next(zone);
  if (!zone) {
    round.phase = Phase::kRuns;
    return;
  }
  if (may_give_back(zone) && !step_zone(zone)) return;
  round.zone++;
  round.zone_open = false;
}

// Runs after slabs, because some of these became free runs.
void step_runs() {
  const size_t dirty = load_relaxed(page_counters().runs_free_dirty);
  if (dirty > round.runs_busy &&
      purge_runs(max(round.runs_busy, dirty - min(dirty, kRunStep))) != 0)
    return;
  round.phase = Phase::kUpper;
}

uint64_t step_upper() {
  if (upper.give_back) upper.give_back(decay_time());
  store_relaxed(last_gave, size_t(given() - round.given));
  round.phase = Phase::kWatch;
  return kDecayDone;
}

uint64_t step_locked() {
  assert_held(reclaim_lock());
  if (round.phase == Phase::kWatch) return watch();
  const uint64_t now = os::clock_ns();
  if (now < round.due) return round.due - now;
  switch (round.phase) {
    case Phase::kCaches:
      step_caches();
      return 0;
    case Phase::kZones:
      step_zones();
      return 0;
    case Phase::kRuns:
      step_runs();
      return 0;
    default:
      return step_upper();
  }
}

}  // namespace

void decay_set_upper(const DecayHooks& hooks) { upper = hooks; }

bool decay_needed() {
  const size_t kept = upper.idle ? upper.idle() : 0;
  return slab_unscanned_total() + load_relaxed(page_counters().runs_free_dirty) + cache_room() +
                 kept >
             purge_allowance() ||
         load_relaxed(last_gave) > kGaveMuch;
}

uint64_t decay_step() {
  if (!reclaim_lock().try_lock()) return kBusyWait;
  const uint64_t wait = step_locked();
  reclaim_lock().unlock();
  return wait;
}

}  // namespace uma
