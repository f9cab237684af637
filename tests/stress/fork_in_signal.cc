// SPDX-License-Identifier: BSD-2-Clause
//
// A program with one thread forks in a signal handler, whatever it was doing: also in the middle of
// malloc. Some children end there; the others return from the handler, finish the interrupted
// operation and go on allocating.
#include <sys/wait.h>

#include <optional>

#include "tests/stress/disturb.h"
#include "tests/stress/stamp.h"

namespace {

constexpr int kForks = 1000;

volatile sig_atomic_t forks;
volatile sig_atomic_t bad;
volatile sig_atomic_t is_child;

void Fork(int) {
  if (is_child || forks >= kForks) return;
  const int saved = errno;
  const pid_t child = fork();
  if (child == 0) {
    stress::Watchdog(30);
    is_child = 1;
    if (forks % 3 == 0) _exit(0);
    return;
  }
  int status = -1;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) bad = status;
  forks = forks + 1;
  errno = saved;
}

}  // namespace

int main() {
  stress::Watchdog(90);
  struct sigaction action = {};
  action.sa_handler = Fork;
  action.sa_flags = SA_RESTART;
  REQUIRE(sigaction(SIGPROF, &action, nullptr) == 0);
  // Few slots of any size: most steps reach the slow paths and the system.
  std::optional<stress::Slots> small(std::in_place, 1, 2000);
  std::optional<stress::Slots> large(std::in_place, 2, 2000000);
  // Long enough for some work between two forks.
  support::SignalTimer timer(331);
  int rest = 500;
  while (forks < kForks && bad == 0 && rest > 0) {
    small->Step();
    large->Step();
    if (is_child) rest--;
  }
  if (is_child) {
    // Both sets of blocks must have survived; the end of a set checks it.
    small.reset();
    large.reset();
    _exit(check::Result());
  }
  CHECK_EQ(bad, 0);
  CHECK_EQ(forks, kForks);
  return check::Result();
}
