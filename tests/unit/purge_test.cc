// SPDX-License-Identifier: BSD-2-Clause
// Free runs go back: as much as asked for, what reads as zero afterwards is said to be zero, and
// nobody's memory changes.
#include <gtest/gtest.h>
#include <string.h>

#include <vector>

#include "alloc/page/page.h"
#include "tests/support/random.h"

namespace uma {
namespace {

using support::kSeeds;
using support::Random;

// Once in a process.
bool Start() {
  static const bool started = page_start();
  return started;
}

struct Taken {
  char* memory;
  unsigned granules;
  char fill;
};

Taken Take(Random& random, bool* zeroed) {
  const unsigned granules = 1 + unsigned(random.Below(kSpanGranules));
  const auto density = random.Below(2) ? Density::kDense : Density::kSparse;
  char* memory = run_alloc(granules, kGranule, density, zeroed);
  EXPECT_NE(memory, nullptr);
  return {memory, granules, char(1 + random.Below(100))};
}

bool Holds(const Taken& run, char value) {
  for (size_t at = 0; at < run.granules * kGranule; at += 512)
    if (run.memory[at] != value) return false;
  return true;
}

TEST(Purge, KeepsWhatItIsToldTo) {
  ASSERT_TRUE(Start());
  const uma_layout_pages& pages = page_counters();
  for (uint64_t seed = 0; seed < kSeeds; seed++) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::vector<Taken> live;
    for (int i = 0; i < 100; i++) {
      bool zeroed = false;
      const Taken run = Take(random, &zeroed);
      EXPECT_TRUE(!zeroed || Holds(run, 0));
      memset(run.memory, run.fill, run.granules * kGranule);
      if (random.Below(3) == 0)
        live.push_back(run);
      else
        run_free(run.memory, run.granules);
    }
    while (pages.runs_free_dirty) {
      const uint64_t dirty = pages.runs_free_dirty;
      const size_t keep = random.Below(dirty);
      const uint64_t purged = pages.purged_bytes;
      const size_t given = purge_runs(keep);
      EXPECT_LE(pages.runs_free_dirty, keep);
      EXPECT_EQ(pages.purged_bytes, purged + given);
    }
    for (const Taken& run : live) {
      EXPECT_TRUE(Holds(run, run.fill)) << "somebody's memory changed";
      run_free(run.memory, run.granules);
    }
  }
}

TEST(Purge, KnowsWhatCameAndWent) {
  ASSERT_TRUE(Start());
  const uma_layout_pages& pages = page_counters();
  for (uint64_t seed = 0; seed < kSeeds; seed++) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::vector<Taken> runs;
    bool zeroed = false;
    for (int i = 0; i < 50; i++) runs.push_back(Take(random, &zeroed));
    for (const Taken& run : runs) run_free(run.memory, run.granules);
    purge_watch();
    EXPECT_EQ(purge_busy(), 0U) << "nothing came since";
    const uint64_t before = pages.runs_free_dirty;
    const Taken run = Take(random, &zeroed);
    const uint64_t least = pages.runs_free_dirty;
    run_free(run.memory, run.granules);
    EXPECT_EQ(purge_busy(), pages.runs_free_dirty - least);
    EXPECT_GE(pages.runs_free_dirty, before);
  }
}

}  // namespace
}  // namespace uma
