// SPDX-License-Identifier: BSD-2-Clause
// What a program does when memory is short: its own handlers, before memory is refused to who could
// wait. The cap on all memory is in alloc/page/cap.h.
#ifndef UMA_UMA_LOWMEM_H_
#define UMA_UMA_LOWMEM_H_

#include "alloc/base/lock.h"

namespace uma {

// Calls the handlers, the highest priority first, but in a thread that is in one, and while another
// thread is at it. No lock is held.
void lowmem_run(int reason);
void lowmem_locks(LockVisitor visit);  // for fork
void lowmem_fork_child();

}  // namespace uma

#endif  // UMA_UMA_LOWMEM_H_
