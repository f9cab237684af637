// SPDX-License-Identifier: BSD-2-Clause
// Where the code of libc and of the loader lies: what is called from there may hold a lock of
// theirs.
#ifndef UMA_OS_LIBC_CODE_H_
#define UMA_OS_LIBC_CODE_H_

namespace uma::os {

// Found before main, or when the library is opened. False: libc is part of the program.
bool libc_is_shared();
// Whether an address lies in that code; false for all where libc is part of the program.
bool code_of_libc(const void* address);

}  // namespace uma::os

#endif  // UMA_OS_LIBC_CODE_H_
