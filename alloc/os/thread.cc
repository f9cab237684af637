// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/os/thread.h"

#include <link.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <time.h>

#include "alloc/base/syscall.h"
#include "alloc/base/util.h"

namespace uma::os {
namespace {

// Enough for what we do and for a handler that libc runs in every thread, with the widest vector
// registers; libc asks for more where programs have large thread-local storage.
constexpr size_t kStacks[] = {size_t{64} << 10, size_t{256} << 10, size_t{2} << 20};

// libc's own signals (32 to 34) stay open: setuid and cancellation wait for their handlers.
constexpr uint64_t kProgramSignals = ~(uint64_t{7} << 31);

void* enter(void* body) {
  reinterpret_cast<void (*)()>(body)();
  return nullptr;
}

bool start_with_stack(void (*body)(), size_t stack) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, stack);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, enter, reinterpret_cast<void*>(body));
  pthread_attr_destroy(&attributes);
  return error == 0;
}

}  // namespace

bool thread_start(void (*body)()) {
  uint64_t before;
  raw_syscall(SYS_rt_sigprocmask, SIG_BLOCK, long(addr(&kProgramSignals)), long(addr(&before)), 8);
  bool started = false;
  for (size_t stack : kStacks)
    if ((started = start_with_stack(body, stack))) break;
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, long(addr(&before)), 0, 8);
  return started;
}

void thread_name(const char* name) { raw_syscall(SYS_prctl, PR_SET_NAME, long(addr(name))); }
unsigned thread_id() { return unsigned(raw_syscall(SYS_gettid)); }
bool thread_exists(unsigned id) {
  return raw_syscall(SYS_tgkill, raw_syscall(SYS_getpid), id, 0) == 0;
}
void thread_yield() { raw_syscall(SYS_sched_yield); }

void thread_sleep(uint32_t* word, uint32_t expected, uint64_t ns) {
  timespec t = {time_t(ns / 1000000000), long(ns % 1000000000)};
  raw_syscall(SYS_futex, long(addr(word)), FUTEX_WAIT | FUTEX_PRIVATE_FLAG, expected,
              long(addr(&t)));
}
void thread_wake(uint32_t* word) {
  raw_syscall(SYS_futex, long(addr(word)), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
}

namespace {

struct Code {
  uintptr_t begin;
  uintptr_t end;
};
constexpr unsigned kLibraries = 4;  // the loader, libc, and libpthread where it is apart
struct LibcCode {
  Code of[kLibraries];
  unsigned count = 0;
  bool libc = false;
};

bool starts_with(const char* text, const char* prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

int find_code(dl_phdr_info* library, size_t, void* found) {
  auto* code = static_cast<LibcCode*>(found);
  const char* slash = strrchr(library->dlpi_name, '/');
  const char* name = slash ? slash + 1 : library->dlpi_name;
  const bool libc = starts_with(name, "libc.so") || starts_with(name, "libc-2");
  if (!libc && !starts_with(name, "libpthread") && library->dlpi_addr != getauxval(AT_BASE))
    return 0;
  for (unsigned i = 0; i < library->dlpi_phnum; i++) {
    const ElfW(Phdr)& segment = library->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X) || code->count == kLibraries)
      continue;
    const uintptr_t begin = library->dlpi_addr + segment.p_vaddr;
    code->of[code->count++] = {begin, begin + segment.p_memsz};
    code->libc = code->libc || libc;
  }
  return 0;
}

LibcCode libc_code() {
  LibcCode code{};
  dl_iterate_phdr(find_code, &code);
  return code;
}

}  // namespace

bool libc_is_shared() { return libc_code().libc; }

bool code_of_libc(const void* address) {
  const LibcCode code = libc_code();
  for (unsigned i = 0; i < code.count; i++)
    if (addr(address) - code.of[i].begin < code.of[i].end - code.of[i].begin) return true;
  return false;
}

}  // namespace uma::os
