// SPDX-License-Identifier: BSD-2-Clause
//
// What older kernels do not know.
#ifndef UMA_TESTS_CONFORMANCE_OLD_KERNEL_H_
#define UMA_TESTS_CONFORMANCE_OLD_KERNEL_H_

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/conformance/check.h"

namespace check {

inline constexpr unsigned kDontneedLocked = 24;  // advice of Linux 5.18
inline constexpr unsigned kGuardInstall = 102;   // of 6.13

// From now on this advice is refused as one that the kernel does not know.
inline void RefuseAdvice(unsigned advice) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, advice, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {sizeof code / sizeof code[0], code};
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

}  // namespace check

#endif  // UMA_TESTS_CONFORMANCE_OLD_KERNEL_H_
