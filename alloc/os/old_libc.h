// SPDX-License-Identifier: BSD-2-Clause
// Functions that a program may lack, because glibc before 2.34 had them in libraries of their own:
// libdl and libpthread. Weak for everybody who includes this: ask for the address before a call.
// The archives ask for those of threads in alloc/static_libc.S.
#ifndef UMA_OS_OLD_LIBC_H_
#define UMA_OS_OLD_LIBC_H_

#pragma weak dlsym
#pragma weak pthread_attr_setstacksize
#pragma weak pthread_create
#pragma weak pthread_mutex_consistent
#pragma weak pthread_mutex_trylock

#endif  // UMA_OS_OLD_LIBC_H_
