// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/os/thread.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

#include "alloc/base/syscall.h"
#include "alloc/base/util.h"
#include "alloc/os/old_libc.h"

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

bool has_threads() { return &pthread_create && &pthread_attr_setstacksize; }

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
  if (!has_threads()) return false;
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

}  // namespace uma::os
