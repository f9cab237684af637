// SPDX-License-Identifier: BSD-2-Clause
//
// The program of all cells measured by Google Benchmark; each .cc beside it registers its own.
#include <benchmark/benchmark.h>

#include "bench/common.h"

int main(int argc, char** argv) {
  bench::RequireLibrary();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
