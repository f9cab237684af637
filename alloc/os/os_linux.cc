// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "alloc/base/config.h"
#include "alloc/base/syscall.h"
#include "alloc/base/util.h"
#include "alloc/os/os.h"
#include "alloc/os/vdso.h"

namespace uma::os {
namespace {

// Newer than the headers: of Linux 6.13, and of 5.18.
constexpr int kGuardInstall = 102;
constexpr int kGuardRemove = 103;
constexpr int kDontneedLocked = 24;

// Memory in place of locked memory is a mapping of its own, of which the process has 65530.
constexpr unsigned kReplacedMost = 8192;

constexpr long kRseqUnregister = 1;

bool failed(long ret) { return ret < 0 && ret > -4096; }

void* map_with(void* where, size_t size, int protection, int flags, bool* taken = nullptr) {
  if (where) flags |= MAP_FIXED_NOREPLACE;
  if (taken) *taken = false;
  long ret = raw_syscall(SYS_mmap, long(addr(where)), long(size), protection,
                         flags | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  void* got = failed(ret) ? nullptr : at<void>(uintptr_t(ret));
  if (!where || got == where) return got;
  // A kernel without MAP_FIXED_NOREPLACE takes the address as a hint.
  if (got) unmap(got, size);
  if (taken) *taken = got || ret == -EEXIST;
  return nullptr;
}

bool advise(void* p, size_t size, int advice) {
  return raw_syscall(SYS_madvise, long(addr(p)), long(size), advice) == 0;
}

// The kernel's function that reads a clock. libc's may be replaced, by one that allocates or that
// tells another time.
using ClockFunction = int(clockid_t, timespec*);
int clock_call(clockid_t id, timespec* t) {
  return int(raw_syscall(SYS_clock_gettime, id, long(addr(t))));
}
constinit ClockFunction* clock_function = nullptr;

ClockFunction* find_clock() {
  void* found = vdso_function("__vdso_clock_gettime");
  ClockFunction* function = found ? reinterpret_cast<ClockFunction*>(found) : clock_call;
  store_relaxed(clock_function, function);
  return function;
}

uint64_t clock_read(clockid_t id) {
  timespec t{};
  ClockFunction* function = load_relaxed(clock_function);
  if (unlikely(!function)) function = find_clock();
  function(id, &t);
  return uint64_t(t.tv_sec) * 1000000000u + uint64_t(t.tv_nsec);
}

}  // namespace

void* reserve(void* where, size_t size, bool* taken) {
  return map_with(where, size, PROT_NONE, MAP_NORESERVE, taken);
}
void* map(void* where, size_t size, bool* taken) {
  return map_with(where, size, PROT_READ | PROT_WRITE, MAP_NORESERVE, taken);
}
void* map_counted(size_t size) { return map_with(nullptr, size, PROT_READ | PROT_WRITE, 0); }
bool unmap(void* p, size_t size) { return raw_syscall(SYS_munmap, long(addr(p)), long(size)) == 0; }
void* remap(void* p, size_t old_size, size_t new_size, bool may_move) {
  long ret = raw_syscall(SYS_mremap, long(addr(p)), long(old_size), long(new_size),
                         may_move ? MREMAP_MAYMOVE : 0);
  return failed(ret) ? nullptr : at<void>(uintptr_t(ret));
}
bool commit(void* p, size_t size) {
  return raw_syscall(SYS_mprotect, long(addr(p)), long(size), PROT_READ | PROT_WRITE) == 0;
}

namespace {

constinit bool locked = false;
constinit unsigned replaced = 0;

// For kernels that do not let go of locked memory. Several threads: the count may be a bit low.
bool replace(void* p, size_t size) {
  if (future_locked() || load_relaxed(replaced) == kReplacedMost) return false;
  store_relaxed(replaced, load_relaxed(replaced) + 1);
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  return !failed(
      raw_syscall(SYS_mmap, long(addr(p)), long(size), PROT_READ | PROT_WRITE, kFlags, -1, 0));
}

}  // namespace

void set_future_locked(bool now) { store_relaxed(locked, now); }
bool future_locked() { return load_relaxed(locked); }

bool purge(void* p, size_t size) {
  return advise(p, size, MADV_DONTNEED) || advise(p, size, kDontneedLocked) || replace(p, size);
}
bool guard_marker(void* p, size_t size, bool on) {
  return advise(p, size, on ? kGuardInstall : kGuardRemove);
}
bool forbid(void* p, size_t size) {
  return raw_syscall(SYS_mprotect, long(addr(p)), long(size), PROT_NONE) == 0;
}
long program_call(long number, long a, long b, long c, long d, long e) {
  return raw_syscall(number, a, b, c, d, e);
}
uint64_t address_limit() {
  rlimit64 space{RLIM64_INFINITY, 0}, data{RLIM64_INFINITY, 0};
  raw_syscall(SYS_prlimit64, 0, RLIMIT_AS, 0, long(addr(&space)));
  raw_syscall(SYS_prlimit64, 0, RLIMIT_DATA, 0, long(addr(&data)));
  return min(space.rlim_cur, data.rlim_cur);
}
size_t mapping_limit() {
  constexpr size_t kUsual = 65530;
  char text[24];
  const char* name = "/proc/sys/vm/max_map_count";
  const long file = raw_syscall(SYS_openat, AT_FDCWD, long(addr(name)), O_RDONLY | O_CLOEXEC);
  if (failed(file)) return kUsual;
  const long length = raw_syscall(SYS_read, file, long(addr(text)), sizeof(text));
  raw_syscall(SYS_close, file);
  size_t limit = 0;
  for (long i = 0; i < length && text[i] >= '0' && text[i] <= '9'; i++)
    limit = limit * 10 + size_t(text[i] - '0');
  return limit ? limit : kUsual;
}
void dump(void* p, size_t size, bool on) { advise(p, size, on ? MADV_DODUMP : MADV_DONTDUMP); }
void huge_pages(void* p, size_t size, bool on) {
  advise(p, size, on ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

unsigned cpu_limit() {
  // The raw call returns the bytes of the kernel's own CPU mask, which bound every CPU number.
  alignas(8) unsigned char mask[kCpuIds / 8] = {};
  long ret = raw_syscall(SYS_sched_getaffinity, 0, sizeof(mask), long(addr(mask)));
  return failed(ret) ? 0 : unsigned(ret) * 8;
}
bool restart_register() {
  return raw_syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ) == 0;
}
bool restart_cpu(unsigned cpu) {
  return raw_syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_FLAG_CPU,
                     cpu) == 0;
}

namespace {

// To take a right away from a page that was written makes the kernel interrupt all processors that
// run this process. For where membarrier is forbidden.
alignas(kPage) char barrier_page[kPage];
void barrier_by_page() {
  barrier_page[0] = 1;
  raw_syscall(SYS_mprotect, long(addr(barrier_page)), kPage, PROT_READ);
  raw_syscall(SYS_mprotect, long(addr(barrier_page)), kPage, PROT_READ | PROT_WRITE);
}

}  // namespace

void barrier_all() {
  if (raw_syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0) return;
  raw_syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
  if (raw_syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0) barrier_by_page();
}

bool rseq_register(void* area, uint32_t length, bool on) {
  return raw_syscall(SYS_rseq, long(addr(area)), length, on ? 0 : kRseqUnregister,
                     UMA_RSEQ_SIGNATURE) == 0;
}

uint64_t clock_ns() { return clock_read(CLOCK_MONOTONIC); }
uint64_t clock_coarse_ns() { return clock_read(CLOCK_MONOTONIC_COARSE); }
unsigned pid() { return unsigned(raw_syscall(SYS_getpid)); }
bool readable(const void* p) {
  // The kernel fetches the mask before it refuses what it shall do with it. A filter that allows
  // anything allows this call.
  constexpr long kNoSuchChange = -1;
  return raw_syscall(SYS_rt_sigprocmask, kNoSuchChange, long(addr(p)), 0, sizeof(uint64_t)) !=
         -EFAULT;
}
bool stderr_open() { return raw_syscall(SYS_fcntl, 2, F_GETFD) >= 0; }

}  // namespace uma::os
