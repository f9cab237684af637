// SPDX-License-Identifier: BSD-2-Clause
//
// A program with one thread forks in a signal handler, also in the middle of a function of stdio.
// The child returns there, starts its first thread, and both use stdio.
#include <pthread.h>
#include <sys/wait.h>

#include "tests/stress/disturb.h"

namespace {

constexpr int kForks = 60;

volatile sig_atomic_t forks;
volatile sig_atomic_t bad;
volatile sig_atomic_t is_child;

void Fork(int) {
  if (is_child || forks >= kForks) return;
  const int saved = errno;
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
    is_child = 1;
    return;
  }
  int status = -1;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) bad = status;
  forks = forks + 1;
  errno = saved;
}

void UseStreams() {
  FILE* files[20];
  for (FILE*& file : files) REQUIRE((file = fopen("/dev/null", "w")) != nullptr);
  for (FILE* file : files) fputs("text", file);
  fflush(nullptr);
  for (FILE* file : files) fclose(file);
}

void* Thread(void*) {
  for (int i = 0; i < 20; i++) UseStreams();
  return nullptr;
}

int Child() {
  pthread_t thread;
  REQUIRE(pthread_create(&thread, nullptr, Thread, nullptr) == 0);
  Thread(nullptr);
  pthread_join(thread, nullptr);
  return check::Result();
}

}  // namespace

int main() {
  stress::Watchdog(60);
  struct sigaction action = {};
  action.sa_handler = Fork;
  action.sa_flags = SA_RESTART;
  REQUIRE(sigaction(SIGPROF, &action, nullptr) == 0);
  support::SignalTimer timer(331);
  while (forks < kForks && bad == 0 && !is_child) UseStreams();
  if (is_child) _exit(Child());
  CHECK_EQ(bad, 0);
  CHECK_EQ(forks, kForks);
  return check::Result();
}
