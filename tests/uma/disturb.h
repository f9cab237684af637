// SPDX-License-Identifier: BSD-2-Clause
// Signals that interrupt a thread in the middle of whatever it does.
#ifndef UMA_TESTS_UMA_DISTURB_H_
#define UMA_TESTS_UMA_DISTURB_H_

#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

namespace uma_test {

inline std::atomic<long> signals{0};

// Sends SIGPROF to the calling thread every 100 microseconds until the object ends.
class Signals {
 public:
  Signals() {
    struct sigaction action = {};
    action.sa_handler = [](int) { signals.fetch_add(1, std::memory_order_relaxed); };
    action.sa_flags = SA_RESTART;
    struct sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGPROF;
    event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
    struct itimerspec period = {};
    period.it_value.tv_nsec = period.it_interval.tv_nsec = 100 * 1000;
    if (sigaction(SIGPROF, &action, nullptr) != 0 ||
        syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer_) != 0 ||
        syscall(SYS_timer_settime, timer_, 0, &period, nullptr) != 0)
      abort();
  }
  ~Signals() { syscall(SYS_timer_delete, timer_); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  int timer_ = 0;  // the kernel's own type
};

}  // namespace uma_test

#endif  // UMA_TESTS_UMA_DISTURB_H_
