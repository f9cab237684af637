// SPDX-License-Identifier: BSD-2-Clause
// The kernel's own library in this process, for reading the clock without a system call.
#ifndef UMA_OS_VDSO_H_
#define UMA_OS_VDSO_H_

namespace uma::os {

// The address of a function of the kernel's library, null: it has none of that name, or this
// process has no such library (valgrind).
void* vdso_function(const char* name);

}  // namespace uma::os

#endif  // UMA_OS_VDSO_H_
