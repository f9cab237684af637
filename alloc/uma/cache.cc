// SPDX-License-Identifier: BSD-2-Clause
// The slow paths of pop and push: an empty array is refilled, a full one gives its top half to the
// zone, and arrays grow where a zone misses often, within the byte budget of the CPU.
#include "alloc/base/options.h"
#include "alloc/base/report.h"
#include "alloc/uma/zone.h"

namespace uma {
namespace {

constexpr int kTries = 16;                        // restarts of a section before it is given up
constexpr unsigned kRecentVisits = 32;            // misses closer than this make an array grow
constexpr unsigned kEntryShare = 16;              // of a CPU's budget, for one array
constexpr size_t kFirstBytes = size_t{32} << 10;  // an array's first capacity, in bytes of items

unsigned entry_of(const Zone* zone) { return zone->pub.entry; }

// --- batches between arrays and the caller, by section or (shared CPU) under its lock ---

bool is_shared(const Cpu* cpu) { return cpu->id == percpu_limit(); }

long put(Zone* zone, Cpu* cpu, void* const* items, long count) {
  if (is_shared(cpu)) {
    Guard guard(cpu->lock);
    Entry* entry = entry_at(cpu->region, entry_of(zone));
    long n = 0;
    for (; n < count && !(addr(*entry->top) & kFullTag); n++) *entry->top++ = items[n];
    return n;
  }
  for (int i = 0; i < kTries; i++) {
    const long n = uma_percpu_fill(zone->offset, items, count);
    if (n >= 0) return n;
  }
  return 0;
}

long get(Zone* zone, Cpu* cpu, void** items, long count) {
  if (is_shared(cpu)) {
    Guard guard(cpu->lock);
    Entry* entry = entry_at(cpu->region, entry_of(zone));
    long n = 0;
    for (; n < count && entry->top[-1]; n++) items[n] = *--entry->top;
    return n;
  }
  for (int i = 0; i < kTries; i++) {
    const long n = uma_percpu_take(zone->offset, items, count);
    if (n >= 0) return n;
  }
  return 0;
}

// Items into the array; what does not fit goes to the zone.
void fill(Zone* zone, Cpu* cpu, void* const* items, unsigned count, const char* function) {
  bump(zone->pub.moved_in, uma_u64{count});
  const long n = put(zone, cpu, items, count);
  drop(zone->pub.moved_in, uma_u64(count - n));
  if (n < long{count}) zone_store(zone, items + n, count - unsigned(n), function);
}

// Up to `count` items from the array's top into the zone.
void flush(Zone* zone, Cpu* cpu, unsigned count, const char* function) {
  void* items[kBucketItems];
  while (count) {
    const long n = get(zone, cpu, items, min(count, kBucketItems));
    if (n <= 0) return;
    bump(zone->pub.moved_out, uma_u64(n));
    zone_store(zone, items, unsigned(n), function);
    count -= unsigned(n);
  }
}

// --- capacity ---

uint64_t cpu_budget() {
  const uint64_t heap = peek(page_counters().runs_used);
  const uint64_t all = max(uint64_t{kBudgetAll}, heap / kBudgetHeapShare);
  return max(all / max(percpu_seen(), 1u), uint64_t{kBudgetCpu} / 4);
}

unsigned first_cap(size_t rsize) {
  if (rsize <= 1024) return 30;
  const size_t fit = kFirstBytes / rsize;
  if (fit >= 14) return 14;
  return unsigned(max(fit, size_t{rsize <= 65536 ? 2u : 1u}));
}

// Empties the array that went longest without a miss and detaches it. False: there is none.
bool evict_oldest(Cpu* cpu, unsigned except) {
  unsigned oldest = 0;
  unsigned age = 0;
  for (unsigned i = 1; i < kEntryMax; i++) {
    if (i >= kBootEntries && !zone_of_entry(i)) break;
    const uma_layout_cold* cold = cold_at(cpu->region, i);
    const unsigned this_age = uint16_t(cpu->clock - cold->last_miss);
    if (i == except || !cold->cap || this_age <= age) continue;
    age = this_age;
    oldest = i;
  }
  Zone* zone = oldest ? zone_of_entry(oldest) : nullptr;
  if (!zone) return false;
  const uint64_t bytes = uint64_t{cold_at(cpu->region, oldest)->cap} * zone->keg->pub.rsize;
  void* items[kBucketItems];
  for (;;) {
    const long n = is_shared(cpu) ? 0 : get(zone, cpu, items, kBucketItems);
    if (n <= 0) break;
    bump(zone->pub.moved_out, uma_u64(n));
    // Nothing that could call fini: the CPU's lock is held.
    const unsigned stashed = zone_stash(zone, items, unsigned(n));
    if (stashed < n) {
      bump(zone->pub.moved_in, uma_u64(n - stashed));
      put(zone, cpu, items + stashed, n - stashed);
      return false;
    }
  }
  if (!percpu_detach(cpu, oldest)) return false;
  cpu->cap_bytes -= bytes;
  return true;
}

// Gives the entry room for `cap` items if the budget allows.
bool resize(Zone* zone, Cpu* cpu, unsigned cap) {
  const unsigned old_cap = cold_at(cpu->region, entry_of(zone))->cap;
  const uint64_t rsize = zone->keg->pub.rsize;
  const uint64_t budget = cpu_budget();
  for (int i = 0; i < 8 && cpu->cap_bytes + (cap - old_cap) * rsize > budget; i++)
    if (!evict_oldest(cpu, entry_of(zone))) break;
  if (old_cap && cpu->cap_bytes + (cap - old_cap) * rsize > budget) return false;
  if (!percpu_resize(cpu, entry_of(zone), cap)) return false;
  cpu->cap_bytes += (cap - old_cap) * rsize;
  uma_layout_cpu& shown = percpu_published()[cpu->id];
  shown.cached_bytes_max = cpu->cap_bytes;
  shown.budget = budget;
  return true;
}

unsigned grown_cap(const Zone* zone, unsigned cap) {
  const uint64_t most = cpu_budget() / kEntryShare / zone->keg->pub.rsize;
  const unsigned next = cap * 2 + 2;
  return next <= kArrayMaxCap && next <= most ? next : cap;
}

// Notes a miss of this entry and gives it a first array, or a larger one when misses are frequent.
// Returns its capacity; `grown` tells whether it changed.
unsigned note_miss(Zone* zone, Cpu* cpu, bool* grown) {
  *grown = false;
  Guard guard(cpu->lock);
  uma_layout_cold* cold = cold_at(cpu->region, entry_of(zone));
  const unsigned since = uint16_t(++cpu->clock - cold->last_miss);
  cold->last_miss = cpu->clock;
  const unsigned cap = cold->cap;
  const unsigned wanted =
      cap ? (since <= kRecentVisits ? grown_cap(zone, cap) : cap) : first_cap(zone->keg->pub.rsize);
  if (wanted != cap) *grown = resize(zone, cpu, wanted);
  return cold->cap;
}

Cpu* cpu_of_thread(bool locked) {
  Cpu* cpu = locked ? nullptr : percpu_self();
  return cpu ? cpu : percpu_shared();
}

struct Operation {  // in flight: the table is not exact meanwhile
  explicit Operation(Zone* zone) : zone_(zone) { bump(zone->pub.ops_started); }
  ~Operation() { bump(zone_->pub.ops_finished); }
  Zone* zone_;
};

void* alloc_direct(Zone* zone) {
  void* item;
  if (!zone_fetch(zone, &item, 1)) {
    bump(zone->pub.fails);
    return nullptr;
  }
  bump(zone->pub.slow_allocs);
  return item;
}

void free_direct(Zone* zone, void* item, const char* function) {
  // With invariants every item is checked at once, so it goes to its slab.
  if (options.invariants)
    zone_return(zone, &item, 1, function);
  else
    zone_store(zone, &item, 1, function);
  bump(zone->pub.slow_frees);
}

void* alloc_slow(Zone* zone, bool locked) {
  Operation operation(zone);
  Cpu* cpu = zone->offset && !options.invariants ? cpu_of_thread(locked) : nullptr;
  if (!cpu) return alloc_direct(zone);
  void* items[kBucketItems];
  if (is_shared(cpu) && get(zone, cpu, items, 1) == 1) {
    bump(zone->pub.moved_out);
    bump(zone->pub.slow_allocs);
    return items[0];
  }
  bool grown;
  const unsigned cap = note_miss(zone, cpu, &grown);
  unsigned want = cap / 2 + 1;
  void* item = nullptr;
  while (want) {
    unsigned n = zone_fetch(zone, items, min(want, kBucketItems));
    if (!n) break;
    want -= n;
    if (!item) item = items[--n];
    if (n) fill(zone, cpu, items, n, freed_by(zone));
  }
  bump(item ? zone->pub.slow_allocs : zone->pub.fails);
  return item;
}

void free_slow(Zone* zone, void* item, const char* function, bool locked) {
  Operation operation(zone);
  Cpu* cpu = zone->offset && !options.invariants ? cpu_of_thread(locked) : nullptr;
  if (!cpu) return free_direct(zone, item, function);
  bool grown;
  const unsigned cap = note_miss(zone, cpu, &grown);
  if (!grown) flush(zone, cpu, cap / 2 + 1, function);
  bump(zone->pub.moved_in);
  bump(zone->pub.slow_frees);
  if (put(zone, cpu, &item, 1) == 1) return;
  drop(zone->pub.moved_in);
  zone_store(zone, &item, 1, function);
}

}  // namespace

void* zone_alloc_miss(Zone* zone) { return alloc_slow(zone, false); }
void* zone_alloc_locked(Zone* zone) { return alloc_slow(zone, true); }
void zone_free_miss(Zone* zone, void* item, const char* function) {
  free_slow(zone, item, function, false);
}
void zone_free_locked(Zone* zone, void* item, const char* function) {
  free_slow(zone, item, function, true);
}

void* zone_alloc_zeroed(Zone* zone, bool* zeroed) {
  Operation operation(zone);
  *zeroed = false;
  if (peek(zone->pub.bucket_items)) return alloc_direct(zone);
  void* item = keg_take_zeroed(zone->keg, zeroed);
  bump(item ? zone->pub.slow_allocs : zone->pub.fails);
  return item;
}

extern "C" void uma_percpu_correct(size_t offset) {
  bump(zone_of_entry(unsigned(offset / sizeof(Entry)))->pub.corrections);
}

}  // namespace uma
