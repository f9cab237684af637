// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/base/lock.h"

#include <linux/futex.h>

#include "alloc/base/report.h"
#include "alloc/base/syscall.h"

namespace uma {

uintptr_t Lock::fork_thread = 0;

namespace {
constexpr uint16_t kUnchecked = 1u << 15;  // above all ranks
__thread uint16_t ranks_held = 0;          // a bit for each rank; checking builds only
}  // namespace

void Lock::rank_enter() const {
  if (rank_ == Rank::kNone || in_fork_ || (ranks_held & kUnchecked)) return;
  const auto bit = uint16_t(1u << unsigned(rank_));
  if (ranks_held >= bit) report::lock_order(addr(this));
  ranks_held |= bit;
}

void Lock::rank_leave() const {
  if (rank_ != Rank::kNone) ranks_held &= uint16_t(~(1u << unsigned(rank_)));
}

void Lock::leave_order() {
  if constexpr (kChecking) ranks_held |= kUnchecked;
}

bool Lock::any_held_after(Rank rank) {
  return uint16_t(ranks_held & ~kUnchecked) >= uint16_t(2u << unsigned(rank));
}

bool Lock::try_lock() {
  if (!take()) return false;
  if constexpr (kChecking) rank_enter();
  return true;
}

bool Lock::lock_slow() {
  if (load_relaxed(fork_thread) != 0 && passes_through()) return true;
  for (int spin = 0; spin < 100; spin++) {
    if (load_relaxed(word_) == 0 && take()) return false;
    __builtin_ia32_pause();
  }
  for (;;) {
    uintptr_t seen = load_relaxed(word_);
    if (seen == 0) {
      if (take(kWaiters)) return false;  // others may sleep still
    } else if ((seen & kWaiters) != 0 || replace_acquire(word_, seen, seen | kWaiters)) {
      // The kernel compares the low half: also with another owner in it, the lock is held and
      // waited for.
      raw_syscall(SYS_futex, long(addr(&word_)), FUTEX_WAIT | FUTEX_PRIVATE_FLAG,
                  long(uint32_t(seen | kWaiters)));
    }
  }
}

void Lock::wake() {
  raw_syscall(SYS_futex, long(addr(&word_)), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
}

void Lock::fork_prepare() {
  if (in_fork_) return;
  in_fork_ = true;
  taken_for_fork_ = !held_by_me();
  if (taken_for_fork_) lock();
}

void Lock::fork_release() {
  in_fork_ = false;
  if (!taken_for_fork_) return;
  taken_for_fork_ = false;
  release();
}

}  // namespace uma
