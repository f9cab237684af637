// SPDX-License-Identifier: BSD-2-Clause
//
// Fork handlers that allocate and free, registered before anything else of the process could
// register its own, by a constructor, and late by main.
#include <pthread.h>
#include <sys/wait.h>

#include "tests/stress/disturb.h"
#include "tests/stress/stamp.h"

namespace {

constexpr int kForks = 200;

std::atomic<bool> stop{false};
int calls[3];
void* kept[3][4];

// A full round of sizes: through caches, slabs and mappings of one's own.
void Churn(int which) {
  stress::Slots slots(static_cast<uint64_t>(which) + 10, 3000000);
  for (int i = 0; i < 40; i++) slots.Step();
}

void Prepare(int which) {
  for (int i = 0; i < 4; i++) kept[which][i] = malloc(static_cast<size_t>(10) << (6 * i));
  Churn(which);
}

void After(int which) {
  Churn(which);
  for (void*& block : kept[which]) {
    free(block);
    block = nullptr;
  }
  calls[which]++;
}

template <int kWhich>
void Register() {
  auto after = [] { After(kWhich); };
  pthread_atfork([] { Prepare(kWhich); }, after, after);
}

void RegisterFirst() { Register<0>(); }

// Before the constructors of any library, and so before the allocator's own handlers.
[[gnu::section(".preinit_array"), gnu::used]] void (*const first)() = RegisterFirst;

[[gnu::constructor]] void RegisterInConstructor() { Register<1>(); }

void* Allocate(void* number) {
  stress::Slots slots(reinterpret_cast<uintptr_t>(number), 100000);
  while (!stop.load(std::memory_order_relaxed)) slots.Step();
  return nullptr;
}

}  // namespace

int main() {
  stress::Watchdog(90);
  Register<2>();
  pthread_t threads[2];
  for (uintptr_t i = 0; i < 2; i++) {
    REQUIRE(pthread_create(&threads[i], nullptr, Allocate, reinterpret_cast<void*>(i)) == 0);
  }
  for (int i = 0; i < kForks; i++) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      stress::Watchdog(30);
      Churn(3);
      _exit(calls[0] == i + 1 && calls[1] == i + 1 && calls[2] == i + 1 ? 0 : 6);
    }
    int status = -1;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
  }
  stop.store(true);
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
  for (int count : calls) CHECK_EQ(count, kForks);
  return check::Result();
}
