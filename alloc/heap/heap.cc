// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/heap/heap.h"

#include <string.h>

#include "alloc/base/layout_read.h"
#include "alloc/base/log.h"
#include "alloc/base/report.h"
#include "alloc/heap/foreign.h"
#include "alloc/heap/large.h"
#include "alloc/heap/size_class.h"
#include "alloc/os/os.h"
#include "alloc/os/published.h"
#include "alloc/uma/background.h"
#include "alloc/uma/boot.h"
#include "alloc/uma/bypass.h"
#include "alloc/uma/decay.h"
#include "alloc/uma/fork.h"
#include "alloc/uma/miss.h"
#include "alloc/uma/reclaim.h"
#include "alloc/uma/registry.h"
#include "alloc/uma/slab.h"
#include "alloc/uma/stat.h"

namespace uma {
namespace {

constexpr size_t kBypassZeroed = size_t{32} << 10;  // calloc looks for fresh memory from here on
constexpr unsigned kLargeOffset = offset_of_entry(kEntryLarge);

Zone* create_class(unsigned entry) {
  if (!boot()) return nullptr;
  Guard guard(creation_lock());
  if (Zone* zone = zone_of_entry(entry)) return zone;
  const size_t size = size_of_entry(entry);
  Keg* keg = keg_create(size, 15, uint16_t(mark_of_entry(entry)));
  if (!keg) return nullptr;
  Line name;
  name.text("malloc-").number(size);
  Zone* zone = zone_create(name.c_str(), UMA_LAYOUT_KIND_MALLOC, entry, items_of(keg), {});
  if (!zone) keg_discard(keg);
  return zone;
}

Zone* class_zone(unsigned entry) {
  Zone* zone = zone_of_entry(entry);
  return likely(zone != nullptr) ? zone : create_class(entry);
}

void* class_item(unsigned entry) {
  Zone* zone = class_zone(entry);  // takes memory, too
  return zone ? zone_alloc_miss(zone) : nullptr;
}

constexpr uint64_t kReliefLasts = 1000000000;  // ns
constinit uint64_t relieved_until = 0;

bool relieved() { return os::clock_coarse_ns() < load_relaxed(relieved_until); }

// Gives back all that is cached, address space included, for one more try.
void relieve(size_t size) {
  if (size > kArenaMax) return;  // nothing would help
  note_address_pressure();
  store_relaxed(relieved_until, os::clock_coarse_ns() + kReliefLasts);
  large_trim(0);
  // Another thread at it, or this one below in a fini, is help enough.
  if (!reclaim_lock().try_lock()) return;
  reclaim_all(UMA_RECLAIM_DRAIN_CPU);
  reclaim_lock().unlock();
}

void* large_block(size_t size, size_t align, bool* zeroed) {
  if (void* p = large_alloc(size, align, zeroed)) return p;
  relieve(size);
  return large_alloc(size, align, zeroed);
}

bool is_class(unsigned offset) { return offset && offset < kLargeOffset; }

// --- run blocks ---

void* run_block(size_t size, size_t align, bool* zeroed) {
  const unsigned granules = unsigned(round_up(size, kGranule) / kGranule);
  char* memory = run_alloc(granules, max(align, kGranule), Density::kSparse, zeroed);
  if (!memory) {
    locked_add(uma_layout.large.fails);
    return nullptr;
  }
  run_mark(memory, granules, uint16_t(kLargeOffset));
  large_count_alloc(granules * kGranule);
  return memory;
}

size_t run_block_size(const void* p, const char* function) {
  const char* memory = run_memory(run_header(p));
  if (p != memory) report::interior_pointer(function, addr(p), "large blocks", addr(memory));
  return run_size(granule_of(memory))->granules * kGranule;
}

void free_run_block(void* p, const char* function) {
  const size_t size = run_block_size(p, function);
  run_mark(bytes(p), unsigned(size / kGranule), 0);
  large_count_free(size);
  run_free(bytes(p), unsigned(size / kGranule));
  if (load_relaxed(page_counters().runs_free_dirty) > purge_allowance()) note_idle();
}

void free_other(void* p, unsigned offset, const char* function) {
  if (!p) return;
  if (offset == kLargeOffset) return free_run_block(p, function);
  if (offset == 0 && large_free(p)) {
    if (load_relaxed(uma_layout.large.cached_bytes) > kDirtyMin) note_idle();
    return;
  }
  foreign_free(p, function);
}

}  // namespace

void heap_start() {
  if (!boot()) return;
  fork_add_locks(Rank::kLarge, large_locks);
  decay_set_upper({large_cached, large_trim_old});
  fork_hook();
}

extern "C" {

void* uma_heap_alloc_miss(size_t offset) {
  const unsigned entry = offset ? entry_of_offset(offset) : 1;
  void* item = class_item(entry);
  if (likely(item != nullptr)) return item;
  const size_t size = size_of_entry(entry);
  const bool again = relieved();
  if (!again) {
    relieve(size);
    item = class_item(entry);
  }
  // Where the arena cannot grow: a mapping of its own, aligned like the items of the class.
  const size_t align = max(kPage, min(size & -size, kGranule));
  bool zeroed;
  if (!item) item = large_alloc(size, align, &zeroed);
  if (item || !again) return item;
  // What was cached since is the last that there is.
  relieve(size);
  item = class_item(entry);
  return item ? item : large_alloc(size, align, &zeroed);
}

void* uma_heap_alloc_locked(size_t offset) {
  Zone* zone = class_zone(offset ? entry_of_offset(offset) : 1);
  return zone ? zone_alloc_locked(zone) : nullptr;
}

void* uma_heap_alloc_large(size_t size) {
  if (size > PTRDIFF_MAX || !boot()) return nullptr;
  bool zeroed;
  return large_block(size, kPage, &zeroed);
}

void uma_heap_free_miss(void* p, size_t mark) {
  const unsigned offset = offset_of_mark(unsigned(mark));
  if (!is_class(offset)) {
    free_other(p, offset, "free");
    return background_poll(__builtin_return_address(0));
  }
  Zone* zone = zone_of_entry(entry_of_offset(offset));
  if (mark >= kOffsetMarks)
    zone_free_searched(zone, p, "free");
  else
    zone_free_miss(zone, p, "free");
  background_poll(__builtin_return_address(0));
}

void uma_heap_free_twice(void* p, size_t mark) {
  const unsigned offset = offset_of_mark(unsigned(mark));
  if (!is_class(offset)) return free_other(p, offset, "free");
  report::double_free("free", addr(p), zone_of_entry(entry_of_offset(offset))->pub.name);
}

void uma_heap_free_locked(void* p, size_t mark) {
  const unsigned offset = offset_of_mark(unsigned(mark));
  if (!is_class(offset)) return free_other(p, offset, "free");
  zone_free_locked(zone_of_entry(entry_of_offset(offset)), p, "free");
}

void uma_heap_free_other(void* p) {
  free_other(p, 0, "free");
  background_poll(__builtin_return_address(0));
}

}  // extern "C"

void* heap_alloc(size_t size) {
  if (size > kClassMax) return uma_heap_alloc_large(size);
  return heap_item(offset_of_entry(entry_of_size(max(size, size_t{1}))));
}

void* heap_alloc_zeroed(size_t size) {
  bool zeroed = false;
  void* p;
  if (size > kClassMax) {
    p = size <= PTRDIFF_MAX && boot() ? large_block(size, kPage, &zeroed) : nullptr;
  } else if (size >= kBypassZeroed) {
    const unsigned entry = entry_of_size(size);
    p = uma_percpu_pop(offset_of_entry(entry));
    Zone* zone = p ? nullptr : class_zone(entry);
    if (zone) p = zone_alloc_zeroed(zone, &zeroed);
    if (zone && !p) p = uma_heap_alloc_miss(offset_of_entry(entry));
  } else {
    p = heap_alloc(size);
  }
  if (p && !zeroed) memset(p, 0, size);
  return p;
}

void* heap_aligned_block(size_t align, size_t size) {
  if (size > PTRDIFF_MAX || !boot()) return nullptr;
  size = max(size, size_t{1});
  bool zeroed;
  // A megabyte and more is a mapping, with a page behind it that faults.
  if (align <= kSpan && size <= kClassMax - kGranule) return run_block(size, align, &zeroed);
  return large_block(size, align, &zeroed);
}

void heap_free(void* p, const char* function) {
  const unsigned mark = heap_map_mark(p);
  const int pushed = likely(is_class(mark)) ? uma_percpu_push(p, mark) : 1;
  if (likely(pushed == 0)) return;
  const unsigned offset = offset_of_mark(mark);
  if (!is_class(offset)) return free_other(p, offset, function);
  Zone* zone = zone_of_entry(entry_of_offset(offset));
  if (mark >= kOffsetMarks) return zone_free_searched(zone, p, function);
  if (pushed == 2) report::double_free(function, addr(p), zone->pub.name);
  zone_free_miss(zone, p, function);
}

namespace {

// 0: no block of ours.
size_t size_of_block(const void* p, const char* function) {
  const unsigned offset = heap_map_offset(p);
  if (is_class(offset)) {
    if (checks_items())
      keg_check(slab_of(p)->keg, p, {function, zone_of_entry(entry_of_offset(offset))->pub.name});
    return size_of_entry(entry_of_offset(offset));
  }
  if (offset == kLargeOffset) return run_block_size(p, function);
  return offset == 0 ? large_size(p) : 0;
}

// A block that grows by small steps gets room for some of the next ones.
size_t with_room(size_t size, size_t old_size) {
  const bool small_step = size > old_size && size - old_size <= old_size / 8;
  return small_step && size <= kClassMax / 2 ? size + size / 4 : size;
}

// A block that does not fit may stay where it is if there is no memory to move it to a smaller one.
void* move_block(void* p, size_t old_size, size_t size) {
  void* fresh = size <= PTRDIFF_MAX ? heap_alloc(with_room(size, old_size)) : nullptr;
  if (!fresh) return size <= old_size ? p : nullptr;
  memcpy(fresh, p, min(size, old_size));
  heap_free(p, "realloc");
  return fresh;
}

void* resize_mapping(void* p, size_t old_size, size_t size) {
  if (size > PTRDIFF_MAX) return nullptr;
  if (size <= kClassMax) return move_block(p, old_size, size);
  if (void* moved = large_resize(p, size)) return moved;
  // A mapping that advice or mlock of a part has split cannot be resized.
  return move_block(p, old_size, size);
}

}  // namespace

size_t heap_usable_size(void* p, const char* function) {
  if (!p) return 0;
  const size_t size = size_of_block(p, function);
  return likely(size != 0) ? size : foreign_size(p, function);
}

void* heap_resize(void* p, size_t size) {
  if (!p) return heap_alloc(size);
  const unsigned mark = heap_map_mark(p), offset = offset_of_mark(mark);
  if (likely(is_class(offset)) && !checks_items()) {
    if (mark >= kOffsetMarks) {
      const auto& keeps = kClassKeeps.of[entry_of_offset(offset)];
      if (size - keeps.first < keeps.count) return p;
    }
    return move_block(p, kClassSizes.of[entry_of_offset(offset)], size);
  }
  const size_t old_size = size_of_block(p, "realloc");
  if (!old_size) return foreign_realloc(p, size);
  if (offset == 0) return resize_mapping(p, old_size, size);
  if (size <= old_size && size > old_size / 2) return p;
  return move_block(p, old_size, size);
}

bool heap_trim(size_t keep) {
  if (!boot()) return false;
  const uint64_t before = load_relaxed(page_counters().purged_bytes);
  const size_t unmapped = large_trim(keep);
  uma_reclaim(UMA_RECLAIM_DRAIN_CPU);
  return unmapped || load_relaxed(page_counters().purged_bytes) != before;
}

HeapStats heap_stats() {
  HeapStats stats{};
  if (!boot()) return stats;
  const uma_layout_large& large = uma_layout.large;
  stats.large_blocks = load_relaxed(large.allocs) - load_relaxed(large.frees);
  stats.large_bytes = load_relaxed(large.used_bytes);
  stats.mapped = uma_layout_mapped(&uma_layout);
  stats.in_use = stats.large_bytes;
  large_most(&stats.most_mappings, &stats.most_mapping_bytes);
  Guard guard(reclaim_lock());
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone)) {
    uma_zone_stats s;
    zone_stat(zone, &s);
    stats.in_use += s.used * zone->pub.size;
    stats.small_free += (s.cached + s.keg_free) * zone->pub.size;
  }
  return stats;
}

}  // namespace uma
