// SPDX-License-Identifier: BSD-2-Clause
// Fork: all locks are taken in rank order before, and released on both sides after. Meanwhile the
// forking thread passes through its own locks, because handlers of other libraries allocate.
#ifndef UMA_UMA_FORK_H_
#define UMA_UMA_FORK_H_

#include "alloc/base/lock.h"

namespace uma {

// A layer above adds its locks, all of one rank; once each, before the first fork.
void fork_add_locks(Rank rank, LockWalk walk);
// Registers the handlers with libc, once; any thread.
void fork_hook();

// What the handlers do with our locks, for calls that copy the process without calling handlers.
// The child starts no helper thread.
void fork_locks_prepare();
void fork_locks_parent();
void fork_locks_child();

// Calls `add` with what follows it, as libc's function to register handlers is called. It allocates
// with a lock of libc's held that fork takes after our handler, so fork waits for it first.
using ForkHandler = void();
using ForkRegister = int(ForkHandler* prepare, ForkHandler* parent, ForkHandler* child,
                         void* library);
int fork_register(ForkRegister* add, ForkHandler* prepare, ForkHandler* parent, ForkHandler* child,
                  void* library);

}  // namespace uma

#endif  // UMA_UMA_FORK_H_
