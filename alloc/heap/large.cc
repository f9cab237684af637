// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/heap/large.h"

#include <string.h>

#include "alloc/base/layout.h"
#include "alloc/base/lock.h"
#include "alloc/os/os.h"
#include "alloc/os/published.h"
#include "alloc/page/page.h"

namespace uma {
namespace {

constexpr size_t kTableFirst = 512;  // slots; a power of two
constexpr size_t kCachedBlocks = 16;
constexpr size_t kCachedBytes = size_t{40} << 20;
constexpr size_t kCachedBlockMax = size_t{32} << 20;
constexpr unsigned kGhosts = 8;              // sizes unmapped of late
constexpr uint64_t kCachedFor = 1000000000;  // ns; older ones are unmapped at the next call

// Open addressing; 0 empty, 1 deleted.
struct Mapping {
  uintptr_t base;
  size_t size;
};
constexpr uintptr_t kDeleted = 1;

struct Cached {
  uintptr_t base;
  size_t size;
  uint64_t since;
};

struct State {
  Lock lock{Rank::kLarge};
  Mapping* table = nullptr;
  size_t slots = 0;
  size_t filled = 0;  // with deleted ones
  size_t live = 0;
  Cached cached[kCachedBlocks] = {};
  unsigned cached_count = 0;
  size_t ghosts[kGhosts] = {};
  unsigned next_ghost = 0;
  size_t hot = 0;  // a size that was unmapped and asked for again
};
constinit State state;

// Written under the lock; locked additions would be half the time of a large malloc and free.
uma_layout_large& shown() { return uma_layout.large; }

void count_alloc(size_t size) {
  add(shown().allocs);
  add(shown().used_bytes, size);
}

void count_free(size_t size) {
  add(shown().frees);
  sub(shown().used_bytes, size);
}

size_t hash(uintptr_t base) { return size_t((base >> 12) * 0x9e3779b97f4a7c15u >> 20); }

Mapping* find(uintptr_t base) {
  if (!state.slots) return nullptr;
  for (size_t i = hash(base);; i++) {
    Mapping* m = &state.table[i & (state.slots - 1)];
    if (m->base == base) return m;
    if (m->base == 0) return nullptr;
  }
}

// True: into a slot that was never used.
bool put(Mapping* table, size_t slots, Mapping mapping) {
  for (size_t i = hash(mapping.base);; i++) {
    Mapping* m = &table[i & (slots - 1)];
    if (m->base > kDeleted) continue;
    const bool empty = m->base == 0;
    *m = mapping;
    return empty;
  }
}

// Room for one more; false: no memory.
bool make_room() {
  if (state.slots && (state.filled + 1) * 4 <= state.slots * 3) return true;
  size_t slots = max(kTableFirst, state.slots);
  while ((state.live + 1) * 2 > slots) slots *= 2;
  const size_t size = round_up(slots * sizeof(Mapping), kPage);
  auto* table = static_cast<Mapping*>(os::map(nullptr, size));
  if (!table) return false;
  for (size_t i = 0; i < state.slots; i++)
    if (state.table[i].base > kDeleted) put(table, slots, state.table[i]);
  if (state.slots) os::unmap(state.table, round_up(state.slots * sizeof(Mapping), kPage));
  state.table = table;
  state.slots = slots;
  state.filled = state.live;
  return true;
}

void insert(uintptr_t base, size_t size) {
  if (put(state.table, state.slots, {base, size})) state.filled++;
  state.live++;
}

void erase(Mapping* mapping) {
  mapping->base = kDeleted;
  state.live--;
}

void drop_cached(unsigned i) {
  os::unmap(at<void>(state.cached[i].base), state.cached[i].size);
  sub(shown().cached_bytes, state.cached[i].size);
  sub(shown().cached_blocks);
  state.cached[i] = state.cached[--state.cached_count];
}

void drop_old(uint64_t now) {
  for (unsigned i = state.cached_count; i-- > 0;)
    if (now - state.cached[i].since > kCachedFor) drop_cached(i);
}

bool near(size_t size, size_t wanted) { return size >= wanted && size - wanted <= wanted / 8; }

// A block of this size was unmapped a short while ago: caching it would have paid. Growing
// patterns never come here, so they do not leave their old blocks behind in the cache.
void note_miss(size_t size) {
  for (size_t& ghost : state.ghosts) {
    if (!near(ghost, size)) continue;
    state.hot = max(state.hot, ghost);
    ghost = 0;
    return;
  }
}

// A cached mapping of nearly the size, best fit; 0: none.
uintptr_t reuse(size_t* size, size_t align) {
  int best = -1;
  for (unsigned i = 0; i < state.cached_count; i++) {
    const Cached& c = state.cached[i];
    if (!near(c.size, *size) || c.base % align) continue;
    if (best < 0 || c.size < state.cached[best].size) best = int(i);
  }
  if (best < 0) {
    note_miss(*size);
    return 0;
  }
  const Cached c = state.cached[best];
  state.cached[best] = state.cached[--state.cached_count];
  sub(shown().cached_bytes, c.size);
  sub(shown().cached_blocks);
  *size = c.size;
  return c.base;
}

bool keep_cached(uintptr_t base, size_t size) {
  if (size > kCachedBlockMax || address_pressure()) return false;
  const uint64_t now = os::clock_coarse_ns();
  drop_old(now);
  if (size > state.hot) {
    state.ghosts[state.next_ghost++ % kGhosts] = size;
    return false;
  }
  while (state.cached_count &&
         (state.cached_count == kCachedBlocks || shown().cached_bytes + size > kCachedBytes))
    drop_cached(0);
  state.cached[state.cached_count++] = {base, size, now};
  add(shown().cached_bytes, size);
  add(shown().cached_blocks);
  return true;
}

void* map_aligned(size_t size, size_t align) {
  if (align <= kPage) return os::map(nullptr, size);
  if (size + align < size) return nullptr;
  char* p = static_cast<char*>(os::map(nullptr, size + align));
  if (!p) return nullptr;
  char* start = at<char>(round_up(addr(p), align));
  if (start > p) os::unmap(p, size_t(start - p));
  os::unmap(start + size, size_t(p + align - start));
  return start;
}

void* map_new(size_t size, size_t align) {
  const bool huge = size >= kLargeAlignHuge;
  void* p = map_aligned(size, huge ? max(align, kSpan) : align);
  if (!p && huge && align < kSpan) p = map_aligned(size, align);
  if (p && huge) os::huge_pages(p, size, true);
  return p;
}

}  // namespace

void* large_alloc(size_t size, size_t align, bool* zeroed) {
  size = round_up(size, kPage);
  *zeroed = false;
  Guard guard(state.lock);
  const bool room = make_room();
  uintptr_t base = room ? reuse(&size, max(align, kPage)) : 0;
  if (!base && room) {
    base = addr(map_new(size, align));
    *zeroed = true;
    if (!base && state.cached_count) {
      while (state.cached_count) drop_cached(0);
      base = addr(map_new(size, align));
    }
  }
  if (!base) {
    bump(shown().fails);
    return nullptr;
  }
  insert(base, size);
  count_alloc(size);
  return at<void>(base);
}

bool large_free(void* p) {
  Guard guard(state.lock);
  Mapping* mapping = find(addr(p));
  if (!mapping) return false;
  const size_t size = mapping->size;
  erase(mapping);
  count_free(size);
  if (!keep_cached(addr(p), size)) os::unmap(p, size);
  return true;
}

size_t large_size(const void* p) {
  Guard guard(state.lock);
  const Mapping* mapping = find(addr(p));
  return mapping ? mapping->size : 0;
}

void* large_resize(void* p, size_t size) {
  size = round_up(size, kPage);
  Guard guard(state.lock);
  // A moved block leaves a deleted slot behind and may fill an empty one.
  if (!make_room()) return nullptr;
  Mapping* mapping = find(addr(p));
  const size_t old_size = mapping->size;
  if (size == old_size) return p;
  void* moved = os::remap(p, old_size, size, true);
  if (!moved) return nullptr;
  erase(mapping);
  insert(addr(moved), size);
  add(shown().used_bytes, size - old_size);
  return moved;
}

uintptr_t large_containing(const void* p) {
  Guard guard(state.lock);
  for (size_t i = 0; i < state.slots; i++) {
    const Mapping& m = state.table[i];
    if (m.base > kDeleted && addr(p) - m.base < m.size) return m.base;
  }
  return 0;
}

bool large_cached(const void* p) {
  Guard guard(state.lock);
  for (unsigned i = 0; i < state.cached_count; i++)
    if (addr(p) - state.cached[i].base < state.cached[i].size) return true;
  return false;
}

size_t large_trim(size_t keep) {
  Guard guard(state.lock);
  const size_t before = shown().cached_bytes;
  while (state.cached_count && shown().cached_bytes > keep) drop_cached(0);
  return before - shown().cached_bytes;
}

void large_count_alloc(size_t size) {
  Guard guard(state.lock);
  count_alloc(size);
}

void large_count_free(size_t size) {
  Guard guard(state.lock);
  count_free(size);
}

void large_fork_prepare() { state.lock.fork_prepare(); }
void large_fork_release() { state.lock.fork_release(); }

}  // namespace uma
