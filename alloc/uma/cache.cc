// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/cache.h"

#include "alloc/base/words.h"
#include "alloc/os/meta.h"
#include "alloc/uma/bucket.h"
#include "alloc/uma/registry.h"

namespace uma {
namespace {

constexpr int kTries = 16;  // restarts of a section before it is given up
// Misses closer than this make a cache grow. A hundred classes in turn are a usual pattern.
constexpr unsigned kRecentVisits = 300;
// A cache without a miss for so long gives its room to one that wants to grow. Were it less, too
// many busy classes would take it from each other again and again.
constexpr unsigned kSettledVisits = 1000;
constexpr unsigned kEntryShare = 16;  // of a CPU's budget, for one cache
constexpr unsigned kFirstShare = 96;  // the same for the first cache of a small class
// Blocks from this size on are cached once they are asked for again: a block that grows by doubling
// leaves nothing behind.
constexpr size_t kOnceBytes = size_t{32} << 10;
// A cache whose items were not taken so many times over since cache_watch is idle: to fill it
// again costs little beside that.
constexpr unsigned kBusyTurns = 64;
constexpr unsigned kOneWayCap = 14;
constexpr size_t kFirstBytes = size_t{32} << 10;  // a first capacity, in bytes of items

}  // namespace

bool cache_shared(const Cpu* cpu) { return cpu->id == percpu_limit(); }

bool cache_has(Zone* zone, Cpu* cpu, const void* item) {
  Guard guard(cpu->lock);
  for (void** slot = entry_at(cpu->region, zone->pub.entry)->top; *--slot;)
    if (*slot == item) return true;
  return false;
}

long cache_push(Zone* zone, Cpu* cpu, void* const* items, long count) {
  if (cache_shared(cpu)) {
    Guard guard(cpu->lock);
    Entry* entry = entry_at(cpu->region, zone->pub.entry);
    long n = 0;
    for (; n < count && !(addr(*entry->top) & kFullTag); n++) {
      *entry->top = items[n];
      store_relaxed(entry->top, entry->top + 1);
    }
    return n;
  }
  for (int i = 0; i < kTries; i++) {
    const long n = uma_percpu_push_items(zone->offset, items, count);
    if (n >= 0) return n;
  }
  return 0;
}

long cache_pop(Zone* zone, Cpu* cpu, void** items, long count) {
  if (cache_shared(cpu)) {
    Guard guard(cpu->lock);
    Entry* entry = entry_at(cpu->region, zone->pub.entry);
    long n = 0;
    for (; n < count && entry->top[-1]; n++) {
      items[n] = entry->top[-1];
      store_relaxed(entry->top, entry->top - 1);
    }
    return n;
  }
  for (int i = 0; i < kTries; i++) {
    const long n = uma_percpu_pop_items(zone->offset, items, count);
    if (n >= 0) return n;
  }
  return 0;
}

namespace {

constinit uint64_t all_cap_bytes = 0;

void count_room(Cpu* cpu, ptrdiff_t by) {
  assert_held(cpu->lock);
  cpu->cap_bytes += uint64_t(by);
  locked_add(all_cap_bytes, uint64_t(by));
}

uint64_t cpu_budget() {
  if (!percpu_has_rseq()) return kBudgetOwned;
  const uint64_t heap = load_relaxed(page_counters().runs_used);
  const uint64_t all = max(uint64_t{kBudgetAll}, heap / kBudgetHeapShare);
  return max(all / max(percpu_seen(), 1u), uint64_t{kBudgetCpu});
}

unsigned first_cap(size_t rsize) {
  // Small classes share a small budget: each must fit, or they would evict one another for ever.
  if (rsize <= kSmallMax) return max(14u, min(30u, unsigned(cpu_budget() / kFirstShare / rsize)));
  const size_t fit = kFirstBytes / rsize;
  if (fit >= 14) return 14;
  return unsigned(max(fit, size_t{rsize <= 65536 ? 2u : 1u}));
}

// The first capacity with UMA_ZONE_MAXBUCKET: what a cache may have of the budget.
unsigned max_cap(size_t rsize) {
  constexpr unsigned kMost = 126;
  return max(first_cap(rsize), min(kMost, unsigned(cpu_budget() / kEntryShare / rsize)));
}

// What the zone's cache on this CPU counts for in cap_bytes.
uint64_t room(const Zone* zone, const Cpu* cpu) {
  return uint64_t{cold_at(cpu->region, zone->pub.entry)->cap} * zone->rsize;
}

// Moves a cache's items into the zone's buckets and detaches it. False: it stays.
bool detach(Cpu* cpu, unsigned index) {
  assert_held(cpu->lock);
  Zone* zone = zone_of_entry(index);
  if (!zone || cache_shared(cpu) || percpu_current() != cpu) return false;
  const uint64_t bytes = room(zone, cpu);
  void* items[kBucketItems];
  for (long n; (n = cache_pop(zone, cpu, items, kBucketItems)) > 0;) {
    locked_add(zone->pub.moved_out, uma_u64(n));
    // Nothing that could call fini: the CPU's lock is held.
    const unsigned stored = bucket_put(zone, items, unsigned(n));
    if (stored == n) continue;
    locked_add(zone->pub.moved_in, uma_u64(n - stored));
    cache_push(zone, cpu, items + stored, n - stored);
    return false;
  }
  if (!percpu_detach(cpu, index)) return false;
  count_room(cpu, -ptrdiff_t(bytes));
  return true;
}

// Detaches the cache that went longest without a miss, and for more than `age` visits. False: there
// is none.
bool evict_oldest(Cpu* cpu, unsigned except, unsigned age) {
  assert_held(cpu->lock);
  unsigned oldest = 0;
  for (unsigned i = 1; i < percpu_entries(); i++) {
    const uma_layout_cold* cold = cold_at(cpu->region, i);
    const unsigned this_age = uint16_t(cpu->clock - cold->last_miss);
    if (i == except || !cold->cap || this_age <= age) continue;
    age = this_age;
    oldest = i;
  }
  return oldest && detach(cpu, oldest);
}

// Gives the entry room for `cap` items if the budget allows.
bool resize(Zone* zone, Cpu* cpu, unsigned cap) {
  assert_held(cpu->lock);
  const unsigned old_cap = cold_at(cpu->region, zone->pub.entry)->cap;
  const uint64_t rsize = zone->rsize;
  const uint64_t budget = cpu_budget();
  const unsigned age = old_cap || rsize <= kSmallMax ? kSettledVisits : 0;
  for (int i = 0; i < 8 && cpu->cap_bytes + (cap - old_cap) * rsize > budget; i++)
    if (!evict_oldest(cpu, zone->pub.entry, age)) break;
  if (old_cap && cpu->cap_bytes + (cap - old_cap) * rsize > budget) return false;
  if (!percpu_resize(cpu, zone->pub.entry, cap)) return false;
  count_room(cpu, ptrdiff_t((cap - old_cap) * rsize));
  uma_layout_cpu& shown = percpu_published()[cpu->id];
  store_relaxed(shown.cached_bytes_max, cpu->cap_bytes);
  store_relaxed(shown.budget, budget);
  return true;
}

bool has_watched(Cpu* cpu, unsigned entries) {
  if (cpu->watched_entries >= entries) return true;
  const unsigned more = unsigned(round_up(entries, 256));
  auto* pops = static_cast<uint32_t*>(meta_alloc(more * sizeof(uint32_t)));
  if (!pops) return false;
  store_relaxed(cpu->watched, pops);
  store_release(cpu->watched_entries, more);
  return true;
}

// Without restartable sequences a cache that is only freed into, from one miss to the next,
// becomes small. Nobody but its owner can empty it, and each item there may be the last one of a
// page.
bool is_one_way(Cpu* cpu, unsigned index) {
  assert_held(cpu->lock);
  if (percpu_has_rseq() || !has_watched(cpu, percpu_entries())) return false;
  const auto pops = uint32_t(entry_at(cpu->region, index)->allocs);
  const bool same = pops == load_relaxed(cpu->watched[index]);
  store_relaxed(cpu->watched[index], pops);
  return same;
}

// To kOneWayCap; its items go to buckets. False: it stays as it is.
bool shrink(Zone* zone, Cpu* cpu) {
  assert_held(cpu->lock);
  const uint64_t rsize = zone->rsize;
  if (!detach(cpu, zone->pub.entry) || !percpu_resize(cpu, zone->pub.entry, kOneWayCap))
    return false;
  count_room(cpu, ptrdiff_t(kOneWayCap * rsize));
  return true;
}

unsigned grown_cap(const Zone* zone, unsigned cap) {
  const uint64_t most = cpu_budget() / kEntryShare / zone->rsize;
  if (is_buffer(zone->rsize)) return cap;
  unsigned next = cap * 2 + 2;
  if (is_searched(zone->rsize)) next = max(cap, min(next, kSearchedCap));
  return next <= kArrayMaxCap && next <= most ? next : cap;
}

}  // namespace

unsigned cache_note_miss(Zone* zone, Cpu* cpu, bool allocating, bool* grown) {
  *grown = false;
  Guard guard(cpu->lock);
  uma_layout_cold* cold = cold_at(cpu->region, zone->pub.entry);
  const unsigned cap = cold->cap;
  const size_t rsize = zone->rsize;
  const bool once = !cap && rsize >= kOnceBytes && zone->pub.kind == UMA_LAYOUT_KIND_MALLOC;
  if (once && !allocating) return 0;
  const bool first = cold->last_miss == 0;
  const bool recent = uint16_t(++cpu->clock - cold->last_miss) <= kRecentVisits;
  cold->last_miss = cpu->clock;
  if (once && (first || !recent)) return 0;
  unsigned wanted = cap;
  const bool one_way = !allocating && cap && is_one_way(cpu, zone->pub.entry);
  if (one_way && cap > kOneWayCap) {
    *grown = shrink(zone, cpu);
    return cold->cap;
  }
  if (!cap)
    wanted =
        zone->keg && (zone->keg->flags & UMA_ZONE_MAXBUCKET) ? max_cap(rsize) : first_cap(rsize);
  else if (recent && !one_way)
    wanted = grown_cap(zone, cap);
  wanted = min(wanted, unsigned{load_relaxed(zone->cap_most)});
  if (wanted != cap) *grown = resize(zone, cpu, wanted);
  return cold->cap;
}

void cache_drain(Zone* zone, Cpu* cpu) {
  assert_held(cpu->lock);
  // Into buckets only: no callback may run while a CPU is stopped.
  Entry* entry = entry_at(cpu->region, zone->pub.entry);
  while (entry->top[-1]) {
    unsigned n = 0;
    while (n < kBucketItems && entry->top[-1 - int(n)]) n++;
    void** items = entry->top - n;
    const unsigned stored = bucket_put(zone, items, n);
    locked_add(zone->pub.moved_out, uma_u64{stored});
    copy_words(items, items + stored, n - stored);
    store_relaxed(entry->top, entry->top - stored);
    if (stored < n) return;
  }
}

void cache_drop(Zone* zone, Cpu* cpu) {
  assert_held(cpu->lock);
  if (cache_shared(cpu)) return;
  const uint64_t before = room(zone, cpu);
  percpu_drop(cpu, zone->pub.entry);
  count_room(cpu, -ptrdiff_t(before - room(zone, cpu)));
}

size_t cache_room() { return load_relaxed(all_cap_bytes); }

void cache_watch(Cpu* cpu) {
  const unsigned entries = percpu_entries();
  if (!percpu_has_rseq() || !has_watched(cpu, entries)) return;
  for (unsigned i = 0; i < entries; i++)
    store_relaxed(cpu->watched[i], uint32_t(load_relaxed(entry_at(cpu->region, i)->allocs)));
}

bool cache_idle(const Zone* zone, const Cpu* cpu) {
  const unsigned index = zone->pub.entry;
  const unsigned cap = load_relaxed(cold_at(cpu->region, index)->cap);
  if (!cap) return false;
  // It was stopped, so no thread owns it but perhaps the caller.
  if (!percpu_has_rseq()) return percpu_current() != cpu;
  if (index >= cpu->watched_entries) return false;
  const uint32_t pops = uint32_t(load_relaxed(entry_at(cpu->region, index)->allocs)) -
                        load_relaxed(cpu->watched[index]);
  return pops < cap * kBusyTurns;
}

void cache_note_taken(const Zone* zone, Cpu* cpu, unsigned count) {
  const unsigned index = zone->pub.entry;
  if (index >= load_relaxed(cpu->watched_entries)) return;
  uint32_t& watched = load_relaxed(cpu->watched)[index];
  store_relaxed(watched, load_relaxed(watched) - count);
}

void cache_reset(Zone* zone, Cpu* cpu) {
  assert_held(cpu->lock);
  count_room(cpu, -ptrdiff_t(room(zone, cpu)));
  percpu_reset(cpu, zone->pub.entry);
}

}  // namespace uma
