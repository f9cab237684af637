// SPDX-License-Identifier: BSD-2-Clause
// Raw system calls: they leave errno alone and need nothing of libc, so they work in the loader.
#ifndef UMA_BASE_SYSCALL_H_
#define UMA_BASE_SYSCALL_H_

#include <sys/syscall.h>

namespace uma {

// Returns what the kernel returns: a negative number is an error code.
inline long raw_syscall(long nr, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                        long f = 0) {
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  long ret;
  asm volatile("syscall"
               : "=a"(ret)
               : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return ret;
}

}  // namespace uma

#endif  // UMA_BASE_SYSCALL_H_
