// SPDX-License-Identifier: BSD-2-Clause
//
// exact_counts OPERATIONS [signals]: the program whose counts exact_counts_test.py compares to what
// umastat shows. Its protocol with the driver, one line each way, on stdin and stdout:
//   ready  (all threads are there)   go    every thread makes OPERATIONS malloc/free pairs of its
//                                          size and leaves kLeft blocks
//   done                             swap  every thread frees half of what its neighbour left
//   done                             (end of file) free all the rest, end
// Between the lines nothing in this process allocates: no stdio, threads parked on barriers.
#include <alloca.h>
#include <pthread.h>

#include "tests/stress/disturb.h"
#include "tests/stress/stamp.h"

namespace {

constexpr int kThreads = 8;
constexpr int kLeft = 1000;
constexpr int kBatch = 2000;
// Two threads share each of the first two classes.
constexpr size_t kSizes[kThreads] = {64, 64, 1000, 1000, 16, 256, 4000, 20000};

long operations;
bool with_signals;
pthread_barrier_t here;
void* left[kThreads][kLeft];

// A third each: one block at a time, last in first out, first in first out.
void Pairs(size_t size, long count) {
  void** batch = static_cast<void**>(alloca(kBatch * sizeof(void*)));
  const long third = count / 3;
  for (long i = 0; i < third; i++) free(malloc(size));
  for (long done = third; done < count;) {
    const int many = count - done < kBatch ? static_cast<int>(count - done) : kBatch;
    for (int i = 0; i < many; i++) batch[i] = malloc(size);
    const bool forward = done > 2 * third;
    for (int i = 0; i < many; i++) free(batch[forward ? i : many - 1 - i]);
    done += many;
  }
}

void* Work(void* number) {
  const uintptr_t self = reinterpret_cast<uintptr_t>(number);
  const size_t size = kSizes[self];
  support::SignalTimer timer(with_signals ? 100 : 0);
  pthread_barrier_wait(&here);  // ready
  pthread_barrier_wait(&here);  // go
  Pairs(size, operations - kLeft);
  for (void*& block : left[self]) block = malloc(size);
  pthread_barrier_wait(&here);  // done
  pthread_barrier_wait(&here);  // swap
  for (int i = 0; i < kLeft / 2; i++) free(left[(self + 1) % kThreads][i]);
  pthread_barrier_wait(&here);  // done
  pthread_barrier_wait(&here);  // end
  for (int i = kLeft / 2; i < kLeft; i++) free(left[(self + 1) % kThreads][i]);
  return nullptr;
}

void Tell(const char* line) {
  const ssize_t length = static_cast<ssize_t>(strlen(line));
  REQUIRE(write(STDOUT_FILENO, line, strlen(line)) == length);
}

// Waits for one line; its content is known.
void Wait() {
  char c = 0;
  for (ssize_t got = 1; c != '\n' && got > 0;) {
    got = read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR) got = 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  operations = atol(argv[1]);
  with_signals = argc > 2 && strcmp(argv[2], "signals") == 0;
  if (operations < 2 * kLeft) return 2;
  stress::Watchdog(200);
  support::CountSignals();
  REQUIRE(pthread_barrier_init(&here, nullptr, kThreads + 1) == 0);
  pthread_t threads[kThreads];
  for (uintptr_t i = 0; i < kThreads; i++) {
    REQUIRE(pthread_create(&threads[i], nullptr, Work, reinterpret_cast<void*>(i)) == 0);
  }
  pthread_barrier_wait(&here);  // ready
  Tell("ready\n");
  Wait();
  pthread_barrier_wait(&here);  // go
  pthread_barrier_wait(&here);  // done
  Tell("done\n");
  Wait();
  pthread_barrier_wait(&here);  // swap
  pthread_barrier_wait(&here);  // done
  Tell("done\n");
  Wait();
  pthread_barrier_wait(&here);  // end
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
  CHECK_EQ(support::signals.load() > 0, with_signals);
  return check::Result();
}
