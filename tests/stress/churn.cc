// SPDX-License-Identifier: BSD-2-Clause
//
// churn short | together: threads that come and go leave no memory behind.
#include <pthread.h>
#include <sched.h>

#include "tests/stress/disturb.h"
#include "tests/stress/stamp.h"

namespace {

constexpr int kTogether = 1000;

// Resident memory in KiB, exact where the kernel counts exactly.
long ResidentKib() {
  static char text[4096];
  const int fd = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  const ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  REQUIRE(got > 0);
  text[got] = '\0';
  const char* line = strstr(text, "\nRss:");
  REQUIRE(line != nullptr);
  return atol(line + 5);
}

void* Short(void* seed) {
  stress::Slots slots(reinterpret_cast<uintptr_t>(seed), 200000);
  for (int i = 0; i < 200; i++) slots.Step();
  return nullptr;
}

// Two at a time; the work is the same in every round.
void Round(int threads) {
  for (uintptr_t i = 0; i < static_cast<uintptr_t>(threads); i += 2) {
    pthread_t pair[2];
    for (uintptr_t j = 0; j < 2; j++) {
      void* seed = reinterpret_cast<void*>(i % 50 + j);
      REQUIRE(pthread_create(&pair[j], nullptr, Short, seed) == 0);
    }
    for (pthread_t thread : pair) pthread_join(thread, nullptr);
  }
}

void ShortThreads() {
  // One CPU: another one that joins in late would bring its caches along.
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  Round(2000);  // until the arrays have grown
  const long warm = ResidentKib();
  Round(check::LongRun() ? 20000 : 2000);
  const long after = ResidentKib();
  // Memory comes 2 MiB at a time and is not evenly full. Two such steps more are what would be left
  // if each thread left 2 KiB.
  const long allowed = warm * 11 / 10 + 4096;
  if (after > allowed) check::Say("%ld KiB resident, %ld KiB before", after, warm);
  CHECK(after <= allowed);
}

pthread_barrier_t all_alive;

void* Stay(void* seed) {
  {
    stress::Slots slots(reinterpret_cast<uintptr_t>(seed), 5000);
    for (int i = 0; i < 100; i++) slots.Step();
    pthread_barrier_wait(&all_alive);
    for (int i = 0; i < 100; i++) slots.Step();
  }
  pthread_barrier_wait(&all_alive);
  return nullptr;
}

void Together() {
  static pthread_t threads[kTogether];
  REQUIRE(pthread_barrier_init(&all_alive, nullptr, kTogether) == 0);
  for (int round = 0; round < 3; round++) {
    for (uintptr_t i = 0; i < kTogether; i++) {
      REQUIRE(pthread_create(&threads[i], nullptr, Stay, reinterpret_cast<void*>(i)) == 0);
    }
    for (pthread_t thread : threads) pthread_join(thread, nullptr);
  }
}

}  // namespace

int main(int argc, char** argv) {
  stress::Watchdog(90);
  if (argc != 2) return 2;
  if (strcmp(argv[1], "short") == 0) {
    ShortThreads();
  } else if (strcmp(argv[1], "together") == 0) {
    Together();
  } else {
    return 2;
  }
  return check::Result();
}
