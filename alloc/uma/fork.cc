// SPDX-License-Identifier: BSD-2-Clause
// Fork: all locks are taken in rank order before, and released on both sides after. Meanwhile the
// forking thread passes through its own locks, because handlers of other libraries allocate.
#include "alloc/uma/fork.h"

#include <pthread.h>

#include "alloc/base/lock.h"
#include "alloc/uma/zone.h"

namespace uma {
namespace {

constinit ForkHooks upper{};
constinit bool registered = false;

// libc runs the handlers without a lock of its own: two threads may fork at once.
constinit Lock forking;
constinit unsigned nested = 0;  // forks by handlers of other libraries meanwhile

bool inner() {
  if (!nested) return false;
  nested--;
  return true;
}

void prepare() {
  if (forking.held_by_me()) {
    nested++;
    return;
  }
  forking.lock();
  uma_fork_prepare();
  if (upper.prepare) upper.prepare();
  uma_fork_prepare_memory();
  __atomic_store_n(&Lock::fork_thread, thread_self(), __ATOMIC_RELEASE);
}

void parent() {
  if (inner()) return;
  __atomic_store_n(&Lock::fork_thread, uintptr_t{0}, __ATOMIC_RELEASE);
  if (upper.release) upper.release();
  uma_fork_parent();
  forking.unlock();
}

void child() {
  if (inner()) return;
  __atomic_store_n(&Lock::fork_thread, uintptr_t{0}, __ATOMIC_RELEASE);
  if (upper.release) upper.release();
  uma_fork_child();
  forking.unlock();
}

}  // namespace

void fork_set_upper(const ForkHooks& hooks) { upper = hooks; }

void uma_start_hook() {
  if (__atomic_exchange_n(&registered, true, __ATOMIC_ACQ_REL)) return;
  pthread_atfork(prepare, parent, child);
}

}  // namespace uma
