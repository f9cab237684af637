// SPDX-License-Identifier: BSD-2-Clause
// Fork: all locks are taken in rank order before, and released on both sides after. Meanwhile the
// forking thread passes through its own locks, because handlers of other libraries allocate.
#include "alloc/uma/fork.h"

#include <pthread.h>

#include "alloc/base/lock.h"
#include "alloc/os/streams.h"
#include "alloc/uma/background.h"
#include "alloc/uma/zone.h"

namespace uma {
namespace {

constinit ForkHooks upper{};
constinit bool registered = false;

// Held while handlers are registered. Not ranked: it is taken before all others.
constinit Lock registering;
// libc runs the handlers without a lock of its own: two threads may fork at once.
constinit Lock forking;
constinit unsigned nested = 0;   // forks by handlers of other libraries meanwhile
constinit bool streams = false;  // the lock of libc's is taken

void after(void (*below)()) {
  if (nested) {
    nested--;
    return;
  }
  __atomic_store_n(&Lock::fork_thread, uintptr_t{0}, __ATOMIC_RELEASE);
  if (upper.release) upper.release();
  below();
  registering.fork_release();
  forking.unlock();
}

// libc's lock comes before ours: whoever holds it may wait for one who allocates.
void prepare() {
  const bool outer = !forking.held_by_me();
  const bool taken = outer && os::streams_lock();
  fork_locks_prepare();
  if (outer) streams = taken;
}

void parent() {
  const bool outer = !nested;
  const bool taken = streams;
  after(uma_fork_parent);
  if (outer && taken) os::streams_unlock();
}

// The fork of a handler freed the lock in its child, where the outer fork goes on.
void child() {
  if (streams) {
    os::streams_reset();
    if (nested) os::streams_lock();
  }
  after(uma_fork_child);
}

}  // namespace

void fork_locks_prepare() {
  if (forking.held_by_me()) {
    nested++;
    return;
  }
  forking.lock();
  registering.fork_prepare();
  uma_fork_prepare();
  if (upper.prepare) upper.prepare();
  uma_fork_prepare_memory();
  __atomic_store_n(&Lock::fork_thread, thread_self(), __ATOMIC_RELEASE);
}

void fork_locks_parent() { after(uma_fork_parent); }

void fork_locks_child() {
  after(uma_fork_child);
  background_copied_child();
}

void fork_set_upper(const ForkHooks& hooks) { upper = hooks; }

int fork_register(ForkRegister* add, ForkHandler* prepare, ForkHandler* parent, ForkHandler* child,
                  void* library) {
  const bool mine = registering.held_by_me();  // by a fork, whose handlers register more
  if (!mine) registering.lock();
  const int error = add(prepare, parent, child, library);
  if (!mine) registering.unlock();
  return error;
}

void uma_start_hook() {
  if (__atomic_exchange_n(&registered, true, __ATOMIC_ACQ_REL)) return;
  pthread_atfork(prepare, parent, child);
}

}  // namespace uma
