// SPDX-License-Identifier: BSD-2-Clause
#include "tools/umastat/series.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>

#include "tools/umastat/error.h"

namespace umastat {
namespace {

using Clock = std::chrono::steady_clock;

// SIGINT as a descriptor: it can come at any time, and is seen only between two snapshots.
class Interrupt {
 public:
  Interrupt() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    fd_ = signalfd(-1, &signals, SFD_CLOEXEC);
    if (fd_ < 0) throw Error("cannot wait for signals");
  }
  ~Interrupt() { close(fd_); }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  int fd() const { return fd_; }

 private:
  int fd_;
};

enum class Wake { kTime, kInterrupt, kEnd };

Wake SleepUntil(Clock::time_point when, const Process& process, const Interrupt& interrupt) {
  std::array<pollfd, 2> fds{pollfd{interrupt.fd(), POLLIN, 0}, pollfd{process.end_fd(), POLLIN, 0}};
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(when - Clock::now());
    const int64_t nanoseconds = left.count() > 0 ? left.count() : 0;
    const timespec timeout{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    const int ready = ppoll(fds.data(), fds.size(), &timeout, nullptr);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) throw Error("cannot wait for the next interval");
    if (ready == 0) return Wake::kTime;
    return (fds[0].revents & POLLIN) != 0 ? Wake::kInterrupt : Wake::kEnd;
  }
}

void SayEnded(const Process& process) {
  std::fprintf(stderr, "umastat: process %d has ended\n", static_cast<int>(process.pid()));
}

// None when the process ended meanwhile.
std::optional<Snapshot> TakeUnlessEnded(const Process& process, uint64_t root) {
  try {
    return TakeSnapshot(process, root);
  } catch (const Error&) {
    if (!process.HasEnded()) throw;
    return std::nullopt;
  }
}

}  // namespace

void RunSeries(const Process& process, uint64_t root, double seconds, std::optional<uint64_t> count,
               const Show& show) {
  const Interrupt interrupt;
  const auto interval =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  auto taken = Clock::now();
  auto next = taken;
  Snapshot last = TakeSnapshot(process, root);
  show(last, Rates());
  for (uint64_t shown = 1; !count || shown < *count; shown++) {
    // After a pause longer than the interval (a stopped terminal) nothing is made up for.
    next = std::max(next + interval, Clock::now());
    const Wake wake = SleepUntil(next, process, interrupt);
    if (wake == Wake::kInterrupt) return;
    const auto now = Clock::now();
    std::optional<Snapshot> snapshot;
    if (wake == Wake::kTime) snapshot = TakeUnlessEnded(process, root);
    if (!snapshot) return SayEnded(process);
    show(*snapshot, Rates(last, *snapshot, std::chrono::duration<double>(now - taken).count()));
    last = std::move(*snapshot);
    taken = now;
  }
}

}  // namespace umastat
