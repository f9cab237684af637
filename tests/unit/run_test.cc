// SPDX-License-Identifier: BSD-2-Clause
// Runs of the arena: where they lie, what the page map and the headers say of them.
#include <gtest/gtest.h>
#include <string.h>

#include <map>
#include <vector>

#include "alloc/page/page.h"
#include "tests/support/random.h"

namespace uma {
namespace {

using support::kSeeds;
using support::Random;

constexpr uint16_t kMark = 48;

struct Taken {
  char* memory;
  unsigned granules;
};

bool AllZero(const char* memory, size_t size) {
  return memory[0] == 0 && memcmp(memory, memory + 1, size - 1) == 0;
}

class Runs {
 public:
  explicit Runs(uint64_t seed) : random_(seed) {}

  void Take() {
    const unsigned granules = 1 + unsigned(random_.Below(kSpanGranules));
    const size_t align = kGranule << random_.Below(6);
    const auto density = random_.Below(2) ? Density::kDense : Density::kSparse;
    bool zeroed = false;
    char* memory = run_alloc(granules, align, density, &zeroed);
    ASSERT_NE(memory, nullptr);
    ASSERT_EQ(addr(memory) % align, 0U);
    const size_t first = granule_of(memory);
    ASSERT_LE(first % kSpanGranules + granules, kSpanGranules) << "crosses a span";
    for (unsigned i = 0; i < granules; i++) {
      ASSERT_TRUE(in_arena(memory + i * kGranule));
      ASSERT_TRUE(owner_.emplace(first + i, memory).second) << "two runs overlap";
    }
    ASSERT_TRUE(!zeroed || AllZero(memory, granules * kGranule));
    run_mark(memory, granules, kMark);
    memset(memory, 0xa5, granules * kGranule);
    taken_.push_back({memory, granules});
    bytes_ += granules * kGranule;
  }

  void Free() {
    const size_t i = random_.Below(taken_.size());
    const Taken run = taken_[i];
    taken_[i] = taken_.back();
    taken_.pop_back();
    Check(run);
    run_mark(run.memory, run.granules, 0);
    for (unsigned g = 0; g < run.granules; g++) owner_.erase(granule_of(run.memory) + g);
    run_free(run.memory, run.granules);
    bytes_ -= run.granules * kGranule;
  }

  void Check(const Taken& run) {
    for (unsigned i = 0; i < run.granules; i++) {
      const char* inside = run.memory + i * kGranule + random_.Below(kGranule);
      ASSERT_EQ(page_map()[granule_of(inside)], kMark);
      ASSERT_EQ(run_memory(run_header(inside)), run.memory);
      ASSERT_EQ(*inside, char(0xa5));
    }
    ASSERT_EQ(run_size(granule_of(run.memory))->granules, run.granules);
  }

  void Step() {
    if (taken_.size() < 60 && (taken_.empty() || random_.Below(5) < 3))
      Take();
    else
      Free();
    ASSERT_EQ(page_counters().runs_used, bytes_);
  }
  void FreeAll() {
    while (!taken_.empty()) Free();
  }

 private:
  Random random_;
  std::vector<Taken> taken_;
  std::map<size_t, char*> owner_;  // by granule
  size_t bytes_ = 0;
};

TEST(Run, RandomSizesAndAlignments) {
  ASSERT_TRUE(page_start());
  for (uint64_t seed = 0; seed < kSeeds; seed++) {
    SCOPED_TRACE(seed);
    Runs runs(seed);
    for (int i = 0; i < 600 && !HasFatalFailure(); i++) runs.Step();
    runs.FreeAll();
    ASSERT_EQ(page_counters().runs_used, 0U);
  }
}

}  // namespace
}  // namespace uma
