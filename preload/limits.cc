// SPDX-License-Identifier: BSD-2-Clause
// A program that limits its own address space gets what is free of ours at once. One that locks its
// memory does not lock that, too, nor what is reserved ahead: there is a limit on what is locked.
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "alloc/base/util.h"
#include "alloc/heap/large.h"
#include "alloc/os/os.h"
#include "alloc/page/page.h"
#include "alloc/percpu/percpu.h"
#include "preload/visible.h"

namespace uma {
namespace {

int set(pid_t pid, int resource, const void* limit, void* old) {
  const long done =
      os::program_call(SYS_prlimit64, pid, resource, long(addr(limit)), long(addr(old)));
  if (done == 0 && limit && (resource == RLIMIT_AS || resource == RLIMIT_DATA))
    page_limit_changed();
  return result(done);
}

}  // namespace

extern "C" {

UMA_LIBC int setrlimit(__rlimit_resource_t resource, const rlimit* limit) noexcept {
  return set(0, int(resource), limit, nullptr);
}
UMA_LIBC int setrlimit64(__rlimit_resource_t resource, const rlimit64* limit) noexcept {
  return set(0, int(resource), limit, nullptr);
}
UMA_LIBC int prlimit(pid_t pid, __rlimit_resource resource, const rlimit* limit,
                     rlimit* old) noexcept {
  return set(pid, int(resource), limit, old);
}
UMA_LIBC int prlimit64(pid_t pid, __rlimit_resource resource, const rlimit64* limit,
                       rlimit64* old) noexcept {
  return set(pid, int(resource), limit, old);
}

UMA_LIBC int mlockall(int flags) noexcept {
  const bool before = os::future_locked();
  os::set_future_locked(true);
  large_trim(0);
  percpu_trim_regions();
  page_limit_changed();
  const long done = os::program_call(SYS_mlockall, flags, 0, 0);
  os::set_future_locked(done == 0 ? (flags & MCL_FUTURE) != 0 : before);
  return result(done);
}
UMA_LIBC int munlockall() noexcept {
  const long done = os::program_call(SYS_munlockall, 0, 0, 0);
  if (done == 0) os::set_future_locked(false);
  return result(done);
}

}  // extern "C"
}  // namespace uma
