// SPDX-License-Identifier: BSD-2-Clause
//
// One block of one size, allocated, touched and freed: the shortest path through an allocator.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <new>
#include <string>

#include "bench/common.h"

namespace {

void Hot(benchmark::State& state, size_t size) {
  for (auto _ : state) {
    void* p = malloc(size);
    bench::Touch(p);
    free(p);
  }
  state.SetItemsProcessed(state.iterations());
}

void Zeroed(benchmark::State& state, size_t size) {
  for (auto _ : state) {
    void* p = calloc(1, size);
    bench::Touch(p);
    free(p);
  }
  state.SetItemsProcessed(state.iterations());
}

// The user writes the whole block, so clearing it next time is real work for everybody.
void ZeroedAndUsed(benchmark::State& state, size_t size) {
  for (auto _ : state) {
    char* p = static_cast<char*>(calloc(1, size));
    for (size_t i = 0; i < size; i += 64) p[i] = 1;
    benchmark::ClobberMemory();
    free(p);
  }
  state.SetItemsProcessed(state.iterations());
}

void Aligned(benchmark::State& state, size_t alignment, size_t size) {
  for (auto _ : state) {
    void* p = nullptr;
    if (posix_memalign(&p, alignment, size) != 0) {
      state.SkipWithError("posix_memalign failed");
      break;
    }
    bench::Touch(p);
    free(p);
  }
  state.SetItemsProcessed(state.iterations());
}

// Called by name, so that the compiler may not pair them away as it may a new-expression.
void NewDelete(benchmark::State& state, size_t size) {
  for (auto _ : state) {
    void* p = ::operator new(size);
    bench::Touch(p);
    ::operator delete(p, size);
  }
  state.SetItemsProcessed(state.iterations());
}

[[maybe_unused]] const bool registered = [] {
  for (size_t size : {16, 64, 256, 1000, 4096, 16384, 65536}) {
    benchmark::RegisterBenchmark(("hot" + std::to_string(size)).c_str(), Hot, size);
  }
  benchmark::RegisterBenchmark("hot1M", Hot, size_t{1} << 20);
  benchmark::RegisterBenchmark("hot16M", Hot, size_t{16} << 20);
  benchmark::RegisterBenchmark("calloc64", Zeroed, size_t{64});
  benchmark::RegisterBenchmark("calloc4096", Zeroed, size_t{4096});
  benchmark::RegisterBenchmark("calloc1M", Zeroed, size_t{1} << 20);
  benchmark::RegisterBenchmark("calloc1M_used", ZeroedAndUsed, size_t{1} << 20);
  benchmark::RegisterBenchmark("aligned64", Aligned, size_t{64}, size_t{200});
  benchmark::RegisterBenchmark("aligned4096", Aligned, size_t{4096}, size_t{4096});
  benchmark::RegisterBenchmark("new64", NewDelete, size_t{64});
  return true;
}();

}  // namespace
