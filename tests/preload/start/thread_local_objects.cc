// SPDX-License-Identifier: BSD-2-Clause
// Thread-local objects whose constructors and destructors use the heap, in 200 threads, and static
// objects that do the same before main and after it.
#include <pthread.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/preload/start/start.h"

namespace {

int destroyed;

struct Holder {
  std::vector<std::string> strings;
  std::map<int, std::unique_ptr<int[]>> arrays;

  Holder() {
    for (int i = 0; i < 100; i++) {
      strings.emplace_back(size_t(i) * 7, 'x');
      arrays[i] = std::make_unique<int[]>(size_t(i) + 1);
    }
  }

  ~Holder() {
    std::string all;
    for (const std::string& string : strings) all += string;
    if (all.size() == 34650) __atomic_add_fetch(&destroyed, 1, __ATOMIC_RELAXED);
    arrays.clear();
    use_heap(50);
  }
};

Holder at_start;
thread_local Holder first;
thread_local Holder second;

void* touch(void*) {
  use_heap(20);
  return first.strings.empty() || second.strings.empty() ? nullptr : &at_start;
}

}  // namespace

int main() {
  for (int round = 0; round < 20; round++) {
    pthread_t threads[10];
    for (pthread_t& thread : threads)
      REQUIRE(pthread_create(&thread, nullptr, touch, nullptr) == 0);
    for (pthread_t thread : threads) {
      void* result;
      REQUIRE(pthread_join(thread, &result) == 0 && result != nullptr);
    }
  }
  REQUIRE(destroyed >= 400);
  finish();
  return 0;
}
