// SPDX-License-Identifier: BSD-2-Clause
// Spans and the arena's state, shared by the files of this layer. The page lock covers all of it.
#ifndef UMA_PAGE_SPAN_H_
#define UMA_PAGE_SPAN_H_

#include "alloc/base/lock.h"
#include "alloc/page/page.h"

namespace uma {

// 2 MiB of arena; bit i is granule i.
struct Span {
  uint32_t free;     // not part of a run
  uint32_t dirty;    // free, and may be resident or non-zero
  bool committed;    // readable and writable
  bool hole;         // given back, addresses included
  bool taken;        // somebody else mapped something there: never ours
  bool huge;         // advised to use huge pages
  uint32_t watched;  // what was free at purge_watch
};

inline constexpr unsigned kSpanChunk = 64;

inline constexpr uint64_t kNoLimit = ~uint64_t{0};

struct Arena {
  Lock lock{Rank::kPage};
  size_t spans = 0;           // reserved, but for those that are holes or taken
  size_t committed = 0;       // spans ever committed: the arena is committed from below
  size_t first_free[2] = {};  // by Span::huge: no such span below has a free granule
  size_t dense = 0;           // bytes ever handed out as dense runs
  size_t dirty_low = 0;       // the least free dirty memory since purge_watch
  bool fixed = false;         // one reservation at an address the kernel chose: cannot grow
  uint64_t pressure_until = 0;
  size_t holes = 0;
  size_t free_spans = 0;      // committed ones
  uint64_t limit = kNoLimit;  // of the address space, when last asked
};
extern Arena arena;
// Apart, because it is large and starts as zero: no room in the file.
extern Span* span_directory[kArenaMax / kSpan / kSpanChunk];

inline Span& span_at(size_t index) {
  return span_directory[index / kSpanChunk][index % kSpanChunk];
}
inline bool is_free(const Span& span) { return span.free == ~uint32_t{0}; }
inline bool is_ours(const Span& span) { return !span.hole && !span.taken; }
inline char* span_memory(size_t index) { return at<char>(uma_hot.arena_base + index * kSpan); }

// Makes one more span usable, with huge pages or without. False: no memory.
bool arena_commit_next(bool huge);
// Returns wholly free spans to the system, address space included.
void arena_shrink();
// After a run was freed: the same where the process may map only so much, if it is worth it.
void arena_shrink_limited();
// Asks the system again how much the process may map.
void arena_read_limit();
// Maps the lowest hole again that is still free. False: there is none, or no memory.
bool arena_fill_hole(bool huge);

}  // namespace uma

#endif  // UMA_PAGE_SPAN_H_
