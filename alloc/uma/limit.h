// SPDX-License-Identifier: BSD-2-Clause
// The most items that a keg, or a zone without one, may have out, and who waits for one. Items in
// caches and buckets are out. The lock of the keg, or of the zone, covers it.
//
// The queue is first in, first out: an item that comes back is granted to the oldest waiter at
// once, so while somebody waits there is room for nobody else.
#ifndef UMA_UMA_LIMIT_H_
#define UMA_UMA_LIMIT_H_

#include "alloc/base/util.h"

namespace uma {

// How items may be had, ORed.
inline constexpr unsigned kMayGrow = 1;     // new slabs
inline constexpr unsigned kMayReserve = 2;  // what uma_zone_reserve keeps
inline constexpr unsigned kGranted = 4;     // one item was granted to the caller

// On the stack of a thread that waits.
struct Waiter {
  Waiter* next;
  uint32_t granted;  // a futex word
};

struct Limit {
  uint64_t max = 0;      // 0: no limit
  uint64_t granted = 0;  // items for waiters that did not take them yet
  Waiter* first = nullptr;
  Waiter* last = nullptr;
  uint32_t waiters = 0;
  bool over = false;  // more are out than the limit, which was lowered
};

// Whether items that are freed go back at once instead of being cached. Read without the lock.
inline bool limit_wants_back(const Limit& limit) {
  return load_relaxed(limit.waiters) || load_relaxed(limit.over);
}

// With `out` items out, how many more there may be.
uint64_t limit_room(const Limit& limit, uint64_t out);
// Of `count` items asked for, how many may be had. `how` as above.
unsigned limit_admit(const Limit& limit, uint64_t out, unsigned count, unsigned how);
// A granted item was taken, or is given up.
void limit_take_grant(Limit* limit);
// Puts a waiter at the end of the queue.
void limit_wait(Limit* limit, Waiter* waiter);
bool limit_has(const Limit& limit, const Waiter* waiter);
// Sets the limit, with `out` items out.
void limit_set(Limit* limit, uint64_t max, uint64_t out);
// Grants what there is room for now to the oldest waiters; they are out of the queue then. The
// chain is for limit_wake, after the lock was released.
Waiter* limit_grant(Limit* limit, uint64_t out);
void limit_wake(Waiter* chain);
// In the child of a fork: the waiters are threads that it does not have.
void limit_forget(Limit* limit);

}  // namespace uma

#endif  // UMA_UMA_LIMIT_H_
