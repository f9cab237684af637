// SPDX-License-Identifier: BSD-2-Clause
//
// In steady state nothing is shared: every lock and every shared cache line belongs to a slow
// operation, and those are counted in the published layout. Threads that allocate and free in their
// own patterns must need none (a block over and over) or few (blocks of random sizes).
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "alloc/base/layout_read.h"
#include "tests/conformance/check.h"

namespace {

constexpr int kThreads = 2;
constexpr int kOperations = 1000000;
constexpr int kLive = 1000;

const struct uma_layout* layout;
pthread_barrier_t barrier;

uint64_t SlowOperations() {
  uint64_t sum = 0;
  for (const auto* zone = uma_layout_first(layout); zone; zone = uma_layout_next(zone))
    sum += zone->ops_started;
  return sum;
}

void* Hot(void*) {
  for (int phase = 0; phase < 2; phase++) {
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < kOperations; i++) free(check::Opaque(malloc(64)));
    pthread_barrier_wait(&barrier);
  }
  return nullptr;
}

void* Random(void* seed) {
  static void* slots[kThreads][kLive];
  void** mine = slots[reinterpret_cast<uintptr_t>(seed)];
  uint64_t state = reinterpret_cast<uintptr_t>(seed) + 88172645463325252u;
  for (int phase = 0; phase < 2; phase++) {
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < kOperations; i++) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      void** slot = &mine[state % kLive];
      free(*slot);
      *slot = malloc(16 + (state >> 32) % 1009);
    }
    pthread_barrier_wait(&barrier);
  }
  return nullptr;
}

// Slow operations for each million in the second of two equal phases.
uint64_t Measure(void* (*work)(void*)) {
  pthread_t threads[kThreads];
  for (uintptr_t i = 0; i < kThreads; i++)
    pthread_create(&threads[i], nullptr, work, reinterpret_cast<void*>(i));
  for (int i = 0; i < 3; i++) pthread_barrier_wait(&barrier);
  const uint64_t before = SlowOperations();
  pthread_barrier_wait(&barrier);
  const uint64_t after = SlowOperations();
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
  return (after - before) * 1000000 / (uint64_t{kThreads} * kOperations);
}

}  // namespace

int main() {
  layout = static_cast<const struct uma_layout*>(dlsym(RTLD_DEFAULT, "uma_layout"));
  CHECK(layout != nullptr);
  if (!layout) return check::Result();
  pthread_barrier_init(&barrier, nullptr, kThreads + 1);
  const uint64_t hot = Measure(Hot);
  const uint64_t random = Measure(Random);
  check::Say("slow operations per million: one block %llu, random blocks %llu",
             static_cast<unsigned long long>(hot), static_cast<unsigned long long>(random));
  CHECK(hot <= 20);
  CHECK(random <= 3000);
  return check::Result();
}
