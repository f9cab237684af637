// SPDX-License-Identifier: BSD-2-Clause
// Signals that interrupt a thread in the middle of whatever it does.
#ifndef UMA_TESTS_SUPPORT_SIGNALS_H_
#define UMA_TESTS_SUPPORT_SIGNALS_H_

#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

namespace support {

inline std::atomic<long> signals{0};

// Counts SIGPROF from now on.
inline void CountSignals() {
  struct sigaction action = {};
  action.sa_handler = [](int) { signals.fetch_add(1, std::memory_order_relaxed); };
  action.sa_flags = SA_RESTART;
  if (sigaction(SIGPROF, &action, nullptr) != 0) abort();
}

// Sends a signal to the calling thread every so many microseconds until the object ends; 0: none.
class SignalTimer {
 public:
  explicit SignalTimer(long microseconds, int signal = SIGPROF) {
    if (microseconds == 0) return;
    struct sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = signal;
    event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
    struct itimerspec period = {};
    period.it_value.tv_nsec = period.it_interval.tv_nsec = microseconds * 1000;
    if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer_) != 0 ||
        syscall(SYS_timer_settime, timer_, 0, &period, nullptr) != 0)
      abort();
    started_ = true;
  }
  ~SignalTimer() {
    if (started_) syscall(SYS_timer_delete, timer_);
  }
  SignalTimer(const SignalTimer&) = delete;
  SignalTimer& operator=(const SignalTimer&) = delete;

 private:
  int timer_ = 0;  // the kernel's own type
  bool started_ = false;
};

}  // namespace support

#endif  // UMA_TESTS_SUPPORT_SIGNALS_H_
