// SPDX-License-Identifier: BSD-2-Clause
// The arena: reserved in steps, committed span by span, with its page map and slab table beside it.
#include "alloc/os/meta.h"
#include "alloc/os/os.h"
#include "alloc/os/published.h"
#include "alloc/page/cap.h"
#include "alloc/page/span.h"

namespace uma {

constinit Arena arena;
constinit Span* span_directory[kArenaMax / kSpan / kSpanChunk] = {};
constinit char* run_headers = nullptr;

namespace {

constinit uma_layout_pages& counters = uma_layout.pages;

// A window holds the slab table, then the page map, then the arena.
constexpr size_t kSlabBytes = kArenaMax / kGranule * kRunHeader;
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

// Each may cost the process one of its mappings, of which it has 65530.
constexpr size_t kHolesMost = 4096;

// Where the process may map only so much: what is reserved at a time, and what may stay free before
// it is unmapped at once. To map it again costs a fault for each page.
constexpr unsigned kLimitShare = 64;
constexpr size_t kSpareMin = size_t{16} << 20;
constexpr unsigned kSpareShare = 8;

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
  locked_add(counters.side_mapped, wanted - *mapped);
  *mapped = wanted;
  return true;
}

bool grow_tables(size_t spans) {
  const size_t granules = spans * kSpanGranules;
  return grow_table(side.map, &side.map_bytes, granules * sizeof(uint16_t)) &&
         grow_table(side.slabs, &side.slab_bytes, granules * kRunHeader);
}

bool grow_directory(size_t spans) {
  for (size_t chunk = arena.spans / kSpanChunk; chunk * kSpanChunk < spans; chunk++) {
    if (span_directory[chunk]) continue;
    span_directory[chunk] = static_cast<Span*>(meta_alloc(kSpanChunk * sizeof(Span)));
    if (!span_directory[chunk]) return false;
  }
  return true;
}

void accept_step(size_t first, size_t step) {
  for (; arena.spans < first; arena.spans++) span_at(arena.spans).taken = true;
  arena.spans += step / kSpan;
  owned_add(counters.arena_reserved, step);
  store_release(uma_hot.arena_limit, uintptr_t(arena.spans * kSpanGranules));
}

// Reserves a step from span `first` on, or the largest half, quarter... of it that the system
// still grants. `taken`: it does not grant one span, because something is mapped there.
bool reserve_from(size_t first, size_t step, bool* taken) {
  *taken = false;
  for (; step >= kSpan; step = round_down(step / 2, kSpan)) {
    const size_t spans = first + step / kSpan;
    if (spans * kSpan > kArenaMax) continue;
    if (!grow_tables(spans) || !grow_directory(spans)) continue;
    if (!os::reserve(span_memory(first), step, taken)) continue;
    accept_step(first, step);
    return true;
  }
  return false;
}

// Steps over what others mapped, ever farther.
bool reserve_step(size_t step) {
  bool taken = true;
  for (size_t over = 0; taken; over = max(size_t{1}, over * 2))
    if (reserve_from(arena.spans + over, step, &taken)) return true;
  note_address_pressure();
  return false;
}

bool start_window(uintptr_t window) {
  uma_hot.arena_base = window + kArenaAt;
  side = {reinterpret_cast<char*>(page_map()), 0, at<char>(window), 0};
  if (!reserve_step(kArenaFirstStep)) return false;
  run_headers = side.slabs;
  return true;
}

// Where no chosen address is free (valgrind, odd kernels): one reservation that cannot grow.
bool start_fixed() {
  for (size_t size = size_t{16} << 30; size >= kArenaFirstStep; size /= 4) {
    const size_t map_bytes = round_up(size / kGranule * sizeof(uint16_t), kPage);
    const size_t slab_bytes = round_up(size / kGranule * kRunHeader, kPage);
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
    run_headers = side.slabs;
    locked_add(counters.side_mapped, map_bytes + slab_bytes);
    arena.fixed = true;
    accept_step(0, size);
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

namespace {

// Large ones cost less; where the process may map only so much they are a small share of it, and
// where all of it would count as locked, nothing is reserved ahead.
size_t next_step() {
  if (os::future_locked()) return kSpan;
  arena_read_limit();
  const size_t step = min(max(kArenaFirstStep, arena.spans * kSpan), kArenaMaxStep);
  return max(kSpan, round_down(min(step, size_t(arena.limit / kLimitShare)), kSpan));
}

}  // namespace

void arena_read_limit() { arena.limit = os::address_limit(); }

bool arena_commit_next(bool huge) {
  assert_held(arena.lock);
  if (arena.committed == arena.spans) {
    if (arena.fixed || !reserve_step(next_step())) return false;
    while (span_at(arena.committed).taken) arena.committed++;
  }
  Span& span = span_at(arena.committed);
  if (!span.committed) {
    char* memory = span_memory(arena.committed);
    if (!cap_allows(kSpan) || !os::commit(memory, kSpan)) return false;
    if (huge) os::huge_pages(memory, kSpan, true);
    span.huge = huge;
    span.committed = true;
    owned_add(counters.arena_committed, kSpan);
  }
  span.free = ~uint32_t{0};
  span.dirty = 0;
  arena.free_spans++;
  arena.committed++;
  return true;
}

namespace {

// What the counters say once the span's memory is gone.
void forget_span(Span& span) {
  assert_held(arena.lock);
  if (span.hole) arena.holes--;
  if (span.committed) owned_sub(counters.arena_committed, kSpan);
  arena.free_spans -= is_free(span);
  owned_sub(counters.runs_free_dirty, size_t(__builtin_popcount(span.dirty)) * kGranule);
  span = {};
}

bool can_go(size_t index) {
  return is_ours(span_at(index)) && (index >= arena.committed || is_free(span_at(index)));
}

// Row by row from the top down; what others mapped between stays.
void shrink_top() {
  assert_held(arena.lock);
  while (arena.spans > 1) {
    size_t first = arena.spans;
    while (first > 1 && can_go(first - 1)) first--;
    const size_t bytes = (arena.spans - first) * kSpan;
    if (bytes && !os::unmap(span_memory(first), bytes)) break;
    if (!bytes && is_ours(span_at(--first))) break;
    owned_sub(counters.arena_reserved, bytes);
    for (size_t i = first; i < arena.spans; i++) forget_span(span_at(i));
    arena.spans = first;
  }
  arena.committed = min(arena.committed, arena.spans);
  for (size_t& first : arena.first_free) first = min(first, arena.committed);
  store_release(uma_hot.arena_limit, uintptr_t(arena.spans * kSpanGranules));
}

}  // namespace

void arena_shrink() {
  assert_held(arena.lock);
  if (arena.fixed) return;
  shrink_top();
  for (size_t i = 1; i < arena.committed && arena.holes < kHolesMost; i++) {
    Span& span = span_at(i);
    if (!can_go(i) || !os::unmap(span_memory(i), kSpan)) continue;
    forget_span(span);
    span.hole = true;
    arena.holes++;
    owned_sub(counters.arena_reserved, kSpan);
  }
}

void arena_shrink_limited() {
  assert_held(arena.lock);
  const size_t spare = max(kSpareMin, page_counters().runs_used / kSpareShare);
  if (arena.free_spans * kSpan > spare) arena_shrink();
}

bool arena_fill_hole(bool huge) {
  assert_held(arena.lock);
  for (size_t i = 1; arena.holes && i < arena.committed; i++) {
    Span& span = span_at(i);
    if (!span.hole) continue;
    bool taken;
    if (!cap_allows(kSpan)) return false;
    const bool mapped = os::map(span_memory(i), kSpan, &taken) != nullptr;
    if (!mapped && !taken) return false;
    forget_span(span);
    span.taken = taken;
    if (taken) continue;
    if (huge) os::huge_pages(span_memory(i), kSpan, true);
    span.free = ~uint32_t{0};
    arena.free_spans++;
    span.committed = true;
    span.huge = huge;
    owned_add(counters.arena_committed, kSpan);
    owned_add(counters.arena_reserved, kSpan);
    arena.first_free[huge] = min(arena.first_free[huge], i);
    return true;
  }
  return false;
}

bool address_pressure() {
  const uint64_t until = load_relaxed(arena.pressure_until);
  return until != 0 && os::clock_coarse_ns() < until;
}

void note_address_pressure() {
  constexpr uint64_t kPressureLasts = 1000000000;  // ns
  store_relaxed(arena.pressure_until, os::clock_coarse_ns() + kPressureLasts);
}

uma_layout_pages& page_counters() { return counters; }
void page_locks(LockVisitor visit) { visit(arena.lock); }

}  // namespace uma
