// SPDX-License-Identifier: BSD-2-Clause
// Runs: first fit from low addresses, so that the upper spans empty.
#include "alloc/os/os.h"
#include "alloc/page/span.h"

namespace uma {
namespace {

uint32_t run_mask(unsigned first, unsigned granules) {
  const uint32_t ones = granules == 32 ? ~uint32_t{0} : (uint32_t{1} << granules) - 1;
  return ones << first;
}

// The lowest bit of `free` that starts `granules` set bits, at a multiple of `step`; -1: none.
int find_run(uint32_t free, unsigned granules, unsigned step) {
  uint32_t starts = free;
  unsigned covered = 1;
  while (covered < granules && starts) {
    const unsigned more = min(covered, granules - covered);
    starts &= starts >> more;
    covered += more;
  }
  constexpr uint32_t kAligned[] = {0xffffffff, 0x55555555, 0x11111111,
                                   0x01010101, 0x00010001, 0x00000001};
  starts &= kAligned[log2_floor(step)];
  return starts ? __builtin_ctz(starts) : -1;
}

char* take_run(size_t index, unsigned first, unsigned granules, bool* zeroed) {
  assert_held(arena.lock);
  Span& span = span_at(index);
  const uint32_t mask = run_mask(first, granules);
  *zeroed = (span.dirty & mask) == 0;
  owned_sub(page_counters().runs_free_dirty,
            size_t(__builtin_popcount(span.dirty & mask)) * kGranule);
  store_relaxed(arena.dirty_low, min(arena.dirty_low, size_t(page_counters().runs_free_dirty)));
  owned_add(page_counters().runs_used, granules * kGranule);
  arena.free_spans -= is_free(span);
  span.free &= ~mask;
  span.dirty &= ~mask;
  return span_memory(index) + size_t{first} * kGranule;
}

// First fit among the spans of one kind; null: none has room.
char* find_and_take(bool huge, unsigned granules, unsigned step, bool* zeroed) {
  assert_held(arena.lock);
  bool skipped = false;
  for (size_t i = arena.first_free[huge]; i < arena.committed; i++) {
    const Span& span = span_at(i);
    if (span.huge == huge && span.free) {
      const int first = find_run(span.free, granules, step);
      if (first >= 0) return take_run(i, unsigned(first), granules, zeroed);
      skipped = true;
    }
    if (!skipped) arena.first_free[huge] = i + 1;
  }
  return nullptr;
}

}  // namespace

char* run_alloc(unsigned granules, size_t align, Density density, bool* zeroed) {
  UMA_ASSERT(granules > 0 && granules <= kSpanGranules);
  UMA_ASSERT(is_power_of_two(align) && align >= kGranule && align <= kSpan);
  Guard guard(arena.lock);
  const unsigned step = unsigned(align / kGranule);
  bool huge = false;
  if (density == Density::kDense) {
    huge = arena.dense >= kHugeAfter;
    arena.dense += granules * kGranule;
  }
  if (char* run = find_and_take(huge, granules, step, zeroed)) return run;
  if (arena_fill_hole(huge) || arena_commit_next(huge))
    return find_and_take(huge, granules, step, zeroed);
  // No memory for another span: room in one of the other kind will do.
  return find_and_take(!huge, granules, step, zeroed);
}

void run_free(char* run, unsigned granules) {
  Guard guard(arena.lock);
  const size_t granule = granule_of(run);
  const size_t index = granule / kSpanGranules;
  Span& span = span_at(index);
  const uint32_t mask = run_mask(unsigned(granule % kSpanGranules), granules);
  UMA_ASSERT(page_map()[granule] == 0 && (span.free & mask) == 0);
  span.free |= mask;
  span.dirty |= mask;
  arena.first_free[span.huge] = min(arena.first_free[span.huge], index);
  owned_add(page_counters().runs_free_dirty, granules * kGranule);
  owned_sub(page_counters().runs_used, granules * kGranule);
  arena.free_spans += is_free(span);
  if (unlikely(arena.limit != kNoLimit) && is_free(span)) arena_shrink_limited();
}

void run_mark(char* run, unsigned granules, uint16_t entry_offset) {
  const size_t first = granule_of(run);
  run_size(first)->granules = uint16_t(granules);
  for (unsigned i = 0; i < granules; i++) {
    run_size(first + i)->back = uint16_t(i);
    store_release(page_map()[first + i], entry_offset);
  }
}

}  // namespace uma
