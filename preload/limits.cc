// SPDX-License-Identifier: BSD-2-Clause
// A program that limits its own address space gets what is free of ours at once.
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "alloc/base/util.h"
#include "alloc/os/os.h"
#include "alloc/page/page.h"
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

}  // extern "C"
}  // namespace uma
