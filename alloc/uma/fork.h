// SPDX-License-Identifier: BSD-2-Clause
// Fork handlers, and the door through which the floor above adds its locks.
#ifndef UMA_UMA_FORK_H_
#define UMA_UMA_FORK_H_

namespace uma {

struct ForkHooks {
  void (*prepare)() = nullptr;  // takes locks of rank kLarge
  void (*release)() = nullptr;
};

void fork_set_upper(const ForkHooks& hooks);
// Registers the handlers, once; any thread.
void uma_start_hook();

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
