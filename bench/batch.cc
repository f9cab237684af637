// SPDX-License-Identifier: BSD-2-Clause
//
// Many blocks allocated, then all freed, in the opposite or in the same order.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <vector>

#include "bench/common.h"

namespace {

constexpr size_t kSize = 64;

void Lifo(benchmark::State& state, size_t count) {
  std::vector<void*> block(count);
  for (auto _ : state) {
    for (size_t i = 0; i < count; ++i) {
      block[i] = malloc(kSize);
      bench::Touch(block[i]);
    }
    for (size_t i = count; i-- > 0;) free(block[i]);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(count));
}

void Fifo(benchmark::State& state, size_t count) {
  std::vector<void*> block(count);
  for (auto _ : state) {
    for (size_t i = 0; i < count; ++i) {
      block[i] = malloc(kSize);
      bench::Touch(block[i]);
    }
    for (size_t i = 0; i < count; ++i) free(block[i]);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(count));
}

[[maybe_unused]] const bool registered = [] {
  benchmark::RegisterBenchmark("lifo100", Lifo, size_t{100});
  benchmark::RegisterBenchmark("lifo1000", Lifo, size_t{1000});
  benchmark::RegisterBenchmark("fifo100", Fifo, size_t{100});
  benchmark::RegisterBenchmark("fifo1000", Fifo, size_t{1000});
  return true;
}();

}  // namespace
