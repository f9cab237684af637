// SPDX-License-Identifier: BSD-2-Clause
//
// realloc as strings, vectors and big buffers use it. One item is one realloc.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>

#include "bench/common.h"

namespace {

constexpr size_t kMiB = size_t{1} << 20;

char* Resized(char* p, size_t size) {
  void* moved = realloc(p, size);
  if (moved == nullptr) abort();
  return static_cast<char*>(moved);
}

// A string built by appending: 16 bytes more each time.
void GrowBySixteen(benchmark::State& state) {
  constexpr size_t kSteps = 256;
  for (auto _ : state) {
    char* p = nullptr;
    for (size_t i = 1; i <= kSteps; ++i) {
      p = Resized(p, 16 * i);
      bench::Touch(p + 16 * (i - 1));
    }
    free(p);
  }
  state.SetItemsProcessed(state.iterations() * kSteps);
}

// A vector filled by push_back: twice the size each time, and every byte written.
void Doubling(benchmark::State& state) {
  int64_t steps = 0;
  for (auto _ : state) {
    char* p = nullptr;
    size_t used = 0;
    for (size_t size = 64; size <= kMiB; size *= 2) {
      p = Resized(p, size);
      memset(p + used, 1, size - used);
      used = size;
      ++steps;
    }
    free(p);
  }
  state.SetItemsProcessed(steps);
}

// A buffer that goes from 1 MiB to 32 MiB and back in steps of 1 MiB, every new page touched.
void BigUpAndDown(benchmark::State& state) {
  constexpr size_t kTop = 32;
  for (auto _ : state) {
    char* p = static_cast<char*>(malloc(kMiB));
    for (size_t i = 2; i <= kTop; ++i) {
      p = Resized(p, i * kMiB);
      for (size_t at = (i - 1) * kMiB; at < i * kMiB; at += 4096) bench::Touch(p + at);
    }
    for (size_t i = kTop - 1; i >= 1; --i) {
      p = Resized(p, i * kMiB);
      bench::Touch(p);
    }
    free(p);
  }
  state.SetItemsProcessed(state.iterations() * 2 * (kTop - 1));
}

[[maybe_unused]] const bool registered = [] {
  benchmark::RegisterBenchmark("realloc_by16", GrowBySixteen);
  benchmark::RegisterBenchmark("realloc_doubling", Doubling);
  benchmark::RegisterBenchmark("realloc_big", BigUpAndDown);
  return true;
}();

}  // namespace
