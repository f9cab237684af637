// SPDX-License-Identifier: BSD-2-Clause
// Giving free runs back: highest spans first, whole ranges in one call, huge pages only when the
// whole span is free or idle memory is half of all.
#include "alloc/os/os.h"
#include "alloc/page/span.h"

namespace uma {
namespace {

constexpr unsigned kPurgeShare = 16;  // of run time may go into giving memory back

struct Spending {
  uint64_t start_ns = 0;
  uint64_t spent_ns = 0;
};
constinit Spending spending;

// Purges the dirty ranges of one span; returns the bytes given back.
size_t purge_span(size_t index) {
  Span& span = span_at(index);
  size_t given = 0;
  uint32_t left = span.dirty;
  while (left) {
    const unsigned first = unsigned(__builtin_ctz(left));
    const uint32_t shifted = ~(left >> first);
    const unsigned length = shifted ? unsigned(__builtin_ctz(shifted)) : 32 - first;
    const uint32_t mask = (length == 32 ? ~uint32_t{0} : (uint32_t{1} << length) - 1) << first;
    left &= ~mask;
    page_counters().purge_calls++;
    // Where the purge is refused (locked memory) the old bytes stay: so does the dirty mark.
    if (!os::purge(span_memory(index) + first * kGranule, length * kGranule)) continue;
    span.dirty &= ~mask;
    given += length * kGranule;
  }
  return given;
}

}  // namespace

size_t purge_runs(size_t keep) {
  Guard guard(arena.lock);
  uma_layout_pages& pages = page_counters();
  size_t given = 0;
  const bool idle = pages.runs_free_dirty > pages.runs_used;
  for (size_t i = arena.committed; i-- > 0 && pages.runs_free_dirty > keep;) {
    Span& span = span_at(i);
    if (!span.dirty || (span.huge && span.free != ~uint32_t{0} && !idle)) continue;
    const size_t bytes = purge_span(i);
    pages.runs_free_dirty -= bytes;
    pages.purged_bytes += bytes;
    given += bytes;
  }
  if (arena.pressure) arena_shrink();
  return given;
}

size_t purge_allowance() {
  return max(kDirtyMin, size_t(peek(page_counters().runs_used)) / kDirtyShare);
}

bool purge_may_run() {
  const uint64_t now = os::clock_coarse_ns();
  if (!spending.start_ns) spending.start_ns = now - 1;
  return peek(spending.spent_ns) * kPurgeShare <= now - spending.start_ns;
}

void purge_spent(uint64_t ns) { bump(spending.spent_ns, ns); }

}  // namespace uma
