// SPDX-License-Identifier: BSD-2-Clause
// Giving free runs back: highest spans first, whole ranges in one call. A span of which a part is
// given back loses its huge page.
#include "alloc/os/os.h"
#include "alloc/page/span.h"

namespace uma {

constinit bool idle_noted = false;

namespace {

constexpr size_t kRegionSpans = 16;  // lose their huge pages together: few mappings

// Purges the dirty ranges of one span; returns the bytes given back.
size_t purge_span(size_t index) {
  assert_held(arena.lock);
  Span& span = span_at(index);
  size_t given = 0;
  uint32_t left = span.dirty;
  while (left) {
    const unsigned first = unsigned(__builtin_ctz(left));
    const uint32_t shifted = ~(left >> first);
    const unsigned length = shifted ? unsigned(__builtin_ctz(shifted)) : 32 - first;
    const uint32_t mask = (length == 32 ? ~uint32_t{0} : (uint32_t{1} << length) - 1) << first;
    left &= ~mask;
    owned_add(page_counters().purge_calls);
    // Where the purge is refused (locked memory) the old bytes stay: so does the dirty mark.
    if (!os::purge(span_memory(index) + first * kGranule, length * kGranule)) continue;
    span.dirty &= ~mask;
    given += length * kGranule;
  }
  return given;
}

}  // namespace

namespace {

// Calls visit(first, count) for each row of spans among first..end-1 that are ours.
template <typename Visit>
void each_row(size_t first, size_t end, Visit visit) {
  for (size_t from = first, to; from < end; from = to) {
    for (to = from; to < end && is_ours(span_at(to)); to++) {
    }
    if (to > from)
      visit(from, to - from);
    else
      to++;
  }
}

size_t region_end(size_t index) {
  return min((index / kRegionSpans + 1) * kRegionSpans, arena.committed);
}

void small_pages(size_t index) {
  assert_held(arena.lock);
  const size_t first = index / kRegionSpans * kRegionSpans;
  const size_t end = region_end(index);
  for (size_t i = first; i < end; i++) {
    Span& span = span_at(i);
    if (!span.huge) continue;
    span.huge = false;
    // A huge page made what was never touched resident, too.
    owned_add(page_counters().runs_free_dirty,
              size_t(__builtin_popcount(span.free & ~span.dirty)) * kGranule);
    span.dirty = span.free;
    if (span.free) arena.first_free[false] = min(arena.first_free[false], i);
  }
  each_row(first, end, [](size_t row, size_t count) {
    os::huge_pages(span_memory(row), count * kSpan, false);
  });
}

}  // namespace

void run_small_pages(const char* run) {
  const size_t index = granule_of(run) / kSpanGranules;
  if (!span_at(index).huge) return;
  Guard guard(arena.lock);
  if (span_at(index).huge) small_pages(index);
}

namespace {

bool is_limited() { return arena.limit != kNoLimit || os::future_locked(); }

}  // namespace

size_t purge_runs(size_t keep) {
  Guard guard(arena.lock);
  uma_layout_pages& pages = page_counters();
  size_t given = 0;
  for (size_t i = arena.committed; i-- > 0 && pages.runs_free_dirty > keep;) {
    Span& span = span_at(i);
    if (!span.dirty) continue;
    if (span.huge && !is_free(span)) {
      // The spans above in the same region have more to give back now.
      small_pages(i);
      i = region_end(i);
      continue;
    }
    const size_t bytes = purge_span(i);
    owned_sub(pages.runs_free_dirty, bytes);
    locked_add(pages.purged_bytes, uma_u64{bytes});
    given += bytes;
  }
  arena_read_limit();
  if (address_pressure() || is_limited()) arena_shrink();
  return given;
}

size_t purge_allowance() {
  const uint64_t used = load_relaxed(page_counters().runs_used);
  const uint64_t idle = min(used, load_relaxed(page_counters().slab_idle));
  return max(kDirtyMin, size_t(used - idle) / kDirtyShare);
}

void page_limit_changed() {
  if (arena.lock.held_by_me()) return;  // by the frame that a signal handler interrupted
  Guard guard(arena.lock);
  arena_read_limit();
  if (is_limited()) arena_shrink();
}

void purge_watch() {
  Guard guard(arena.lock);
  store_relaxed(arena.dirty_low, page_counters().runs_free_dirty);
  for (size_t i = 0; i < arena.committed; i++) span_at(i).watched = span_at(i).free;
}

size_t purge_split() {
  Guard guard(arena.lock);
  const size_t before = page_counters().runs_free_dirty;
  for (size_t i = 0; i < arena.committed; i++) {
    const Span& span = span_at(i);
    const bool part = span.free != 0 && span.free != ~uint32_t{0};
    if (span.huge && part && span.free == span.watched) small_pages(i);
  }
  return page_counters().runs_free_dirty - before;
}

size_t purge_busy() {
  const size_t dirty = load_relaxed(page_counters().runs_free_dirty);
  return dirty - min(dirty, load_relaxed(arena.dirty_low));
}

}  // namespace uma
