// SPDX-License-Identifier: BSD-2-Clause
// The arena grows upward, gives addresses back where they are short, and takes them again.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string.h>

#include <vector>

#include "alloc/page/page.h"
#include "tests/support/random.h"

namespace uma {
namespace {

using support::kSeeds;
using support::Random;

constexpr size_t kSpans = 300;  // more than two steps of address space

// Once in a process.
bool Start() {
  static const bool started = page_start();
  return started;
}

std::vector<char*> TakeSpans(size_t count) {
  std::vector<char*> spans;
  for (size_t i = 0; i < count; i++) {
    bool zeroed = false;
    char* span = run_alloc(kSpanGranules, kSpan, Density::kSparse, &zeroed);
    EXPECT_NE(span, nullptr);
    EXPECT_TRUE(in_arena(span) && in_arena(span + kSpan - 1));
    spans.push_back(span);
  }
  return spans;
}

TEST(Arena, GrowsUpwardAndKeepsWhatItHas) {
  ASSERT_TRUE(Start());
  const std::vector<char*> spans = TakeSpans(kSpans);
  for (size_t i = 1; i < spans.size(); i++) EXPECT_GT(spans[i], spans[i - 1]) << "from below";
  const uma_layout_pages& pages = page_counters();
  EXPECT_GE(pages.arena_committed, kSpans * kSpan);
  EXPECT_GE(pages.arena_reserved, pages.arena_committed);
  int local = 0;
  void* block = malloc(1);
  EXPECT_FALSE(in_arena(&local) || in_arena(block) || in_arena(nullptr));
  free(block);
  for (char* span : spans) run_free(span, kSpanGranules);
}

TEST(Arena, GivesAddressesBackUnderPressure) {
  ASSERT_TRUE(Start());
  for (uint64_t seed = 0; seed < kSeeds; seed++) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::vector<char*> kept;
    std::vector<char*> spans = TakeSpans(kSpans);
    for (char* span : spans) {
      memset(span, 1, 100);
      if (random.Below(4) == 0)
        kept.push_back(span);
      else
        run_free(span, kSpanGranules);
    }
    note_address_pressure();
    purge_runs(0);
    const uma_layout_pages& pages = page_counters();
    EXPECT_LE(pages.arena_committed, (kept.size() + 1) * kSpan) << "all but the first";
    for (char* span : kept) EXPECT_EQ(span[99], 1);
    const std::vector<char*> again = TakeSpans(kSpans - kept.size() - 1);
    for (char* span : again) {
      EXPECT_TRUE(span[0] == 0 || addr(span) == uma_hot.arena_base) << "mapped anew";
      run_free(span, kSpanGranules);
    }
    for (char* span : kept) run_free(span, kSpanGranules);
  }
}

}  // namespace
}  // namespace uma
