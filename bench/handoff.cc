// SPDX-License-Identifier: BSD-2-Clause
//
// One thread allocates, another frees: every block crosses a ring between the two.
#include <benchmark/benchmark.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "bench/common.h"

namespace {

// Single producer, single consumer. The two indexes live on lines of their own.
class Ring {
 public:
  void Push(void* p) {
    const size_t at = tail_.load(std::memory_order_relaxed);
    Await([&] { return at - head_.load(std::memory_order_acquire) < kSlots; });
    slot_[at % kSlots] = p;
    tail_.store(at + 1, std::memory_order_release);
  }
  void* Pop() {
    const size_t at = head_.load(std::memory_order_relaxed);
    Await([&] { return tail_.load(std::memory_order_acquire) != at; });
    void* p = slot_[at % kSlots];
    head_.store(at + 1, std::memory_order_release);
    return p;
  }

 private:
  // Spins for a moment, then lets others run: there may be more threads than CPUs.
  template <typename Condition>
  static void Await(Condition ready) {
    for (int spins = 0; !ready(); ++spins) {
      if (spins < 200) {
        __builtin_ia32_pause();
      } else {
        sched_yield();
      }
    }
  }

  static constexpr size_t kSlots = 1024;
  alignas(64) std::atomic<size_t> head_{0};
  alignas(64) std::atomic<size_t> tail_{0};
  alignas(64) std::array<void*, kSlots> slot_{};
};

void Produce(Ring& ring, int items, uint64_t seed) {
  bench::Random random(seed);
  for (int i = 0; i < items; ++i) {
    void* p = malloc(random.Between(16, 512));
    bench::Touch(p);
    ring.Push(p);
  }
}

void Consume(Ring& ring, int items) {
  for (int i = 0; i < items; ++i) {
    void* p = ring.Pop();
    bench::Touch(p);
    free(p);
  }
}

void HandOff(benchmark::State& state, size_t pairs) {
  constexpr int kItems = 100000;
  std::vector<std::unique_ptr<Ring>> rings;
  for (size_t i = 0; i < pairs; ++i) rings.push_back(std::make_unique<Ring>());
  for (auto _ : state) {
    std::vector<std::thread> worker;
    uint64_t seed = 0;
    for (auto& ring : rings) {
      worker.emplace_back(Produce, std::ref(*ring), kItems, ++seed);
      worker.emplace_back(Consume, std::ref(*ring), kItems);
    }
    for (std::thread& t : worker) t.join();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(pairs) * kItems);
}

[[maybe_unused]] const bool registered = [] {
  benchmark::RegisterBenchmark("handoff1", HandOff, size_t{1})->UseRealTime();
  benchmark::RegisterBenchmark("handoff4", HandOff, size_t{4})->UseRealTime();
  return true;
}();

}  // namespace
