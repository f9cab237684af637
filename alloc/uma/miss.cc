// SPDX-License-Identifier: BSD-2-Clause
// An empty cache is refilled, a full one gives its top half to the zone. Each miss also lets the
// cache grow.
#include "alloc/uma/miss.h"

#include "alloc/base/report.h"
#include "alloc/uma/bucket.h"
#include "alloc/uma/bypass.h"
#include "alloc/uma/cache.h"
#include "alloc/uma/registry.h"
#include "alloc/uma/slab.h"

namespace uma {
namespace {

constexpr size_t kRefillBytes = size_t{64} << 10;

// From buckets, then from the source.
unsigned zone_alloc_items(Zone* zone, void** items, unsigned count, unsigned how) {
  if (load_relaxed(zone->pub.bucket_items)) {
    const unsigned got = bucket_fetch(zone, items, count);
    if (got) return got;
  }
  return zone_import(zone, items, count, how);
}

// Into buckets, or back to the source.
void zone_free_items(Zone* zone, void* const* items, unsigned count, const char* function) {
  unsigned stored = 0;
  if (load_relaxed(zone->pub.bucket_items) + count <= bucket_limit(zone))
    stored = bucket_put(zone, items, count);
  if (stored < count) zone_release(zone, items + stored, count - stored, function);
}

// The same for one item, a whole bucket at a time going back to the source.
void zone_free_item(Zone* zone, void* item, const char* function) {
  if (zone->rsize >= kLargeItem || zone->bucket_most < kBucketItems)
    return zone_free_items(zone, &item, 1, function);
  if (!bucket_put(zone, &item, 1)) return zone_release(zone, &item, 1, function);
  if (load_relaxed(zone->pub.bucket_items) < bucket_limit(zone) + kBucketItems) return;
  void* items[kBucketItems];
  zone_release(zone, items, bucket_fetch(zone, items, kBucketItems), function);
}

// Items into the cache; what does not fit goes to the zone.
void fill(Zone* zone, Cpu* cpu, void* const* items, unsigned count, const char* function) {
  locked_add(zone->pub.moved_in, uma_u64{count});
  const long n = cache_push(zone, cpu, items, count);
  locked_sub(zone->pub.moved_in, uma_u64(count - n));
  if (n < long{count}) zone_free_items(zone, items + n, count - unsigned(n), function);
}

// Up to `count` items from the cache's top into the zone.
void flush(Zone* zone, Cpu* cpu, unsigned count, const char* function) {
  void* items[kBucketItems];
  while (count) {
    const long n = cache_pop(zone, cpu, items, min(count, kBucketItems));
    if (n <= 0) return;
    locked_add(zone->pub.moved_out, uma_u64(n));
    zone_free_items(zone, items, unsigned(n), function);
    count -= unsigned(n);
  }
}

Cpu* cpu_of_thread(bool locked) {
  Cpu* cpu = locked ? nullptr : percpu_self();
  return cpu ? cpu : percpu_shared();
}

struct Operation {  // in flight: the table is not exact meanwhile
  explicit Operation(Zone* zone) : zone_(zone) { locked_add(zone->pub.ops_started); }
  ~Operation() { locked_add(zone_->pub.ops_finished); }
  Zone* zone_;
};

void* alloc_direct(Zone* zone, unsigned how) {
  void* item;
  if (!zone_alloc_items(zone, &item, 1, how)) return nullptr;
  locked_add(zone->pub.slow_allocs);
  return item;
}

void free_direct(Zone* zone, void* item, const char* function) {
  if (checks_items())
    zone_release(zone, &item, 1, function);
  else
    zone_free_item(zone, item, function);
  locked_add(zone->pub.slow_frees);
}

// What this CPU's cache holds from before the zone had a limit goes back to the source, where it
// counts. Only the owner can empty a virtual CPU's cache.
void release_own(Zone* zone) {
  Cpu* cpu = zone->offset ? percpu_current() : nullptr;
  if (!cpu) return;
  void* items[kBucketItems];
  for (long n; (n = cache_pop(zone, cpu, items, kBucketItems)) > 0;) {
    locked_add(zone->pub.moved_out, uma_u64(n));
    zone_release(zone, items, unsigned(n), freed_by(zone));
  }
}

void* alloc_miss(Zone* zone, bool locked, unsigned how) {
  Operation operation(zone);
  if (unlikely(load_relaxed(zone->bypass))) release_own(zone);
  Cpu* cpu = bypasses_cache(zone) ? nullptr : cpu_of_thread(locked);
  if (!cpu) return alloc_direct(zone, how);
  void* items[kBucketItems];
  if (cache_shared(cpu) && cache_pop(zone, cpu, items, 1) == 1) {
    locked_add(zone->pub.moved_out);
    locked_add(zone->pub.slow_allocs);
    return items[0];
  }
  bool grown;
  const unsigned cap = cache_note_miss(zone, cpu, true, &grown);
  // Half of the cache, but not much of what may be fresh memory that nobody will want.
  const unsigned most = unsigned(kRefillBytes / zone->rsize);
  unsigned want = max(min(cap / 2 + 1, most), 1u);
  void* item = nullptr;
  while (want) {
    unsigned n = zone_alloc_items(zone, items, min(want, kBucketItems), item ? 0 : how);
    if (!n) break;
    want -= n;
    if (!item) item = items[--n];
    if (n) fill(zone, cpu, items, n, freed_by(zone));
  }
  if (item) locked_add(zone->pub.slow_allocs);
  return item;
}

void* count_fail(Zone* zone, void* item) {
  if (unlikely(!item)) locked_add(zone->pub.fails);
  return item;
}

// Whether a large item is in a bucket or in its slab.
bool given_back(Zone* zone, const void* item) {
  return bucket_has(zone, item) || (zone->keg && slab_has(zone->keg, item));
}

void check_large(Zone* zone, Cpu* cpu, const void* item, const char* function) {
  if ((cpu && cache_has(zone, cpu, item)) || given_back(zone, item))
    report::double_free(function, addr(item), zone->pub.name);
}

// The older half of a full cache goes, so that what was freed last is still found there. A cache
// of buffers stays full for the same reason.
void flush_oldest(Zone* zone, Cpu* cpu, unsigned cap, const char* function) {
  void* items[kBucketItems];
  const long n = cache_pop(zone, cpu, items, min(cap, kBucketItems));  // the newest first
  if (n <= 0) return;
  locked_add(zone->pub.moved_out, uma_u64(n));
  const long keep = min(n, long{cap / 2});
  zone_free_items(zone, items + keep, unsigned(n - keep), function);
  for (long i = keep; i-- > 0;) fill(zone, cpu, &items[i], 1, function);
}

void free_miss(Zone* zone, void* item, const char* function, bool locked) {
  Operation operation(zone);
  Cpu* cpu = bypasses_cache(zone) ? nullptr : cpu_of_thread(locked);
  const bool large = zone->rsize >= kLargeItem;
  if (large) check_large(zone, cpu, item, function);
  if (!cpu) return free_direct(zone, item, function);
  bool grown;
  const unsigned cap = cache_note_miss(zone, cpu, false, &grown);
  if (!grown && is_searched(zone->rsize))
    flush_oldest(zone, cpu, cap, function);
  else if (!grown && !large)
    flush(zone, cpu, cap / 2 + 1, function);
  // Frees that find room in the caches come by no slow path.
  if (cache_room() > kDirtyMin) note_idle();
  locked_add(zone->pub.moved_in);
  locked_add(zone->pub.slow_frees);
  if (cache_push(zone, cpu, &item, 1) == 1) return;
  locked_sub(zone->pub.moved_in);
  zone_free_items(zone, &item, 1, function);
}

}  // namespace

void* zone_alloc_miss(Zone* zone) { return count_fail(zone, alloc_miss(zone, false, kMayGrow)); }
void* zone_alloc_locked(Zone* zone) { return count_fail(zone, alloc_miss(zone, true, kMayGrow)); }
void* zone_alloc_try(Zone* zone, unsigned how, bool locked) {
  return alloc_miss(zone, locked, how);
}
void zone_free_miss(Zone* zone, void* item, const char* function) {
  free_miss(zone, item, function, false);
}
void zone_free_locked(Zone* zone, void* item, const char* function) {
  free_miss(zone, item, function, true);
}

void zone_free_searched(Zone* zone, void* item, const char* function) {
  const int pushed = given_back(zone, item) ? 2 : uma_percpu_push_new(item, zone->offset);
  if (likely(pushed == 0)) return;
  if (pushed == 2) report::double_free(function, addr(item), zone->pub.name);
  zone_free_miss(zone, item, function);
}

unsigned zone_alloc_batch(Zone* zone, void** items, unsigned count, unsigned how) {
  Operation operation(zone);
  if (unlikely(load_relaxed(zone->bypass))) release_own(zone);
  unsigned taken = 0;
  Cpu* cpu = bypasses_cache(zone) ? nullptr : cpu_of_thread(false);
  if (cpu) {
    // Sections are short: they hold up whoever stops their CPU.
    for (long n; taken < count; taken += unsigned(n))
      if ((n = cache_pop(zone, cpu, items + taken, min(count - taken, kBucketItems))) <= 0) break;
    locked_add(zone->pub.moved_out, uma_u64{taken});
    if (taken < count) {
      bool grown;
      cache_note_miss(zone, cpu, true, &grown);
    }
  }
  while (taken < count) {
    const unsigned n = zone_alloc_items(zone, items + taken, count - taken, how);
    if (!n) break;
    taken += n;
  }
  if (cpu) cache_note_taken(zone, cpu, taken);
  locked_add(zone->pub.slow_allocs, uma_u64{taken});
  return taken;
}

void zone_free_batch(Zone* zone, void* const* items, unsigned count, const char* function) {
  Operation operation(zone);
  if (zone->rsize >= kLargeItem)
    for (unsigned i = 0; i < count; i++) check_large(zone, nullptr, items[i], function);
  Cpu* cpu = bypasses_cache(zone) ? nullptr : cpu_of_thread(false);
  unsigned done = 0;
  if (cpu && zone->rsize < kLargeItem) {
    locked_add(zone->pub.moved_in, uma_u64{count});
    for (long n; done < count; done += unsigned(n))
      if ((n = cache_push(zone, cpu, items + done, min(count - done, kBucketItems))) <= 0) break;
    locked_sub(zone->pub.moved_in, uma_u64{count - done});
    if (done < count) {
      bool grown;
      cache_note_miss(zone, cpu, false, &grown);
    }
  }
  for (; done < count; done += min(count - done, kBucketItems)) {
    const unsigned n = min(count - done, kBucketItems);
    if (checks_items())
      zone_release(zone, items + done, n, function);
    else
      zone_free_items(zone, items + done, n, function);
  }
  locked_add(zone->pub.slow_frees, uma_u64{count});
}

void zone_free_to_source(Zone* zone, void* item, const char* function) {
  Operation operation(zone);
  zone_release(zone, &item, 1, function);
  locked_add(zone->pub.slow_frees);
}

void* zone_alloc_zeroed(Zone* zone, bool* zeroed) {
  Operation operation(zone);
  *zeroed = false;
  if (load_relaxed(zone->pub.bucket_items)) return count_fail(zone, alloc_direct(zone, kMayGrow));
  void* item = keg_alloc_zeroed(zone->keg, zeroed);
  locked_add(item ? zone->pub.slow_allocs : zone->pub.fails);
  return item;
}

extern "C" void uma_percpu_correct(size_t offset) {
  locked_add(zone_of_entry(entry_of_offset(offset))->pub.corrections);
}

}  // namespace uma
