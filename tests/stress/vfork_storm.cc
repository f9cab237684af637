// SPDX-License-Identifier: BSD-2-Clause
//
// vfork by two threads of a process while others allocate. A child shares the memory of its parent
// but not its restartable sequences: what it allocates must not damage the heap.
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>

#include "tests/stress/disturb.h"
#include "tests/stress/stamp.h"

extern char** environ;
extern "C" {
extern const ptrdiff_t __rseq_offset;
extern const unsigned __rseq_size;
}

namespace {

constexpr int kThreads = 4;
constexpr int kForkers = 2;
constexpr int kForks = 1000;

std::atomic<bool> stop{false};

void* Allocate(void* number) {
  stress::Slots slots(reinterpret_cast<uintptr_t>(number));
  while (!stop.load(std::memory_order_relaxed)) slots.Step();
  return nullptr;
}

// The CPU number that the kernel keeps for this thread; negative without registration.
int RegisteredCpu() {
  if (__rseq_size == 0) return -1;
  const char* area = static_cast<const char*>(__builtin_thread_pointer()) + __rseq_offset;
  return *reinterpret_cast<const volatile int*>(area + 4);
}

// Everything that the child does with memory, in a frame of its own.
[[gnu::noinline]] void Work(stress::Slots& slots) {
  for (int i = 0; i < 20; i++) slots.Step();
}

[[gnu::noinline]] pid_t Start(stress::Slots& slots, int number) {
  const pid_t child = vfork();  // NOLINT(bugprone-unsafe-functions): the call under test
  if (child == 0) {
    Work(slots);
    if (number % 50 == 0) execl("/bin/true", "true", static_cast<char*>(nullptr));
    _exit(number % 50 == 0 ? 9 : 0);
  }
  return child;
}

void* Fork(void* number) {
  // The child goes on with the slots of its parent: the two share their memory.
  stress::Slots slots(100 + reinterpret_cast<uintptr_t>(number));
  const bool registered = RegisteredCpu() >= 0;
  for (int i = 0; i < kForks; i++) {
    slots.Step();
    const pid_t child = Start(slots, i);
    REQUIRE(child > 0);
    CHECK_EQ(RegisteredCpu() >= 0, registered);
    int status = -1;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
  }
  return nullptr;
}

void Spawn() {
  char name[] = "true";
  char* arguments[] = {name, nullptr};
  for (int i = 0; i < 50; i++) {
    pid_t child = -1;
    CHECK_EQ(posix_spawn(&child, "/bin/true", nullptr, nullptr, arguments, environ), 0);
    int status = -1;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
  }
  CHECK_EQ(system("exit 3") >> 8, 3);
  FILE* pipe = popen("echo word", "r");
  REQUIRE(pipe != nullptr);
  char line[16] = "";
  CHECK(fgets(line, sizeof line, pipe) != nullptr && strcmp(line, "word\n") == 0);
  CHECK_EQ(pclose(pipe), 0);
}

}  // namespace

int main() {
  stress::Watchdog(90);
  pthread_t threads[kThreads];
  pthread_t forkers[kForkers];
  for (uintptr_t i = 0; i < kThreads; i++) {
    REQUIRE(pthread_create(&threads[i], nullptr, Allocate, reinterpret_cast<void*>(i)) == 0);
  }
  for (uintptr_t i = 0; i < kForkers; i++) {
    REQUIRE(pthread_create(&forkers[i], nullptr, Fork, reinterpret_cast<void*>(i)) == 0);
  }
  Spawn();
  for (pthread_t forker : forkers) pthread_join(forker, nullptr);
  stop.store(true);
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
  return check::Result();
}
