// SPDX-License-Identifier: BSD-2-Clause
//
// What disturbs a thread in the middle of an operation: moves between CPUs (signals are in
// tests/support/signals.h), and what ends a test that hangs.
#ifndef UMA_TESTS_STRESS_DISTURB_H_
#define UMA_TESTS_STRESS_DISTURB_H_

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "tests/conformance/check.h"
#include "tests/support/signals.h"

namespace stress {

inline pid_t ThreadId() { return static_cast<pid_t>(syscall(SYS_gettid)); }

// Moves the given threads round the CPUs that the process may use, without pause.
class Mover {
 public:
  Mover() {
    cpu_set_t allowed;
    REQUIRE(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
      if (CPU_ISSET(cpu, &allowed)) cpus_[cpu_count_++] = cpu;
    }
  }
  bool Possible() const { return cpu_count_ > 1; }
  long Moves() const { return moves_.load(); }

  void Add(pid_t thread) { threads_[thread_count_.fetch_add(1) % kMost].store(thread); }
  void Start() { REQUIRE(pthread_create(&thread_, nullptr, Run, this) == 0); }
  void Stop() {
    stop_.store(true);
    pthread_join(thread_, nullptr);
  }

 private:
  static constexpr int kMost = 64;

  static void* Run(void* self) {
    static_cast<Mover*>(self)->Loop();
    return nullptr;
  }

  void Loop() {
    for (long turn = 0; !stop_.load(); turn++) {
      const int count = thread_count_.load();
      for (int i = 0; i < count && i < kMost; i++) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpus_[(turn + i) % cpu_count_], &one);
        // A thread that ended is no longer there to be moved.
        if (sched_setaffinity(threads_[i].load(), sizeof one, &one) == 0) moves_.fetch_add(1);
      }
      usleep(50);
    }
  }

  int cpus_[CPU_SETSIZE];
  int cpu_count_ = 0;
  std::atomic<pid_t> threads_[kMost] = {};
  std::atomic<int> thread_count_{0};
  std::atomic<long> moves_{0};
  std::atomic<bool> stop_{false};
  pthread_t thread_ = {};
};

// Ends the program if it hangs: SIGALRM has its default action.
inline void Watchdog(unsigned seconds) {
  signal(SIGALRM, SIG_DFL);
  alarm(check::LongRun() ? 10 * seconds : seconds);
}

}  // namespace stress

#endif  // UMA_TESTS_STRESS_DISTURB_H_
