# SPDX-License-Identifier: BSD-2-Clause
# A static program has all of libc at hand, but a weak reference takes nothing from an archive. So
# ours name the functions of alloc/os/old_libc.h once more, in a section that is never loaded. Not
# dlsym: a static program has nothing to look up.
        .section .libc_names, "", @progbits
        .quad   pthread_mutex_consistent
        .quad   pthread_mutex_trylock
        .quad   pthread_mutexattr_destroy
        .quad   pthread_mutexattr_init
        .quad   pthread_mutexattr_setrobust
        .section .note.GNU-stack, "", @progbits
