// SPDX-License-Identifier: BSD-2-Clause
// The calls that change how memory behaves for as long as it is mapped. A freed mapping is kept for
// the next block of its size, which must not inherit what the last owner asked for. The calls
// themselves are made as libc makes them, from signal handlers, too.
#include <sys/mman.h>
#include <sys/syscall.h>

#include "alloc/base/util.h"
#include "alloc/heap/large.h"
#include "alloc/os/os.h"
#include "preload/visible.h"

namespace uma {
namespace {

// Advice that does something once, or asks for what large blocks get anyway. Numbers: newer than
// the headers.
bool lasts(int advice) {
  constexpr int kPopulateRead = 22, kPopulateWrite = 23, kDontneedLocked = 24, kCollapse = 25;
  switch (advice) {
    case MADV_WILLNEED:
    case MADV_DONTNEED:
    case MADV_FREE:
    case MADV_REMOVE:
    case MADV_HUGEPAGE:
    case MADV_COLD:
    case MADV_PAGEOUT:
    case kPopulateRead:
    case kPopulateWrite:
    case kDontneedLocked:
    case kCollapse:
      return false;
    default:
      return true;
  }
}

}  // namespace

extern "C" {

UMA_LIBC int madvise(void* p, size_t size, int advice) noexcept {
  if (lasts(advice)) large_touch(p, size);
  return result(os::program_call(SYS_madvise, long(addr(p)), long(size), advice));
}

UMA_LIBC int mprotect(void* p, size_t size, int protection) noexcept {
  large_touch(p, size);
  return result(os::program_call(SYS_mprotect, long(addr(p)), long(size), protection));
}

UMA_LIBC int pkey_mprotect(void* p, size_t size, int protection, int key) noexcept {
  if (key == -1) return mprotect(p, size, protection);
  large_touch(p, size);
  return result(os::program_call(SYS_pkey_mprotect, long(addr(p)), long(size), protection, key));
}

UMA_LIBC int mlock(const void* p, size_t size) noexcept {
  large_touch(p, size);
  return result(os::program_call(SYS_mlock, long(addr(p)), long(size), 0));
}

UMA_LIBC int mlock2(const void* p, size_t size, unsigned flags) noexcept {
  if (flags == 0) return mlock(p, size);
  large_touch(p, size);
  return result(os::program_call(SYS_mlock2, long(addr(p)), long(size), long(flags)));
}

}  // extern "C"
}  // namespace uma
