// SPDX-License-Identifier: BSD-2-Clause
// The start and the end of a process under preload.
#include "alloc/base/options.h"
#include "alloc/heap/heap.h"
#include "alloc/os/os.h"
#include "alloc/uma/background.h"
#include "alloc/uma/uma.h"

namespace uma {
namespace {

// Most programs allocated long before this; here the process is still single-threaded.
[[gnu::constructor(101)]] void start() {
  heap_start();
  // Started without a stderr: descriptor 2 will be some file of the program's own.
  if (options.stats && !os::stderr_open()) options.stats = 0;
}

[[gnu::destructor(101)]] void finish() {
  background_exit();
  if (options.stats == 1 || (options.stats > 1 && options.stats == os::pid())) uma_print_stats();
}

}  // namespace
}  // namespace uma
