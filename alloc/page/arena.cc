// SPDX-License-Identifier: BSD-2-Clause
// The arena: reserved in steps, committed span by span, with its page map and slab table beside it.
#include "alloc/os/meta.h"
#include "alloc/os/os.h"
#include "alloc/os/published.h"
#include "alloc/page/span.h"

namespace uma {

constinit Arena arena;
constinit Span* span_directory[kArenaMax / kSpan / kSpanChunk] = {};
constinit Slab* slab_table = nullptr;

namespace {

constinit uma_layout_pages& counters = uma_layout.pages;

// A window holds the slab table, then the page map, then the arena.
constexpr size_t kSlabBytes = kArenaMax / kGranule * sizeof(Slab);
constexpr size_t kArenaAt = round_up(kSlabBytes + kMapBelow, size_t{1} << 30);
static_assert(kMapBelow == 0x20000000);  // the assembly knows it

// Far from the program, its libraries and the shadow memory of sanitizers; varied like the rest of
// the address space.
constexpr uintptr_t kWindow = 0x200000000000;
constexpr uintptr_t kWindowMask = 0xfff;
#ifdef __SANITIZE_THREAD__
constexpr bool kMayChoose = false;  // ThreadSanitizer owns the layout of the address space
#else
constexpr bool kMayChoose = true;
#endif

struct Side {  // how far the two tables are mapped
  char* map = nullptr;
  size_t map_bytes = 0;
  char* slabs = nullptr;
  size_t slab_bytes = 0;
};
constinit Side side;

bool grow_table(char* table, size_t* mapped, size_t wanted) {
  wanted = round_up(wanted, kPage);
  if (wanted <= *mapped) return true;
  if (!os::map(table + *mapped, wanted - *mapped)) return false;
  bump(counters.side_mapped, wanted - *mapped);
  *mapped = wanted;
  return true;
}

bool grow_tables(size_t spans) {
  const size_t granules = spans * kSpanGranules;
  return grow_table(side.map, &side.map_bytes, granules * sizeof(uint16_t)) &&
         grow_table(side.slabs, &side.slab_bytes, granules * sizeof(Slab));
}

bool grow_directory(size_t spans) {
  for (size_t chunk = arena.spans / kSpanChunk; chunk * kSpanChunk < spans; chunk++) {
    if (span_directory[chunk]) continue;
    span_directory[chunk] = static_cast<Span*>(meta_alloc(kSpanChunk * sizeof(Span)));
    if (!span_directory[chunk]) return false;
  }
  return true;
}

void accept_step(size_t step) {
  arena.spans += step / kSpan;
  add(counters.arena_reserved, step);
  publish(uma_hot.arena_limit, uintptr_t(arena.spans * kSpanGranules));
}

// Reserves a step, or the largest half, quarter... of it that the system still grants.
bool reserve_step(size_t step) {
  char* where = span_memory(arena.spans);
  for (; step >= kSpan; step = round_down(step / 2, kSpan)) {
    const size_t spans = arena.spans + step / kSpan;
    if (spans * kSpan > kArenaMax) continue;
    if (!grow_tables(spans) || !grow_directory(spans) || !os::reserve(where, step)) continue;
    accept_step(step);
    return true;
  }
  note_address_pressure();
  return false;
}

bool start_window(uintptr_t window) {
  uma_hot.arena_base = window + kArenaAt;
  side = {reinterpret_cast<char*>(page_map()), 0, at<char>(window), 0};
  if (!reserve_step(kArenaFirstStep)) return false;
  slab_table = reinterpret_cast<Slab*>(side.slabs);
  return true;
}

// Where no chosen address is free (valgrind, odd kernels): one reservation that cannot grow.
bool start_fixed() {
  for (size_t size = size_t{16} << 30; size >= kArenaFirstStep; size /= 4) {
    const size_t map_bytes = round_up(size / kGranule * sizeof(uint16_t), kPage);
    const size_t slab_bytes = round_up(size / kGranule * sizeof(Slab), kPage);
    char* slabs = static_cast<char*>(os::map(nullptr, slab_bytes));
    char* memory =
        slabs ? static_cast<char*>(os::reserve(nullptr, kMapBelow + size + kSpan)) : nullptr;
    if (!memory) {
      if (slabs) os::unmap(slabs, slab_bytes);
      continue;
    }
    uma_hot.arena_base = round_up(addr(memory) + kMapBelow, kSpan);
    side = {reinterpret_cast<char*>(page_map()), map_bytes, slabs, slab_bytes};
    if (!os::commit(side.map, map_bytes) || !grow_directory(size / kSpan)) return false;
    os::unmap(side.map + map_bytes, kMapBelow - map_bytes);
    slab_table = reinterpret_cast<Slab*>(side.slabs);
    bump(counters.side_mapped, map_bytes + slab_bytes);
    arena.fixed = true;
    accept_step(size);
    return true;
  }
  return false;
}

}  // namespace

bool page_start() {
  const uintptr_t window = kWindow + ((os::random16() & kWindowMask) << 30);
  if (!(kMayChoose && start_window(window)) && !start_fixed()) return false;
  counters.arena_base = uma_hot.arena_base;
  return true;
}

bool arena_commit_next(bool huge) {
  if (arena.committed == arena.spans) {
    const size_t step = min(max(kArenaFirstStep, arena.spans * kSpan), kArenaMaxStep);
    if (arena.fixed || !reserve_step(step)) return false;
  }
  Span& span = span_at(arena.committed);
  if (!span.committed) {
    char* memory = span_memory(arena.committed);
    if (!os::commit(memory, kSpan)) return false;
    if (huge) os::huge_pages(memory, kSpan, true);
    span.huge = huge;
    span.committed = true;
    add(counters.arena_committed, kSpan);
  }
  span.free = ~uint32_t{0};
  span.dirty = 0;
  arena.committed++;
  return true;
}

namespace {

// What the counters and the span say once its memory is gone.
void forget_span(Span& span) {
  sub(counters.runs_free_dirty, size_t(__builtin_popcount(span.dirty)) * kGranule);
  sub(counters.arena_committed, kSpan);
  span = {};
}

void shrink_top() {
  size_t top = arena.committed;
  while (top > 1 && (span_at(top - 1).hole || span_at(top - 1).free == ~uint32_t{0})) top--;
  if (top == arena.spans) return;
  if (!os::unmap(span_memory(top), (arena.spans - top) * kSpan)) return;
  for (size_t i = top; i < arena.committed; i++) {
    Span& span = span_at(i);
    if (span.hole) {
      arena.holes--;
      span = {};
    } else {
      forget_span(span);
    }
  }
  sub(counters.arena_reserved, (arena.spans - top) * kSpan);
  arena.spans = top;
  arena.committed = min(arena.committed, top);
  for (size_t& first : arena.first_free) first = min(first, top);
  publish(uma_hot.arena_limit, uintptr_t(arena.spans * kSpanGranules));
}

}  // namespace

void arena_shrink() {
  if (arena.fixed) return;
  shrink_top();
  for (size_t i = 1; i < arena.committed; i++) {
    Span& span = span_at(i);
    if (span.hole || span.free != ~uint32_t{0} || !os::unmap(span_memory(i), kSpan)) continue;
    forget_span(span);
    span.hole = true;
    arena.holes++;
  }
}

bool arena_fill_hole(bool huge) {
  for (size_t i = 1; arena.holes && i < arena.committed; i++) {
    Span& span = span_at(i);
    if (!span.hole) continue;
    if (!os::map(span_memory(i), kSpan)) return false;
    if (huge) os::huge_pages(span_memory(i), kSpan, true);
    span = {};
    span.free = ~uint32_t{0};
    span.committed = true;
    span.huge = huge;
    add(counters.arena_committed, kSpan);
    arena.holes--;
    arena.first_free[huge] = min(arena.first_free[huge], i);
    return true;
  }
  return false;
}

bool address_pressure() {
  const uint64_t until = peek(arena.pressure_until);
  return until != 0 && os::clock_coarse_ns() < until;
}

void note_address_pressure() {
  constexpr uint64_t kPressureLasts = 1000000000;  // ns
  __atomic_store_n(&arena.pressure_until, os::clock_coarse_ns() + kPressureLasts, __ATOMIC_RELAXED);
}

uma_layout_pages& page_counters() { return counters; }
void page_fork_prepare() { arena.lock.fork_prepare(); }
void page_fork_release() { arena.lock.fork_release(); }

}  // namespace uma
