// SPDX-License-Identifier: BSD-2-Clause
// The calls that succeed only in a process with one thread, and those that may forbid to start one:
// before them the helper thread ends, and no other is started. The calls themselves are made as
// libc makes them.
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "alloc/os/os.h"
#include "alloc/os/thread.h"
#include "alloc/uma/background.h"
#include "preload/visible.h"

namespace uma {
namespace {

// The kernel lets go of what an ended thread shared some moments after its id is gone, and refuses
// with EINVAL until then.
constexpr int kTries = 1000;

long alone_call(long number, long first, long second) {
  const bool ended = background_forbid();
  long error = os::program_call(number, first, second, 0);
  for (int i = 0; i < kTries && ended && error == -EINVAL; i++) {
    os::thread_yield();
    error = os::program_call(number, first, second, 0);
  }
  return error;
}

}  // namespace

extern "C" {

UMA_LIBC int unshare(int what) noexcept { return result(alone_call(SYS_unshare, what, 0)); }

UMA_LIBC int setns(int descriptor, int type) noexcept {
  return result(alone_call(SYS_setns, descriptor, type));
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
