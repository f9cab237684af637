// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/heap/large.h"

#include "alloc/base/layout.h"
#include "alloc/base/lock.h"
#include "alloc/heap/crowd.h"
#include "alloc/heap/mapping_table.h"
#include "alloc/os/os.h"
#include "alloc/os/published.h"
#include "alloc/page/page.h"

namespace uma {
namespace {

constexpr size_t kCachedBlocks = 16;
constexpr size_t kCachedBytes = size_t{40} << 20;
constexpr size_t kCachedBlockMax = size_t{32} << 20;
constexpr unsigned kGhosts = 8;              // sizes unmapped of late
constexpr uint64_t kCachedFor = 1000000000;  // ns; older ones are unmapped at the next look
constexpr unsigned kClockEvery = 16;         // frees from look to look: the clock is a fifth of one

constexpr size_t kRetrySlots = 256;  // looked at for mappings to unmap at last, after one went

constexpr size_t kTouchSlots = 8192;  // more are not looked through for one call of the program's

struct Cached {
  Mapping* mapping;  // in the table
  size_t size;
  uint64_t since;
};

struct State {
  Lock lock{Rank::kLarge};
  size_t kept = 0;                        // mappings in the table that are not unmapped yet
  size_t retry = 0;                       // the next slot to look for those
  uintptr_t low = UINTPTR_MAX, high = 0;  // all blocks ever lay between
  bool keep_none = false;                 // any live one may be touched
  size_t most_live = 0;                   // with the next: the highest there ever were
  size_t most_bytes = 0;
  Cached cached[kCachedBlocks] = {};
  unsigned cached_count = 0;
  unsigned clock_uses = 0;
  uint64_t now = 0;  // at the last look
  size_t ghosts[kGhosts] = {};
  unsigned next_ghost = 0;
  size_t hot = 0;  // a size that was unmapped and asked for again
};
constinit State state;
constinit MappingTable table;

// Written under the lock; locked additions would be half the time of a large malloc and free.
uma_layout_large& shown() { return uma_layout.large; }

void count_alloc(size_t size) {
  owned_add(shown().allocs);
  owned_add(shown().used_bytes, size);
}

void count_free(size_t size) {
  owned_add(shown().frees);
  owned_sub(shown().used_bytes, size);
}

void note_most() {
  state.most_live = max(state.most_live, table.used() - state.cached_count - state.kept);
  state.most_bytes = max(state.most_bytes, size_t(shown().used_bytes - shown().run_bytes));
}

Mapping* find_live(const void* p) {
  Mapping* mapping = table.find(addr(p));
  return mapping && mapping->state == MappingState::kLive ? mapping : nullptr;
}

void insert(const Mapping& mapping) {
  assert_held(state.lock);
  table.insert(mapping);
  store_relaxed(state.low, min(state.low, mapping.base));
  store_relaxed(state.high, max(state.high, mapping.base + mapping.size()));
  state.kept += mapping.state == MappingState::kKept;
}

// Room for one block and for what its mapping may leave beside it; false: no memory.
bool make_room() {
  assert_held(state.lock);
  uintptr_t cached[kCachedBlocks];
  for (unsigned i = 0; i < state.cached_count; i++) cached[i] = state.cached[i].mapping->base;
  bool moved;
  Mapping left;
  if (!table.make_room(&moved, &left)) return false;
  if (likely(!moved)) return true;
  for (unsigned i = 0; i < state.cached_count; i++) state.cached[i].mapping = table.find(cached[i]);
  if (left.base) insert(left);
  crowd_measure(table);
  return true;
}

// What is in the next slot, if that is a kept mapping.
Mapping* next_kept() {
  Mapping* m = table.in_slot(state.retry++ & (table.slots() - 1));
  return m && m->state == MappingState::kKept ? m : nullptr;
}

// False: nothing could be unmapped.
bool sweep() {
  assert_held(state.lock);
  const size_t gone = crowd_sweep(table);
  state.kept -= gone;
  return gone != 0;
}

// After a mapping went there may be room in the system to unmap another one that was refused.
void retry_kept() {
  assert_held(state.lock);
  for (size_t i = 0; state.kept && i < min(kRetrySlots, table.slots()); i++) {
    Mapping* m = next_kept();
    if (!m) continue;
    if (!mapping_unmap(*m)) return;
    state.kept--;
    table.erase(m);
  }
}

// Gives a mapping back to the system: unmaps it or, where that is refused, keeps its addresses
// without memory, for a later try or another block.
void give_up(Mapping* mapping) {
  assert_held(state.lock);
  const bool crowded = crowd_is_on(table);
  if (!crowded && mapping_unmap(*mapping)) {
    table.erase(mapping);
    if (unlikely(state.kept != 0)) retry_kept();
    return;
  }
  // What cannot be given back stays as it is, and no other block may have it.
  if (!mapping_purge(*mapping)) mapping->touched = 1;
  mapping->state = MappingState::kKept;
  state.kept++;
  if (crowded && crowd_keep(table, state.kept)) sweep();
}

inline void forget_cached(unsigned i) {
  owned_sub(shown().cached_bytes, state.cached[i].size);
  owned_sub(shown().cached_blocks);
  const unsigned last = --state.cached_count;
  if (i != last) state.cached[i] = state.cached[last];
}

void drop_cached(unsigned i) {
  assert_held(state.lock);
  give_up(state.cached[i].mapping);
  forget_cached(i);
}

void drop_old(uint64_t now, uint64_t age) {
  assert_held(state.lock);
  for (unsigned i = state.cached_count; i-- > 0;)
    if (now - state.cached[i].since >= age) drop_cached(i);
}

bool near(size_t size, size_t wanted) { return size >= wanted && size - wanted <= wanted / 8; }

// A block of this size was unmapped a short while ago: caching it would have paid. Growing
// patterns never come here, so they do not leave their old blocks behind in the cache.
void note_miss(size_t size) {
  assert_held(state.lock);
  for (size_t& ghost : state.ghosts) {
    if (!near(ghost, size)) continue;
    state.hot = max(state.hot, ghost);
    ghost = 0;
    return;
  }
}

// A cached mapping of nearly the size, best fit, still with its old state; null: none.
Mapping* reuse(size_t size, size_t align) {
  int best = -1;
  for (unsigned i = 0; i < state.cached_count; i++) {
    const Cached& c = state.cached[i];
    if (!near(c.size, size) || !is_aligned(c.mapping->base, align)) continue;
    if (best < 0 || c.size < state.cached[best].size) best = int(i);
  }
  if (best < 0) {
    note_miss(size);
    return nullptr;
  }
  Mapping* mapping = state.cached[best].mapping;
  forget_cached(unsigned(best));
  return mapping;
}

// The smallest of the mappings without memory in the next `slots` slots that the block fits into,
// of at most `most` bytes; null: none.
Mapping* reuse_kept(size_t size, size_t align, size_t slots, size_t most) {
  Mapping* best = nullptr;
  for (size_t i = 0; state.kept && i < min(slots, table.slots()); i++) {
    Mapping* m = next_kept();
    if (!m || m->touched || m->size() < size || m->size() > most || !is_aligned(m->base, align))
      continue;
    if (!best || m->size() < best->size()) best = m;
  }
  if (!best) return nullptr;
  state.kept--;
  best->state = MappingState::kLive;
  if (!crowd_is_on(table)) mapping_guard(best);
  return best;
}

Mapping* fresh(size_t size, size_t align) {
  const bool crowded = crowd_is_on(table);
  if (crowded)
    if (Mapping* mapping = reuse_kept(size, align, kRetrySlots, 2 * size)) return mapping;
  Mapping left[2];
  const Mapping mapping = mapping_new(size, align, crowded, left);
  for (const Mapping& piece : left)
    if (unlikely(piece.base != 0)) insert(piece);
  if (!mapping.base) return nullptr;
  insert(mapping);
  return table.find(mapping.base);
}

// Fresh memory, at the cost of all that is cached if need be.
Mapping* fresh_or_kept(size_t size, size_t align) {
  if (Mapping* mapping = fresh(size, align)) return mapping;
  if (state.cached_count) {
    while (state.cached_count) drop_cached(0);
    if (Mapping* mapping = fresh(size, align)) return mapping;
  }
  return reuse_kept(size, align, SIZE_MAX, SIZE_MAX);
}

bool keep_cached(Mapping* mapping) {
  assert_held(state.lock);
  const size_t size = mapping->size();
  if (size > kCachedBlockMax || mapping->touched || load_relaxed(state.keep_none) ||
      address_pressure())
    return false;
  if (state.clock_uses++ % kClockEvery == 0) {
    state.now = os::clock_coarse_ns();
    drop_old(state.now, kCachedFor);
  }
  if (size > state.hot) {
    state.ghosts[state.next_ghost++ % kGhosts] = size;
    return false;
  }
  while (state.cached_count &&
         (state.cached_count == kCachedBlocks || shown().cached_bytes + size > kCachedBytes))
    drop_cached(0);
  state.cached[state.cached_count++] = {mapping, size, state.now};
  mapping->state = MappingState::kCached;
  owned_add(shown().cached_bytes, size);
  owned_add(shown().cached_blocks);
  return true;
}

}  // namespace

void* large_alloc(size_t size, size_t align, bool* zeroed) {
  size = round_up(size, kPage);
  align = max(align, kPage);
  Guard guard(state.lock);
  Mapping* mapping = reuse(size, align);
  *zeroed = !mapping;
  if (!mapping && make_room()) mapping = fresh_or_kept(size, align);
  if (!mapping) {
    locked_add(shown().fails);
    return nullptr;
  }
  count_alloc(mapping->size());
  note_most();
  // After its size was read: a part of a word that was just written is read as a whole only later.
  mapping->state = MappingState::kLive;
  return at<void>(mapping->base);
}

bool large_free(void* p) {
  Guard guard(state.lock);
  Mapping* mapping = find_live(p);
  if (!mapping) return false;
  count_free(mapping->size());
  if (unlikely(load_relaxed(state.keep_none)) && shown().allocs == shown().frees)
    store_relaxed(state.keep_none, false);
  if (!keep_cached(mapping)) give_up(mapping);
  return true;
}

size_t large_size(const void* p) {
  Guard guard(state.lock);
  const Mapping* mapping = find_live(p);
  return mapping ? mapping->size() : 0;
}

void* large_resize(void* p, size_t size) {
  size = round_up(size, kPage);
  Guard guard(state.lock);
  // A moved block leaves a deleted slot behind and may fill an empty one.
  if (!crowd_may_resize(table) || !make_room()) return nullptr;
  Mapping* mapping = find_live(p);
  const size_t old_size = mapping->size();
  if (size == old_size) return p;
  Mapping moved = *mapping;
  if (!mapping_resize(&moved, size)) {
    *mapping = moved;
    return nullptr;
  }
  table.erase(mapping);
  insert(moved);
  owned_add(shown().used_bytes, size - old_size);
  note_most();
  return at<void>(moved.base);
}

uintptr_t large_containing(const void* p) {
  Guard guard(state.lock);
  for (size_t i = 0; i < table.slots(); i++) {
    const Mapping* m = table.in_slot(i);
    if (m && m->state == MappingState::kLive && addr(p) - m->base < m->size()) return m->base;
  }
  return 0;
}

void large_touch(const void* p, size_t length) {
  const uintptr_t from = addr(p);
  if (from >= load_relaxed(state.high) || from + length <= load_relaxed(state.low)) return;
  // A signal handler may be the caller, over a frame of this file.
  if (state.lock.held_by_me()) return store_relaxed(state.keep_none, true);
  Guard guard(state.lock);
  if (table.slots() > kTouchSlots) return store_relaxed(state.keep_none, true);
  for (size_t i = 0; i < table.slots(); i++) {
    Mapping* m = table.in_slot(i);
    if (m && from < m->base + m->size() && m->base < from + length) m->touched = 1;
  }
}

bool large_is_cached(const void* p) {
  Guard guard(state.lock);
  for (unsigned i = 0; i < state.cached_count; i++)
    if (addr(p) - state.cached[i].mapping->base < state.cached[i].size) return true;
  return false;
}

size_t large_trim(size_t keep) {
  Guard guard(state.lock);
  const size_t before = shown().cached_bytes;
  while (state.cached_count && shown().cached_bytes > keep) drop_cached(0);
  while (state.kept && sweep()) {
  }
  return before - shown().cached_bytes;
}

size_t large_cached() { return load_relaxed(shown().cached_bytes); }

void large_trim_old(uint64_t age) {
  Guard guard(state.lock);
  drop_old(os::clock_coarse_ns(), age);
  if (state.kept) sweep();
}

void large_count_alloc(size_t size) {
  Guard guard(state.lock);
  count_alloc(size);
  owned_add(shown().run_bytes, size);
}

void large_count_free(size_t size) {
  Guard guard(state.lock);
  count_free(size);
  owned_sub(shown().run_bytes, size);
}

void large_most(size_t* mappings, size_t* bytes) {
  Guard guard(state.lock);
  *mappings = state.most_live;
  *bytes = state.most_bytes;
}

void large_locks(LockVisitor visit) { visit(state.lock); }

}  // namespace uma
