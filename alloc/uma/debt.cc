// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/debt.h"

#include "alloc/os/os.h"
#include "alloc/uma/zone.h"

namespace uma {

constinit bool debt_pending = false;

namespace {

// Times in ns.
constexpr uint64_t kPatience = 250000000;    // memory that was idle for so long is given back
constexpr uint64_t kWindow = 10000000;       // between two payments
constexpr uint64_t kPayment = 2000000;       // what one may take
constexpr uint64_t kMassFree = 4;            // times as much idle as in use
constexpr uint64_t kDetour = 35;             // what an operation around the arrays costs more
constexpr unsigned kDetourShare = 32;        // of run time may go into them
constexpr uint64_t kCreditFirst = 1000000;   // of that share, from the start
constexpr uint64_t kCreditMost = 500000000;  // of that share, saved up
constexpr unsigned kQuiet = 8192;            // operations of a program gone quiet
constexpr unsigned kVisits = 8;              // slow operations from look to look, at least
constexpr uint64_t kLook = 50000;            // and this time
constexpr unsigned kLookShare = 32;          // of run time may go into looks

// Written under the reclaim lock, but for the last two, which any thread counts.
struct State {
  uint64_t next = 0;  // the next payment, or the end of patience
  bool watching = false;
  unsigned position = 0;   // zones already looked at
  uint64_t seen = 0;       // when credit was last counted
  uint64_t next_look = 0;  // at detours
  uint64_t credit = kCreditFirst;
  unsigned visits = 0;
  uint64_t detours = 0;  // operations that are still to go around the arrays
};
constinit State state;

bool punchable(const Zone* zone) {
  // Never a zone whose owner would be called back: this may be any thread in any state.
  return zone->keg && !zone->zfini && !zone->keg->fini;
}

void watch(uint64_t now) {
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone))
    if (punchable(zone)) keg_watch(zone->keg);
  purge_watch();
  state.watching = true;
  store(state.next, now + kPatience);
}

// One item in a bucket keeps a whole page, too. False: the time was over first.
bool pay_zone(Zone* zone, uint64_t start) {
  zone_trim_buckets(zone, 0);
  bool complete = !keg_idle_lasts(zone->keg);
  while (!complete && os::clock_ns() - start < kPayment) complete = keg_punch(zone->keg);
  return complete;
}

// Goes on through the zones. True: the round is complete.
bool pay_slabs(uint64_t start) {
  unsigned at = 0;
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone), at++) {
    if (at < state.position) continue;
    if (punchable(zone) && !pay_zone(zone, start)) return false;
    state.position = at + 1;
    if (os::clock_ns() - start > kPayment) return false;
  }
  return true;
}

bool owing() {
  if (peek(page_counters().runs_free_dirty) > purge_allowance()) return true;
  if (peek(page_counters().slab_idle) <= purge_allowance()) return false;
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone))
    if (punchable(zone) && keg_mostly_idle(zone->keg)) return true;
  return false;
}

void pay(uint64_t now) {
  store(state.next, now + kWindow);
  // One item in an idle CPU's array keeps a whole page.
  if (state.position == 0) drain_cpus(nullptr);
  // Runs after slabs, because some of these become free runs.
  if (!pay_slabs(now) || purge_lasting()) return;
  state.position = 0;
  state.watching = false;
  // Cleared first: what is freed from here on is a debt of its own.
  __atomic_store_n(&debt_pending, false, __ATOMIC_SEQ_CST);
  if (owing()) debt_note();
}

struct Use {
  uint64_t items = 0;  // in use
  uint64_t bytes = 0;
  uint64_t cached = 0;  // bytes in arrays and buckets
};

Use use() {
  Use sum;
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone)) {
    if (!zone->keg) continue;
    uma_zone_stats stats;
    zone_stat(zone, &stats);
    sum.items += stats.used;
    sum.bytes += stats.used * zone->keg->pub.rsize;
    sum.cached += stats.cached * zone->keg->pub.rsize;
  }
  return sum;
}

// Starts the detours if most was freed and the rest could be freed that way at a bearable cost.
void consider_detours(uint64_t now) {
  state.credit = min(state.credit + (now - state.seen) / kDetourShare, kCreditMost);
  state.seen = now;
  const Use left = use();
  const uint64_t idle =
      peek(page_counters().slab_idle) + peek(page_counters().runs_free_dirty) + left.cached;
  const uint64_t wanted = left.items + kQuiet;
  const uint64_t cost = os::clock_ns() - now;
  store(state.next_look, now + max(kLook, cost * kLookShare));
  if (idle < kMassFree * left.bytes || wanted * kDetour > state.credit) return;
  state.credit -= wanted * kDetour;
  detach_cpus();
  __atomic_store_n(&state.detours, wanted, __ATOMIC_RELAXED);
}

void look(uint64_t now) {
  if (!reclaim_lock().try_lock()) return;
  if (!state.watching)
    watch(now);
  else if (now >= state.next)
    pay(now);
  if (peek(debt_pending) && !peek(state.detours) && now >= state.next_look) consider_detours(now);
  reclaim_lock().unlock();
}

}  // namespace

void debt_start() { state.seen = os::clock_ns(); }

void debt_note() {
  if (!peek(debt_pending)) __atomic_store_n(&debt_pending, true, __ATOMIC_RELAXED);
}

bool debt_visit() {
  const uint64_t left = peek(state.detours);
  const unsigned visits = peek(state.visits) + 1;
  __atomic_store_n(&state.visits, visits, __ATOMIC_RELAXED);
  if (left) {
    __atomic_store_n(&state.detours, left - 1, __ATOMIC_RELAXED);
    const uint64_t now = os::clock_coarse_ns();
    if (now >= peek(state.next)) look(os::clock_ns());
  } else if (visits % kVisits == 0) {
    const uint64_t now = os::clock_ns();
    if (now >= min(peek(state.next), peek(state.next_look))) look(now);
  }
  if (!peek(state.detours)) return false;
  if (peek(debt_pending)) return true;
  __atomic_store_n(&state.detours, 0, __ATOMIC_RELAXED);
  return false;
}

}  // namespace uma
