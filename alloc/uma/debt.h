// SPDX-License-Identifier: BSD-2-Clause
// Memory that ought to go back to the system: empty runs beyond the allowance, empty pages inside
// mostly free slabs. A free that makes it only notes a debt. It is paid by later slow operations,
// at most every few milliseconds and for a small share of run time. While there is a debt the
// arrays of the paying CPU are detached after a payment, so that a program which from now on
// allocates little comes by again. It may have filled them before: then the rest stays.
#ifndef UMA_UMA_DEBT_H_
#define UMA_UMA_DEBT_H_

#include "alloc/percpu/percpu.h"

namespace uma {

void debt_note();
void debt_pay_due(Cpu* cpu);
extern bool debt_pending;

// Called by every slow operation, with no lock held; cpu is the caller's.
inline void debt_pay(Cpu* cpu) {
  if (unlikely(peek(debt_pending))) debt_pay_due(cpu);
}

}  // namespace uma

#endif  // UMA_UMA_DEBT_H_
