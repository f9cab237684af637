// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/fork.h"

#include <pthread.h>

#include "alloc/base/options.h"
#include "alloc/os/meta.h"
#include "alloc/os/os.h"
#include "alloc/os/published.h"
#include "alloc/os/streams.h"
#include "alloc/uma/background.h"
#include "alloc/uma/bucket.h"
#include "alloc/uma/large_block.h"
#include "alloc/uma/lowmem.h"
#include "alloc/uma/own_pages.h"
#include "alloc/uma/reclaim.h"
#include "alloc/uma/registry.h"
#include "alloc/uma/slab.h"
#include "alloc/uma/smr_zone.h"

namespace uma {
namespace {

// All locks, by rank: forwards to prepare, backwards to release.
struct Locks {
  Rank rank;
  LockWalk walk;
};
constexpr unsigned kBuiltIn = 14;
constexpr unsigned kAdded = 2;  // by layers above
constinit Locks all[kBuiltIn + kAdded] = {
    {Rank::kReclaim, reclaim_locks},   {Rank::kCreation, registry_locks},
    {Rank::kDrain, percpu_locks},      {Rank::kZone, zone_locks},
    {Rank::kKeg, keg_locks},           {Rank::kPage, page_locks},
    {Rank::kLarge, large_block_locks}, {Rank::kPool, registry_pool_locks},
    {Rank::kPool, bucket_pool_locks},  {Rank::kPool, slab_pool_locks},
    {Rank::kPool, own_pages_locks},    {Rank::kPool, lowmem_locks},
    {Rank::kPool, smr_locks},          {Rank::kMeta, meta_locks},
};
constinit unsigned count = kBuiltIn;

constinit bool registered = false;

// Held while handlers are registered. Not ranked: it is taken before all others.
constinit Lock registering;
// libc runs the handlers without a lock of its own: two threads may fork at once.
constinit Lock forking;
constinit unsigned nested = 0;   // forks by handlers of other libraries meanwhile
constinit bool streams = false;  // the lock of libc's is taken

void take_all() {
  for (unsigned i = 0; i < count; i++) all[i].walk([](Lock& lock) { lock.fork_prepare(); });
}

void release_all() {
  for (unsigned i = count; i-- > 0;) all[i].walk([](Lock& lock) { lock.fork_release(); });
}

void after(bool in_child) {
  if (nested) {
    nested--;
    return;
  }
  store_release(Lock::fork_thread, 0);
  if (in_child) {
    uma_layout.pid = os::pid();
    background_fork_child();
    registry_fork_child();
    lowmem_fork_child();
    smr_fork_child();
  }
  release_all();
  // Calls functions of libc that a program may have replaced by ones that allocate.
  if (in_child) percpu_fork_child();
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
  after(false);
  if (outer && taken) os::streams_unlock();
}

// The fork of a handler freed the lock in its child, where the outer fork goes on.
void child() {
  if (streams) {
    os::streams_reset();
    if (nested) os::streams_lock();
  }
  after(true);
}

}  // namespace

void fork_add_locks(Rank rank, LockWalk walk) {
  unsigned i = count++;
  for (; i > 0 && all[i - 1].rank > rank; i--) all[i] = all[i - 1];
  all[i] = {rank, walk};
}

void fork_locks_prepare() {
  if (forking.held_by_me()) {
    nested++;
    return;
  }
  forking.lock();
  registering.fork_prepare();
  take_all();
  store_release(Lock::fork_thread, thread_self());
}

void fork_locks_parent() { after(false); }

void fork_locks_child() {
  after(true);
  background_copied_child();
}

int fork_register(ForkRegister* add, ForkHandler* prepare, ForkHandler* parent, ForkHandler* child,
                  void* library) {
  const bool mine = registering.held_by_me();  // by a fork, whose handlers register more
  if (!mine) registering.lock();
  const int error = add(prepare, parent, child, library);
  if (!mine) registering.unlock();
  return error;
}

void fork_hook() {
  if (!exchange_set(registered)) return;
  pthread_atfork(prepare, parent, child);
}

}  // namespace uma
