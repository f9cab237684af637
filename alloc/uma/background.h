// SPDX-License-Identifier: BSD-2-Clause
// Who takes the steps of decay: a helper thread, which exists only while there is something to give
// back, or, where there can be none, the slow operations of the program.
#ifndef UMA_UMA_BACKGROUND_H_
#define UMA_UMA_BACKGROUND_H_

#include "alloc/page/page.h"

namespace uma {

extern bool helper_running;  // a helper exists, or is about to
void background_visit(const void* caller);
// After a slow operation, with no lock held. `caller` is where the program goes on: no thread is
// started on behalf of libc or the loader, which may hold a lock that starting one needs.
inline void background_poll(const void* caller) {
  if (unlikely(load_relaxed(idle_noted)) && !load_acquire(helper_running)) background_visit(caller);
}

// No helper from now on; on return there is none. For what a process can do only with one thread,
// and for filters of system calls, which may forbid to start one. True: one was there.
bool background_forbid();
// The same without waiting, at the end of the process.
void background_exit();

void background_fork_child();
// In a child that was made without libc's fork: libc's list of threads is not as it must be to
// start one, and the child may end by a call that ends only one thread. For good.
void background_copied_child();

}  // namespace uma

#endif  // UMA_UMA_BACKGROUND_H_
