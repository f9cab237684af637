// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/limit.h"

#include "alloc/os/thread.h"

namespace uma {

uint64_t limit_room(const Limit& limit, uint64_t out) {
  const uint64_t max = load_relaxed(limit.max);
  if (!max) return ~uint64_t{0};
  const uint64_t taken = out + load_relaxed(limit.granted);
  return max > taken ? max - taken : 0;
}

unsigned limit_admit(const Limit& limit, uint64_t out, unsigned count, unsigned how) {
  if (how & kGranted) return 1;
  return unsigned(min(uint64_t{count}, limit_room(limit, out)));
}

void limit_take_grant(Limit* limit) {
  UMA_ASSERT(limit->granted > 0);
  owned_sub(limit->granted);
}

void limit_wait(Limit* limit, Waiter* waiter) {
  *waiter = {};
  if (limit->last)
    limit->last->next = waiter;
  else
    limit->first = waiter;
  limit->last = waiter;
  owned_add(limit->waiters);
}

bool limit_has(const Limit& limit, const Waiter* waiter) {
  const Waiter* w = limit.first;
  while (w && w != waiter) w = w->next;
  return w != nullptr;
}

void limit_set(Limit* limit, uint64_t max, uint64_t out) {
  store_relaxed(limit->max, max);
  store_relaxed(limit->over, max && out > max);
}

Waiter* limit_grant(Limit* limit, uint64_t out) {
  if (limit->over && out <= limit->max) store_relaxed(limit->over, false);
  Waiter* const chain = limit->first;
  Waiter* last = nullptr;
  for (uint64_t room = limit_room(*limit, out); limit->first && room; room--) {
    last = limit->first;
    limit->first = last->next;
    owned_add(limit->granted);
    owned_sub(limit->waiters);
  }
  if (!limit->first) limit->last = nullptr;
  if (!last) return nullptr;
  last->next = nullptr;
  return chain;
}

void limit_wake(Waiter* chain) {
  while (chain) {
    Waiter* const waiter = chain;
    chain = waiter->next;
    // From here on its thread may be gone; waking an address that nobody waits at does nothing.
    store_release(waiter->granted, 1U);
    os::thread_wake(&waiter->granted);
  }
}

void limit_forget(Limit* limit) {
  limit->granted = 0;
  limit->first = limit->last = nullptr;
  limit->waiters = 0;
}

}  // namespace uma
