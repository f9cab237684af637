// SPDX-License-Identifier: BSD-2-Clause
//
// Threads that allocate side by side. Time is the wall's: waiting for a lock counts.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/slots.h"

namespace {

void Hot(benchmark::State& state) {
  for (auto _ : state) {
    void* p = malloc(64);
    bench::Touch(p);
    free(p);
  }
  state.SetItemsProcessed(state.iterations());
}

void Replace(benchmark::State& state) {
  bench::Slots slots(1000, 1024, static_cast<uint64_t>(state.thread_index()) + 1);
  for (auto _ : state) slots.Replace<true>();
  state.SetItemsProcessed(state.iterations());
}

// A server after Larson and Krishnan: each worker replaces random blocks of its session, then
// starts a successor that inherits the session and frees what the worker allocated.
void Server(benchmark::State& state) {
  constexpr int kWorkers = 4;
  constexpr int kGenerations = 4;
  constexpr int kReplacements = 10000;
  std::vector<std::unique_ptr<bench::Slots>> session;
  for (uint64_t i = 1; i <= kWorkers; ++i) {
    session.push_back(std::make_unique<bench::Slots>(1000, 1024, i));
  }
  for (auto _ : state) {
    for (int generation = 0; generation < kGenerations; ++generation) {
      std::vector<std::thread> worker;
      for (auto& slots : session) {
        worker.emplace_back([&slots] {
          for (int i = 0; i < kReplacements; ++i) slots->Replace<true>();
        });
      }
      for (std::thread& t : worker) t.join();
    }
  }
  state.SetItemsProcessed(state.iterations() * kWorkers * kGenerations * kReplacements);
}

// Threads that live for a hundred allocations. One item is one thread.
void Churn(benchmark::State& state) {
  constexpr int kAtOnce = 4;
  for (auto _ : state) {
    std::thread worker[kAtOnce];
    for (std::thread& t : worker) {
      t = std::thread([] {
        void* block[100];
        for (size_t i = 0; i < 100; ++i) {
          block[i] = malloc(16 + 8 * i);
          bench::Touch(block[i]);
        }
        for (void* p : block) free(p);
      });
    }
    for (std::thread& t : worker) t.join();
  }
  state.SetItemsProcessed(state.iterations() * kAtOnce);
}

[[maybe_unused]] const bool registered = [] {
  for (int threads : {2, 4, 16}) {
    const std::string count = std::to_string(threads);
    benchmark::RegisterBenchmark(("threads" + count + "_hot64").c_str(), Hot)
        ->Threads(threads)
        ->UseRealTime();
    benchmark::RegisterBenchmark(("threads" + count + "_random1k").c_str(), Replace)
        ->Threads(threads)
        ->UseRealTime();
  }
  benchmark::RegisterBenchmark("server", Server)->UseRealTime();
  constexpr int kThreads = 10000;
  benchmark::RegisterBenchmark("churn", Churn)
      ->UseRealTime()
      ->Iterations((bench::Quick() ? kThreads / 5 : kThreads) / 4);
  return true;
}();

}  // namespace
