// SPDX-License-Identifier: BSD-2-Clause
//
// Threads are cancelled all the time. No call of the allocator is a cancellation point: a thread
// ends where it tests for it, never inside with a lock held.
#include <fcntl.h>
#include <pthread.h>

#include "tests/stress/disturb.h"
#include "tests/stress/stamp.h"

namespace {

constexpr int kThreads = 8;
constexpr int kRounds = 300;

std::atomic<long> cleaned{0};

struct State {
  volatile bool inside = false;
  void* block = nullptr;
};

void CleanUp(void* argument) {
  State* state = static_cast<State*>(argument);
  CHECK(!state->inside);
  free(state->block);
  cleaned.fetch_add(1);
}

void* Work(void* number) {
  const unsigned long seed = reinterpret_cast<unsigned long>(number);
  stress::Random random(seed);
  State state;
  pthread_cleanup_push(CleanUp, &state);
  for (int turn = 0;; turn++) {
    state.inside = true;
    for (int i = 0; i < 50; i++) {
      const size_t size = stress::RandomSize(random, 3000000);
      void* other = random.Below(2) == 0 ? calloc(1, size) : memalign(4096, size);
      void* moved = realloc(state.block, 1 + random.Below(5000));
      REQUIRE(moved != nullptr);
      state.block = moved;
      free(other);
    }
    if (turn % 4 == 0) malloc_trim(0);
    // glibc's own can be cancelled in the middle.
    if (turn % 8 == 4 && check::WithLibrary()) malloc_stats();
    state.inside = false;
    pthread_testcancel();
  }
  pthread_cleanup_pop(0);
  return nullptr;
}

}  // namespace

int main() {
  stress::Watchdog(90);
  // malloc_stats writes to standard error: what the checks say goes to another file.
  const int said = dup(STDERR_FILENO);
  const int null = open("/dev/null", O_WRONLY);
  REQUIRE(said >= 0 && null >= 0);
  dup2(null, STDERR_FILENO);
  stress::Random random(1);
  for (int round = 0; round < kRounds; round++) {
    pthread_t threads[kThreads];
    for (uintptr_t i = 0; i < kThreads; i++) {
      void* seed = reinterpret_cast<void*>(static_cast<uintptr_t>(round) * kThreads + i + 1);
      REQUIRE(pthread_create(&threads[i], nullptr, Work, seed) == 0);
    }
    usleep(static_cast<useconds_t>(random.Below(2000)));
    for (pthread_t thread : threads) pthread_cancel(thread);
    for (pthread_t thread : threads) {
      void* result = nullptr;
      CHECK_EQ(pthread_join(thread, &result), 0);
      CHECK(result == PTHREAD_CANCELED);
    }
  }
  dup2(said, STDERR_FILENO);
  CHECK_EQ(cleaned.load(), kThreads * kRounds);
  return check::Result();
}
