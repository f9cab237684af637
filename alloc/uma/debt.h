// SPDX-License-Identifier: BSD-2-Clause
// Memory that ought to go back to the system: empty runs beyond the allowance, empty pages inside
// kegs of which more is idle than in use. A free that leaves such memory only notes a debt; slow
// operations pay it a while later, if the memory is still idle then.
//
// A program that goes quiet after freeing much would not take a slow path again. So once most is
// free, all operations go around the arrays for a while: as many as would free the rest and some
// thousands more, all in all a small share of run time. That catches the end of a mass free, and
// what a quiet program does afterwards, until the debt is paid.
#ifndef UMA_UMA_DEBT_H_
#define UMA_UMA_DEBT_H_

#include "alloc/base/util.h"

namespace uma {

void debt_start();  // run time counts from here
void debt_note();
bool debt_visit();
extern bool debt_pending;

// Called by every slow operation, with no lock held. True: the operation is to go
// around the arrays.
inline bool debt_pay() { return unlikely(peek(debt_pending)) && debt_visit(); }

}  // namespace uma

#endif  // UMA_UMA_DEBT_H_
