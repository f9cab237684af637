// SPDX-License-Identifier: BSD-2-Clause
//
// Forks of a process whose other threads are inside the allocator at that moment. A child uses the
// allocator at once and frees blocks that it inherited; a child that hangs is ended by its alarm.
#include <pthread.h>
#include <sys/wait.h>

#include "tests/stress/disturb.h"
#include "tests/stress/stamp.h"

namespace {

constexpr int kThreads = 4;
constexpr int kForks = 1000;
constexpr int kInherited = 200;

std::atomic<bool> stop{false};
std::atomic<long> steps{0};

void* Allocate(void* number) {
  stress::Slots slots(reinterpret_cast<uintptr_t>(number), 100000);
  while (!stop.load(std::memory_order_relaxed)) {
    slots.Step();
    steps.fetch_add(1, std::memory_order_relaxed);
  }
  return nullptr;
}

void* ThreadOfChild(void*) {
  stress::Slots slots(90);
  for (int i = 0; i < 100; i++) slots.Step();
  return nullptr;
}

[[noreturn]] void Child(stress::Block* inherited, int number) {
  stress::Watchdog(30);
  for (int i = 0; i < kInherited; i++) stress::Release(inherited[i]);
  {
    stress::Slots slots(50, 100000);
    for (int i = 0; i < 150; i++) slots.Step();
  }
  if (number % 10 == 0) {
    malloc_trim(0);
    pthread_t thread;
    if (pthread_create(&thread, nullptr, ThreadOfChild, nullptr) != 0) _exit(7);
    pthread_join(thread, nullptr);
  }
  if (number % 10 == 1) {
    // A child has children.
    const pid_t grandchild = fork();
    if (grandchild == 0) {
      stress::Watchdog(30);
      stress::Slots slots(60);
      for (int i = 0; i < 100; i++) slots.Step();
      _exit(0);
    }
    int status = -1;
    if (waitpid(grandchild, &status, 0) != grandchild || status != 0) _exit(8);
  }
  if (number % 10 == 2) exit(0);
  _exit(0);
}

}  // namespace

int main() {
  stress::Watchdog(90);
  stress::Random random(1);
  static stress::Block inherited[kInherited];
  for (stress::Block& block : inherited) {
    block = stress::Allocate(random, stress::RandomSize(random, 100000), 40);
  }
  pthread_t threads[kThreads];
  for (uintptr_t i = 0; i < kThreads; i++) {
    REQUIRE(pthread_create(&threads[i], nullptr, Allocate, reinterpret_cast<void*>(i)) == 0);
  }
  const int forks = check::LongRun() ? 10 * kForks : kForks;
  for (int i = 0; i < forks && check::failures.load() == 0; i++) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) Child(inherited, i);
    int status = -1;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
  }
  stop.store(true);
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
  for (stress::Block& block : inherited) stress::Release(block);
  CHECK(steps.load() > kForks);
  return check::Result();
}
