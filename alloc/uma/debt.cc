// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/debt.h"

#include "alloc/os/os.h"
#include "alloc/uma/array.h"
#include "alloc/uma/zone.h"

namespace uma {

constinit bool debt_pending = false;

namespace {

constexpr uint64_t kInterval = 2000000;         // ns between two payments
constexpr uint64_t kPayment = 1000000;          // ns that one may take
constexpr uint64_t kDrainInterval = 200000000;  // ns between two drains of all CPUs

// Under the reclaim lock but for next.
struct State {
  uint64_t next = 0;
  uint64_t next_drain = 0;
  unsigned position = 0;  // zones already looked at in this round
  bool armed = false;     // arrays were detached since the debt was noted or last paid
};
constinit State state;

void pay_runs() {
  const size_t allowance = purge_allowance();
  if (peek(page_counters().runs_free_dirty) > allowance) purge_runs(allowance / 2);
}

// Goes on through the zones. True: the round is complete.
bool pay_slabs(uint64_t start) {
  unsigned at = 0;
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone), at++) {
    if (at < state.position) continue;
    if (peek(page_counters().slab_idle) <= purge_allowance()) break;
    // Never a zone whose owner would be called back: this may be any thread in any state.
    if (!zone->zfini && keg_wants_punch(zone->keg)) {
      zone_trim_buckets(zone, 0);
      keg_punch(zone->keg);
    }
    state.position = at + 1;
    if (os::clock_ns() - start > kPayment) return false;
  }
  state.position = 0;
  return true;
}

bool pay() {
  if (!purge_may_run()) return false;
  const uint64_t start = os::clock_ns();
  if (start >= state.next_drain) {
    // One item in an idle CPU's array keeps a whole page.
    drain_cpus(nullptr);
    state.next_drain = start + kDrainInterval;
  }
  pay_runs();
  const bool complete = pay_slabs(start);
  // Trimmed slabs may have become free runs.
  if (complete) pay_runs();
  purge_spent(os::clock_ns() - start);
  return complete;
}

}  // namespace

void debt_note() {
  if (!peek(debt_pending)) __atomic_store_n(&debt_pending, true, __ATOMIC_RELAXED);
}

void debt_pay_due(Cpu* cpu) {
  const uint64_t now = os::clock_ns();
  if (now >= peek(state.next) && reclaim_lock().try_lock()) {
    __atomic_store_n(&state.next, now + kInterval, __ATOMIC_RELAXED);
    // Cleared first: what is freed from here on is a debt of its own.
    __atomic_store_n(&debt_pending, false, __ATOMIC_RELAXED);
    if (!pay()) debt_note();
    reclaim_lock().unlock();
    __atomic_store_n(&state.armed, false, __ATOMIC_RELAXED);
  }
  if (cpu && peek(debt_pending) && !__atomic_exchange_n(&state.armed, true, __ATOMIC_RELAXED))
    array_detach_all(cpu);
}

}  // namespace uma
