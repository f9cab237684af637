// SPDX-License-Identifier: BSD-2-Clause
//
// RLIMIT_AS lowered in a running program: most of it can be used, the end is NULL with ENOMEM and
// not a crash, and when everything is freed the program works as before.
#include <pthread.h>
#include <sys/resource.h>

#include <initializer_list>

#include "tests/stress/disturb.h"
#include "tests/stress/stamp.h"

namespace {

constexpr size_t kLimit = static_cast<size_t>(200) << 20;
constexpr size_t kEnough = static_cast<size_t>(100) << 20;

void* Work(void*) {
  stress::Slots slots(3, 50000);
  for (int i = 0; i < 1000; i++) slots.Step();
  return nullptr;
}

void FourThreads(const char* when) {
  pthread_t threads[4];
  int started = 0;
  for (pthread_t& thread : threads) {
    const int error = pthread_create(&thread, nullptr, Work, nullptr);
    if (error != 0) check::Say("%s: thread %d: %s", when, started, strerror(error));
    CHECK_EQ(error, 0);
    if (error != 0) break;
    started++;
  }
  for (int i = 0; i < started; i++) pthread_join(threads[i], nullptr);
}

enum class Way { kMalloc, kCalloc, kRealloc, kMemalign };

void* Get(Way way, size_t size) {
  switch (way) {
    case Way::kMalloc:
      return malloc(size);
    case Way::kCalloc:
      return calloc(1, size);
    case Way::kRealloc:
      return realloc(nullptr, size);
    case Way::kMemalign:
      return memalign(64, size);
  }
  return nullptr;
}

// Blocks chained through their first word, to the end of memory and back.
void Exhaust(Way way, size_t size) {
  void** chain = nullptr;
  size_t total = 0;
  for (;;) {
    errno = 0;
    void** block = static_cast<void**>(Get(way, size));
    if (block == nullptr) break;
    block[0] = chain;
    chain = block;
    total += size;
  }
  CHECK_EQ(errno, ENOMEM);
  if (total < kEnough)
    check::Say("way %d, size %zu: %zu MiB", static_cast<int>(way), size, total >> 20);
  CHECK(total >= kEnough);
  CHECK(total <= kLimit);
  // The last block is whole, and a refused realloc leaves it so.
  memset(chain + 1, 0x42, size - sizeof(void*));
  errno = 0;
  CHECK(realloc(check::Opaque(chain), kLimit) == nullptr);
  CHECK_EQ(errno, ENOMEM);
  // At the limit a thread may be refused, but only in the proper way.
  pthread_t thread;
  const int error =
      pthread_create(&thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr);
  CHECK(error == 0 || error == EAGAIN || error == ENOMEM);
  if (error == 0) pthread_join(thread, nullptr);
  while (chain != nullptr) {
    void** next = static_cast<void**>(chain[0]);
    free(chain);
    chain = next;
  }
}

}  // namespace

int main() {
  stress::Watchdog(90);
  FourThreads("before");
  rlimit limit;
  REQUIRE(getrlimit(RLIMIT_AS, &limit) == 0);
  limit.rlim_cur = kLimit;
  REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
  FourThreads("under the limit");
  for (Way way : {Way::kMalloc, Way::kCalloc, Way::kRealloc, Way::kMemalign}) {
    for (size_t size : {64, 1000, 65536, 1 << 20, 3 << 20}) {
      Exhaust(way, size);
      FourThreads("after everything was freed");
    }
  }
  return check::Result();
}
