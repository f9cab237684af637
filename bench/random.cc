// SPDX-License-Identifier: BSD-2-Clause
//
// Random sizes replaced in random order. Without touching, only the allocator itself touches the
// memory, which shows what its own bookkeeping costs in cache misses.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "bench/slots.h"

namespace {

struct Pattern {
  const char* name;
  size_t count;
  size_t largest;
};

constexpr Pattern kPatterns[] = {
    {"random1k_1000", 1000, 1024},
    {"random1k_100000", 100000, 1024},
    {"random32k_1000", 1000, 32768},
    {"random32k_100000", 100000, 32768},
};

template <bool kTouch>
void Register(const Pattern& pattern, const std::string& suffix) {
  // Filled by the first call of the process and kept: filling can cost more than measuring.
  auto table = std::make_shared<std::unique_ptr<bench::Slots>>();
  benchmark::RegisterBenchmark((pattern.name + suffix).c_str(), [=](benchmark::State& state) {
    if (!*table) *table = std::make_unique<bench::Slots>(pattern.count, pattern.largest, 1);
    bench::Slots& slots = **table;
    for (auto _ : state) slots.Replace<kTouch>();
    state.SetItemsProcessed(state.iterations());
  });
}

[[maybe_unused]] const bool registered = [] {
  for (const Pattern& pattern : kPatterns) {
    Register<true>(pattern, "");
    Register<false>(pattern, "_untouched");
  }
  return true;
}();

}  // namespace
