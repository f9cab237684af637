// SPDX-License-Identifier: BSD-2-Clause
// The CPU table, the regions, their arrays.
#include <string.h>

#include <new>

#include "alloc/base/report.h"
#include "alloc/base/util.h"
#include "alloc/base/words.h"
#include "alloc/os/meta.h"
#include "alloc/os/os.h"
#include "alloc/os/published.h"
#include "alloc/percpu/internal.h"

// Where glibc (2.35 and later) registered the rseq area of each thread; size 0: it did not.
extern "C" {
[[gnu::weak]] extern const ptrdiff_t __rseq_offset;
[[gnu::weak]] extern const unsigned int __rseq_size;
}

namespace uma {
namespace {

// The empty mark and the full tag of an entry without an array. The marks of the page map name
// single words of entries: each is a top.
union SentinelWord {
  const uintptr_t* top;
  uint64_t allocs;
};
struct SentinelEntry {
  SentinelWord top;
  SentinelWord allocs;
};
constexpr bool holds_marks(unsigned entry) { return entry >= kEntryMarks && entry < kBootEntries; }
constexpr uintptr_t kSentinelSlots[2] = {0, kFullTag};
struct BootSentinel {
  SentinelEntry entries[kBootEntries];
};
constexpr BootSentinel make_boot_sentinel() {
  BootSentinel s{};
  for (unsigned i = 0; i < kBootEntries; i++) {
    s.entries[i].top.top = &kSentinelSlots[1];
    if (holds_marks(i))
      s.entries[i].allocs.top = &kSentinelSlots[1];
    else
      s.entries[i].allocs.allocs = kAllocsStart;
  }
  return s;
}
constinit const BootSentinel boot_sentinel = make_boot_sentinel();

void** sentinel_slots() { return reinterpret_cast<void**>(const_cast<uintptr_t*>(kSentinelSlots)); }
char* boot_region() {
  return reinterpret_cast<char*>(const_cast<SentinelEntry*>(boot_sentinel.entries));
}

// Region mapping: cold table (downward), entries, arrays. Entry 0 lies inside a page so that the
// entries and cold words of all malloc classes share that one page.
constexpr size_t kColdBytes = kEntryMax * sizeof(uma_layout_cold);
constexpr size_t kRegionInPage = 1344;
constexpr size_t kEntryBytes = kEntryMax * sizeof(Entry);
constexpr size_t kRegionBytes = kColdBytes + kPage + kEntryBytes + kRegionArrays;
static_assert(kBootEntries * sizeof(uma_layout_cold) <= kRegionInPage);
static_assert(kRegionInPage + kBootEntries * sizeof(Entry) <= kPage);
static_assert(kRegionInPage % kCacheLine == 0);

void clear_entry(char* region, unsigned index) {
  store_relaxed(entry_at(region, index)->top, sentinel_slots() + 1);
  const uint64_t allocs = holds_marks(index) ? addr(sentinel_slots() + 1) : kAllocsStart;
  store_relaxed(entry_at(region, index)->allocs, allocs);
}

struct State {
  Lock lock{Rank::kRegions};  // creation of regions and entries
  unsigned limit = 0;
  unsigned seen = 0;
  unsigned entries = kBootEntries;
  bool rseq = false;
  Cpu* first = nullptr;  // chain of those seen
  Cpu** cpus = nullptr;  // [limit] is the shared one
  uma_layout_cpu* published = nullptr;
  char* sentinel = nullptr;  // region of every CPU not seen yet
};
constinit State state;
constinit Lock drain_lock{Rank::kDrain};  // one CPU is stopped at a time

// Where they would count as locked memory: enough for the arrays of a usual program.
constexpr size_t kArraysLocked = size_t{256} << 10;

char* new_region(size_t arrays) {
  const size_t size = kRegionBytes - kRegionArrays + arrays;
  char* base = static_cast<char*>(os::map(nullptr, size));
  if (!base) return nullptr;
  locked_add(uma_layout.pages.side_mapped, uma_u64{size});
  char* region = base + kColdBytes + kRegionInPage;
  for (unsigned i = 0; i < state.entries; i++) clear_entry(region, i);
  return region;
}

void set_region(int id, char* region) {
  store_release(uma_percpu_table[id + 2], static_cast<const void*>(region));
}

Cpu* new_cpu(unsigned id) {
  assert_held(state.lock);
  const size_t arrays = os::future_locked() ? kArraysLocked : kRegionArrays;
  char* region = new_region(arrays);
  void* memory = region ? meta_alloc(sizeof(Cpu), kCacheLine) : nullptr;
  if (!memory) return nullptr;
  Cpu* cpu = new (memory) Cpu{};
  cpu->region = region;
  cpu->array_next = kEntryBytes / 8;
  cpu->array_end = cpu->array_next + uint32_t(arrays / 8);
  cpu->id = id;
  store_release(state.published[id].region, uma_u64{addr(region)});
  cpu->next = state.first;
  store_release(state.cpus[id], cpu);
  store_release(state.first, cpu);
  store_relaxed(state.seen, state.seen + 1);
  return cpu;
}

}  // namespace

constinit const void* uma_percpu_table[kCpuIds + 3] = {&boot_sentinel, &boot_sentinel,
                                                       &boot_sentinel};
static_assert(2 * sizeof(uma_percpu_table[0]) == UMA_TABLE_CPU0);
__thread PercpuTls uma_percpu_tls = {0, -1, 0, {0, 0}, 0, 0};
constinit uint32_t uma_rseq_length = 0;

namespace {

bool find_rseq() {
  if (!options.rseq || options.cpus || !&__rseq_offset || !&__rseq_size || __rseq_size == 0)
    return false;
  const char* area = static_cast<char*>(__builtin_thread_pointer()) + __rseq_offset;
  int32_t cpu;
  memcpy(&cpu, area + 4, sizeof(cpu));
  if (cpu < 0) return false;  // the kernel refused the registration
  uma_hot.rseq_offset = uintptr_t(__rseq_offset);
  uma_rseq_length = uint32_t(round_up(__rseq_size, 32));  // glibc registers whole 32-byte units
  return true;
}

}  // namespace

bool percpu_start() {
  state.limit = os::cpu_limit();
  state.rseq = state.limit && find_rseq();
  if (state.rseq) {
    os::restart_register();
  } else {
    state.limit = vcpu_count(state.limit);
    uma_hot.rseq_offset = addr(&uma_percpu_tls) - thread_self();
  }
  const unsigned slots = state.limit + 1;
  state.cpus = static_cast<Cpu**>(meta_alloc(slots * sizeof(Cpu*)));
  state.published = static_cast<uma_layout_cpu*>(meta_alloc(slots * sizeof(uma_layout_cpu)));
  if (!state.cpus || !state.published) return false;
  if (!state.rseq && !vcpu_start(state.limit)) return false;
  state.sentinel = boot_region();
  for (int id = -2; id < int(slots); id++) set_region(id, state.sentinel);
  return true;
}

unsigned percpu_entries() { return load_acquire(state.entries); }
unsigned percpu_limit() { return state.limit; }
unsigned percpu_seen() { return load_relaxed(state.seen); }
bool percpu_has_rseq() { return state.rseq; }
Cpu* percpu_get(unsigned id) { return load_acquire(state.cpus[id]); }
Cpu* percpu_first() { return load_acquire(state.first); }
uma_layout_cpu* percpu_published() { return state.published; }

Cpu* percpu_create(unsigned id) {
  Guard guard(state.lock);
  Cpu* cpu = state.cpus[id];
  if (cpu) return cpu;  // its slot may be stopped at this moment: leave it alone
  cpu = new_cpu(id);
  if (cpu && id < state.limit) set_region(int(id), cpu->region);
  return cpu;
}

namespace {

int32_t current_id() {
  int32_t id;
  memcpy(&id, static_cast<char*>(__builtin_thread_pointer()) + uma_hot.rseq_offset + 4, sizeof(id));
  return id;
}

}  // namespace

Cpu* percpu_current() {
  const int32_t id = current_id();
  return id < 0 ? nullptr : percpu_get(unsigned(id));
}

Cpu* percpu_self() {
  int32_t id = current_id();
  if (unlikely(id < 0)) {
    if (state.rseq) return nullptr;
    id = vcpu_claim();
    if (id < 0) return nullptr;
  }
  Cpu* cpu = percpu_get(unsigned(id));
  return cpu ? cpu : percpu_create(unsigned(id));
}

Cpu* percpu_shared() {
  Cpu* cpu = percpu_get(state.limit);
  return cpu ? cpu : percpu_create(state.limit);
}

bool percpu_add_entry(unsigned index) {
  Guard drain(drain_lock);  // slots of the table change
  Guard guard(state.lock);
  if (index < state.entries) return true;
  if (state.sentinel == boot_region()) {
    // The sentinel in the file covers the malloc classes; UMA zones need one that can grow.
    char* sentinel = new_region(0);
    if (!sentinel) return false;
    for (int i = -2; i <= int(state.limit); i++)
      if (uma_percpu_table[i + 2] == state.sentinel) set_region(i, sentinel);
    state.sentinel = sentinel;
  }
  for (; state.entries <= index; store_release(state.entries, state.entries + 1)) {
    clear_entry(state.sentinel, state.entries);
    for (unsigned id = 0; id <= state.limit; id++)
      if (state.cpus[id]) clear_entry(state.cpus[id]->region, state.entries);
  }
  return true;
}

namespace {

void** slot0(Cpu* cpu, unsigned index) {
  const uma_layout_cold* cold = cold_at(cpu->region, index);
  return cold->cap ? reinterpret_cast<void**>(cpu->region) + cold->start : sentinel_slots();
}

unsigned array_shift(unsigned cap) {
  unsigned shift = kArrayMinShift;
  while ((1u << shift) - 2 < cap) shift++;
  return shift;
}

void** new_array(Cpu* cpu, unsigned cap) {
  assert_held(cpu->lock);
  const unsigned shift = array_shift(cap);
  void** array;
  if (uint32_t start = cpu->free_arrays[shift]) {
    array = reinterpret_cast<void**>(cpu->region) + start;
    cpu->free_arrays[shift] = uint32_t(addr(array[0]));
    clear_words(array, size_t{1} << shift);
  } else {
    if (cpu->array_next + (1u << shift) > cpu->array_end) return nullptr;
    array = reinterpret_cast<void**>(cpu->region) + cpu->array_next;
    cpu->array_next += 1u << shift;
    locked_add(state.published[cpu->id].array_bytes, uma_u64{sizeof(void*)} << shift);
  }
  array[cap + 1] = at<void>(kFullTag);
  return array;
}

void trim_region(Cpu* cpu) {
  Guard guard(cpu->lock);
  const uintptr_t region = addr(cpu->region);
  const uintptr_t wanted = region + size_t{cpu->array_next} * 8 + kArraysLocked;
  const uintptr_t from = round_up(wanted, kPage);
  const uintptr_t end = round_up(region + size_t{cpu->array_end} * 8, kPage);
  if (from >= end || !os::unmap(at<void>(from), end - from)) return;
  cpu->array_end = uint32_t((from - region) / 8);
  locked_add(uma_layout.pages.side_mapped, -uma_u64{end - from});
}

void free_array(Cpu* cpu, void** array, unsigned cap) {
  assert_held(cpu->lock);
  const unsigned shift = array_shift(cap);
  array[0] = at<void>(cpu->free_arrays[shift]);
  cpu->free_arrays[shift] = uint32_t(array - reinterpret_cast<void**>(cpu->region));
}

// Takes back the array of an entry that holds no item.
void forget_array(Cpu* cpu, unsigned index) {
  assert_held(cpu->lock);
  uma_layout_cold* cold = cold_at(cpu->region, index);
  void** array = slot0(cpu, index);
  const unsigned cap = cold->cap;
  store_relaxed(cold->cap, 0);
  free_array(cpu, array, cap);
}

// The same move as the section, for the CPU that is only used under its lock.
long move_locked(Cpu* cpu, unsigned index, void** from, void** to) {
  assert_held(cpu->lock);
  Entry* entry = entry_at(cpu->region, index);
  void** out = to + 1;
  for (void** in = from + 1; in < entry->top; in++, out++) {
    if (addr(*out) & kFullTag) return 0;
    *out = *in;
  }
  store_relaxed(entry->top, out);
  return 1;
}

bool move(Cpu* cpu, unsigned index, void** from, void** to) {
  if (cpu->id == state.limit) return move_locked(cpu, index, from, to) == 1;
  for (int tries = 0; tries < 64; tries++) {
    const long moved = uma_percpu_move(offset_of_entry(index), cpu->region, from, to);
    if (moved >= 0) return moved == 1;
  }
  return false;
}

}  // namespace

void percpu_trim_regions() {
  for (Cpu* cpu = percpu_first(); cpu; cpu = cpu->next) trim_region(cpu);
}

bool percpu_resize(Cpu* cpu, unsigned index, unsigned cap) {
  assert_held(cpu->lock);
  UMA_ASSERT(index > 0 && index < percpu_entries() && cap <= kArrayMaxCap);
  uma_layout_cold* cold = cold_at(cpu->region, index);
  void** from = slot0(cpu, index);
  void** to = new_array(cpu, cap);
  if (!to) return false;
  if (!move(cpu, index, from, to)) {
    free_array(cpu, to, cap);
    return false;
  }
  const unsigned old_cap = cold->cap;
  store_relaxed(cold->start, uint32_t(to - reinterpret_cast<void**>(cpu->region)));
  store_relaxed(cold->cap, uint16_t(cap));
  if (old_cap) free_array(cpu, from, old_cap);
  return true;
}

bool percpu_detach(Cpu* cpu, unsigned index) {
  assert_held(cpu->lock);
  uma_layout_cold* cold = cold_at(cpu->region, index);
  if (!cold->cap) return true;
  void** from = slot0(cpu, index);
  // The sentinel's slot 1 carries the tag: the move succeeds only for an empty array.
  if (!move(cpu, index, from, sentinel_slots())) return false;
  forget_array(cpu, index);
  return true;
}

void percpu_drop(Cpu* cpu, unsigned index) {
  assert_held(cpu->lock);
  assert_held(drain_lock);  // the CPU is stopped
  uma_layout_cold* cold = cold_at(cpu->region, index);
  Entry* entry = entry_at(cpu->region, index);
  if (!cold->cap || entry->top[-1]) return;
  store_relaxed(entry->top, sentinel_slots() + 1);
  forget_array(cpu, index);
}

void percpu_reset(Cpu* cpu, unsigned index) {
  assert_held(cpu->lock);
  uma_layout_cold* cold = cold_at(cpu->region, index);
  if (cold->cap) forget_array(cpu, index);
  cold->last_miss = 0;
  clear_entry(cpu->region, index);
}

bool percpu_stop(Cpu* cpu, void (*visit)(Cpu* cpu, void* argument), void* argument) {
  Guard drain(drain_lock);
  Guard guard(cpu->lock);
  if (cpu->id == state.limit) {
    visit(cpu, argument);
    return true;
  }
  if (!state.rseq) {
    if (!vcpu_stop(cpu->id)) return false;
    visit(cpu, argument);
    vcpu_resume(cpu->id);
    return true;
  }
  set_region(int(cpu->id), state.sentinel);
  const bool stopped = os::restart_cpu(cpu->id);
  if (stopped) visit(cpu, argument);
  set_region(int(cpu->id), cpu->region);
  return stopped;
}

void percpu_locks(LockVisitor visit) {
  visit(drain_lock);
  visit(state.lock);
  for (unsigned id = 0; id <= state.limit; id++)
    if (Cpu* cpu = state.cpus[id]) visit(cpu->lock);
}

void percpu_fork_child() {
  if (!state.rseq) vcpu_fork_child();
}

}  // namespace uma
