// SPDX-License-Identifier: BSD-2-Clause
// The calls that succeed only in a process with one thread, and those that may forbid to start one:
// before them the helper thread ends, and no other is started. The calls themselves are made as
// libc makes them.
#include <sched.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "alloc/os/os.h"
#include "alloc/uma/background.h"
#include "preload/visible.h"

namespace uma {
extern "C" {

UMA_LIBC int unshare(int what) noexcept {
  background_forbid();
  return result(os::program_call(SYS_unshare, what, 0, 0));
}

UMA_LIBC int setns(int descriptor, int type) noexcept {
  background_forbid();
  return result(os::program_call(SYS_setns, descriptor, type, 0));
}

// A filter of system calls, or what a process without privileges must ask for before it.
UMA_LIBC int prctl(int option, ...) noexcept {
  long words[4];
  va_list list;
  va_start(list, option);
  for (long& word : words) word = va_arg(list, long);
  va_end(list);
  if (option == PR_SET_SECCOMP || option == PR_SET_NO_NEW_PRIVS) background_forbid();
  return result(os::program_call(SYS_prctl, option, words[0], words[1], words[2], words[3]));
}

}  // extern "C"
}  // namespace uma
