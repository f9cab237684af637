// SPDX-License-Identifier: BSD-2-Clause
//
// A given number of operations and nothing else: run twice under an instruction counter with two
// lengths, the difference belongs to the operations alone.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <string>

#include "bench/slots.h"

namespace {

void Hot(long count, size_t size) {
  for (long i = 0; i < count; ++i) {
    void* p = malloc(size);
    bench::Touch(p);
    free(p);
  }
}

void Lifo(long count) {
  void* block[100];
  for (long i = 0; i < count; i += 100) {
    for (void*& p : block) bench::Touch(p = malloc(64));
    for (size_t at = 100; at-- > 0;) free(block[at]);
  }
}

void Replace(long count) {
  bench::Slots slots(1000, 1024, 1);
  for (long i = 0; i < count; ++i) slots.Replace<true>();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A counted number of malloc and free pairs");
  std::string cell;
  long count = 0;
  app.add_option("cell", cell)
      ->required()
      ->check(CLI::IsMember({"hot64", "hot1000", "lifo100", "random1k_1000"}));
  app.add_option("count", count)->required()->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  bench::RequireLibrary();
  if (cell == "hot64") Hot(count, 64);
  if (cell == "hot1000") Hot(count, 1000);
  if (cell == "lifo100") Lifo(count);
  if (cell == "random1k_1000") Replace(count);
  return 0;
}
