// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/background.h"

#include "alloc/base/options.h"
#include "alloc/os/libc_code.h"
#include "alloc/os/os.h"
#include "alloc/os/published.h"
#include "alloc/os/thread.h"
#include "alloc/uma/decay.h"
#include "alloc/uma/reclaim.h"

namespace uma {

constinit bool helper_running = false;

namespace {

// Times in ns.
constexpr uint64_t kBatch = 1000000;      // of steps, then the helper sleeps
constexpr unsigned kHelperShare = 16;     // of one CPU, at most
constexpr uint64_t kRetry = 10000000000;  // after a thread could not be started
constexpr uint64_t kGone = 1000000000;    // after it ended, a helper is gone
constexpr unsigned kInlineShare = 32;  // of a thread's time, where slow operations take the steps
constexpr unsigned kInlineVisits = 8;  // slow operations from look to look
constexpr uint64_t kNever = ~uint64_t{0};

struct State {
  unsigned thread = 0;  // its id, 0: not there
  uint32_t stop = 0;    // a futex word; 1: the helper shall end
  bool forbidden = false;
  bool copied = false;    // a child not made by libc's fork, or one of its children
  uint64_t retry_at = 0;  // no thread before
  unsigned visits = 0;
  uint64_t next_step = 0;  // of a slow operation
};
constinit State state;

bool flag(const bool& word) { return load_acquire(word); }

// The last helper, or a thread of the program that was given the same id after it.
bool thread_there() {
  const unsigned id = load_relaxed(state.thread);
  return id && os::thread_exists(id);
}

// Steps for a millisecond, or until one is not due yet. Returns how long to sleep.
uint64_t batch() {
  const uint64_t start = os::clock_ns();
  for (;;) {
    const uint64_t wait = decay_step();
    if (wait == kDecayDone) return kDecayDone;
    const uint64_t used = os::clock_ns() - start;
    if (wait || used >= kBatch) return max(wait, used * (kHelperShare - 1));
  }
}

// True: there is more to do, and no other helper does it.
bool go_on() {
  store_relaxed(idle_noted, false);
  if (decay_needed()) return true;
  store_release(helper_running, false);
  // What was noted meanwhile found a helper running.
  return decay_needed() && exchange_set(helper_running);
}

void help() {
  os::thread_name("uma_reclaim");
  store_release(state.thread, os::thread_id());
  while (!load_relaxed(state.stop)) {
    const uint64_t wait = batch();
    if (wait == kDecayDone) {
      if (!go_on()) return;
    } else {
      os::thread_sleep(&state.stop, 0, wait);
    }
  }
  store_release(helper_running, false);
}

// Not in the middle of what a new thread would disturb, or what would hang in starting it.
bool may_start(const void* caller) {
  if (load_relaxed(Lock::fork_thread) || reclaim_lock().held_by_me()) return false;
  if (!os::libc_is_shared() || os::code_of_libc(caller)) return false;
  return os::pid() == uma_layout.pid;  // else a child that shares our memory
}

bool thread_wanted() {
  if (options.background == Options::kBackgroundOff || state.copied) return false;
  if (options.background == Options::kBackgroundOn) return true;
  return !flag(state.forbidden);
}

// True: there is a helper.
bool start() {
  UMA_ASSERT(!Lock::any_held_after(Rank::kNone));
  if (!exchange_set(helper_running)) return true;
  store_relaxed(idle_noted, false);
  if (os::thread_start(help)) return true;
  store_relaxed(state.retry_at, os::clock_ns() + kRetry);
  store_release(helper_running, false);
  note_idle();
  return false;
}

// One step, if it is due and another thread is not at it.
void step_inline(uint64_t now) {
  const uint64_t wait = decay_step();
  const uint64_t used = os::clock_ns() - now;
  if (wait == kDecayDone && !decay_needed()) store_relaxed(idle_noted, false);
  store_relaxed(state.next_step, now + max(wait == kDecayDone ? 0 : wait, used * kInlineShare));
}

}  // namespace

void background_visit(const void* caller) {
  const unsigned visits = load_relaxed(state.visits) + 1;
  store_relaxed(state.visits, visits);
  if (load_relaxed(state.retry_at) == 0 && thread_wanted() && may_start(caller) && start()) return;
  if (visits % kInlineVisits) return;
  const uint64_t now = os::clock_ns();
  if (load_relaxed(state.retry_at) && now >= load_relaxed(state.retry_at))
    store_relaxed(state.retry_at, 0);
  if (now >= load_relaxed(state.next_step) && !reclaim_lock().held_by_me()) step_inline(now);
}

void background_exit() { store_release(state.forbidden, true); }

bool background_forbid() {
  if (os::pid() != uma_layout.pid) return false;  // a child that shares our memory has no helper
  background_exit();
  // One that says that it has ended may still be on its way out.
  if (!flag(helper_running) && !thread_there()) return false;
  store_release(state.stop, 1u);
  os::thread_wake(&state.stop);
  while (flag(helper_running)) os::thread_yield();
  for (const uint64_t end = os::clock_ns() + kGone; thread_there() && os::clock_ns() < end;)
    os::thread_yield();
  store_release(state.thread, 0u);
  store_release(state.stop, 0u);
  note_idle();
  return true;
}

void background_fork_child() {
  const bool more = helper_running;
  state = {.forbidden = state.forbidden, .copied = state.copied};
  helper_running = false;
  if (more) note_idle();
}

void background_copied_child() { state.copied = true; }

}  // namespace uma
