# SPDX-License-Identifier: BSD-2-Clause
# A static program has all of libc at hand, but a weak reference takes nothing from an archive. So
# ours name the functions of alloc/os/old_libc.h once more. Not dlsym: a static program has nothing
# to look up. With pthread_create comes the start-up of libpthread before glibc 2.34, without which
# a thread has no list of robust mutexes.
        .globl  pthread_create
        .globl  pthread_mutex_consistent
        .globl  pthread_mutex_trylock
        .section .note.GNU-stack, "", @progbits
