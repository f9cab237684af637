// SPDX-License-Identifier: BSD-2-Clause
// What the files of this layer share: the virtual CPUs of processes without rseq.
#ifndef UMA_PERCPU_INTERNAL_H_
#define UMA_PERCPU_INTERNAL_H_

#include "alloc/base/options.h"
#include "alloc/percpu/percpu.h"

namespace uma {

constexpr uint32_t kNoClaim = ~0u;  // in claim_wait: never again

unsigned vcpu_count(unsigned cpus);
bool vcpu_start(unsigned count);
// Claims a virtual CPU for this thread and stores it in the stand-in area. -1: all are taken.
int vcpu_claim();
// Exclusive use of a virtual CPU that no living thread owns, or that this thread owns.
bool vcpu_stop(unsigned id);
void vcpu_resume(unsigned id);
// The calling thread gives its virtual CPU back and never claims one again.
void vcpu_give_up();
void vcpu_fork_child();
Cpu* percpu_create(unsigned id);

}  // namespace uma

#endif  // UMA_PERCPU_INTERNAL_H_
