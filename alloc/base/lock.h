// SPDX-License-Identifier: BSD-2-Clause
// The futex lock of every structure, with its rank and its owner.
//
// A thread takes locks in the order of their ranks; a checking build aborts where it does not. The
// fork handlers take every lock in the same order.
#ifndef UMA_BASE_LOCK_H_
#define UMA_BASE_LOCK_H_

#include <stdint.h>

#include "alloc/base/check.h"
#include "alloc/base/util.h"

namespace uma {

// The lock order, first to last.
enum class Rank : uint8_t {
  kNone,      // outside the order, not checked
  kReclaim,   // caches are given back by one thread at a time; no zone goes away meanwhile
  kCreation,  // one zone is made or destroyed at a time
  kRegistry,  // the list of zones
  kDrain,     // one CPU is stopped at a time
  kRegions,   // a CPU or an entry is seen for the first time
  kCpu,       // capacity of a CPU's arrays; all access to the shared CPU
  kZone,      // its buckets
  kKeg,       // its slabs and their headers
  kPage,      // spans, runs
  kLarge,     // the table and the cache of mappings
  kPool,      // one pool of metadata
  kMeta       // the memory that pools grow from
};

// Constant-initialised: usable before any constructor.
class Lock {
 public:
  constexpr explicit Lock(Rank rank = Rank::kNone) : rank_(rank) {}

  void lock() {
    if (unlikely(!take()) && lock_slow()) return;
    if constexpr (kChecking) rank_enter();
  }
  bool try_lock();
  void unlock() {
    if (unlikely(load_relaxed(fork_thread) != 0) && passes_through()) return;  // fork holds it
    if constexpr (kChecking) rank_leave();
    release();
  }
  bool held_by_me() const { return (load_relaxed(word_) & ~kWaiters) == thread_self(); }
  // Whether the calling thread holds a lock that comes after `rank`. Checking builds only.
  static bool any_held_after(Rank rank);

  // The order is not checked for the calling thread any more: another process will take locks with
  // its thread-local memory.
  static void leave_order();

  // Fork: prepare takes the lock unless an interrupted frame of this very thread holds it; after
  // the fork only what prepare took is released. In between the thread passes through both kinds.
  void fork_prepare();
  void fork_release();

  // The thread between fork's prepare and its parent or child half; it passes through the locks of
  // the fork, because handlers of other libraries allocate there.
  static uintptr_t fork_thread;

 private:
  static constexpr uintptr_t kWaiters = 1;  // thread pointers are aligned

  bool take(uintptr_t waiters = 0) { return replace_acquire(word_, 0, thread_self() | waiters); }
  void release() {
    if (exchange_release(word_, 0) & kWaiters) wake();
  }
  bool lock_slow();  // true: passed through without taking it
  bool passes_through() const { return in_fork_ && load_relaxed(fork_thread) == thread_self(); }
  void wake();
  void rank_enter() const;
  void rank_leave() const;

  // 0 free, else the owner's thread pointer, with kWaiters if somebody sleeps. One word, because a
  // signal handler that forks must know at any instruction whether a frame below it holds the lock.
  uintptr_t word_ = 0;
  Rank rank_;
  bool in_fork_ = false;
  bool taken_for_fork_ = false;
};

class Guard {
 public:
  explicit Guard(Lock& lock) : lock_(lock) { lock_.lock(); }
  ~Guard() { lock_.unlock(); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  Lock& lock_;
};

// Contracts of functions that want a lock held, or none: see check.h. The caller is named.
inline void assert_held(const Lock& lock, const char* file = __builtin_FILE(),
                        int line = __builtin_LINE()) {
  if constexpr (kChecking)
    if (!lock.held_by_me()) report::assertion("the lock is held", file, line);
}
inline void assert_not_held(const Lock& lock, const char* file = __builtin_FILE(),
                            int line = __builtin_LINE()) {
  if constexpr (kChecking)
    if (lock.held_by_me()) report::assertion("the lock is not held", file, line);
}
// Before a function of a zone's owner, which may allocate and free. The reclaim lock may be held:
// this may be inside a fini.
inline void assert_may_call_owner(const char* file = __builtin_FILE(),
                                  int line = __builtin_LINE()) {
  if constexpr (kChecking)
    if (Lock::any_held_after(Rank::kReclaim)) report::assertion("no lock is held", file, line);
}

// For fork: each file that has locks visits them in their order.
using LockVisitor = void (*)(Lock& lock);
using LockWalk = void (*)(LockVisitor visit);

}  // namespace uma

#endif  // UMA_BASE_LOCK_H_
