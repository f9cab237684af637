// SPDX-License-Identifier: BSD-2-Clause
// What the kernel handed to this process at exec, read without libc.
#ifndef UMA_OS_AUXV_H_
#define UMA_OS_AUXV_H_

#include <stdint.h>

namespace uma::os {

// The words at the start of the stack: argc, argv, a null, the environment, a null, the auxiliary
// vector. Null where they are not as expected, as after a loader that was started by hand.
char** initial_words();
// The value of an entry of the auxiliary vector. False: there is none.
bool auxiliary(uintptr_t type, uintptr_t* value);

}  // namespace uma::os

#endif  // UMA_OS_AUXV_H_
