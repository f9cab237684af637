/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the counters of the published layout add up to, once for the allocator and for its tools.
 * `layout` may be the live object or a copy of it.
 */
#ifndef UMA_BASE_LAYOUT_READ_H_
#define UMA_BASE_LAYOUT_READ_H_

#include "alloc/base/layout.h"

static inline uma_u64 uma_layout_word(const uma_u64* word) {
  return __atomic_load_n(word, __ATOMIC_RELAXED);
}

/*
 * The bytes of address space, readable and writable, that the allocator holds from the system:
 * committed arena, its own structures, blocks in mappings of their own, freed mappings it keeps.
 * Reserved address space does not count, and neither does what lies in the library's file.
 */
static inline uma_u64 uma_layout_mapped(const struct uma_layout* layout) {
  const struct uma_layout_pages* pages = &layout->pages;
  const struct uma_layout_large* large = &layout->large;
  return uma_layout_word(&pages->arena_committed) + uma_layout_word(&pages->meta_mapped) +
         uma_layout_word(&pages->side_mapped) + uma_layout_word(&large->used_bytes) -
         uma_layout_word(&large->run_bytes) + uma_layout_word(&large->cached_bytes);
}

/* The zones of a live layout, in the order they were made; null: there is none, or no more. */
static inline const struct uma_layout_zone* uma_layout_zone_at(const uma_u64* link) {
  return (const struct uma_layout_zone*)__atomic_load_n(link, __ATOMIC_ACQUIRE);
}
static inline const struct uma_layout_zone* uma_layout_first(const struct uma_layout* layout) {
  return uma_layout_zone_at(&layout->zones);
}
static inline const struct uma_layout_zone* uma_layout_next(const struct uma_layout_zone* zone) {
  return uma_layout_zone_at(&zone->next);
}

/* What one CPU has for one zone, copied. */
struct uma_layout_cache {
  uma_u64 region;
  struct uma_layout_entry entry;
  struct uma_layout_cold cold;
};

/* The same from a live layout; `region` is not 0. */
static inline struct uma_layout_cache uma_layout_read_cache(uma_u64 region, uma_u32 index) {
  const struct uma_layout_entry* entry = (const struct uma_layout_entry*)region + index;
  const struct uma_layout_cold* cold = (const struct uma_layout_cold*)region - (index + 1);
  struct uma_layout_cache cache = {region, {0, 0}, {0, 0, 0}};
  cache.entry.allocs = uma_layout_word(&entry->allocs);
  cache.cold.cap = __atomic_load_n(&cold->cap, __ATOMIC_RELAXED);
  cache.cold.start = __atomic_load_n(&cold->start, __ATOMIC_RELAXED);
  cache.entry.top = uma_layout_word(&entry->top);
  return cache;
}

/* The items in it. ~0: it was read while its array was replaced. */
#define UMA_LAYOUT_TORN (~(uma_u64)0)
static inline uma_u64 uma_layout_cached(const struct uma_layout_cache* cache) {
  uma_u64 items;
  if (cache->cold.cap == 0) return 0;
  items = (cache->entry.top - cache->region) / 8 - cache->cold.start - 1;
  return items <= cache->cold.cap ? items : UMA_LAYOUT_TORN;
}

/* Over all CPUs; begin with zeros. */
struct uma_layout_sums {
  uma_u64 pops;
  uma_u64 cached;
  uma_u64 torn; /* caches that could not be counted */
};

static inline void uma_layout_add(struct uma_layout_sums* sums,
                                  const struct uma_layout_cache* cache) {
  const uma_u64 cached = uma_layout_cached(cache);
  sums->pops += cache->entry.allocs - ((uma_u64)1 << 63);
  sums->torn += cached == UMA_LAYOUT_TORN;
  if (cached != UMA_LAYOUT_TORN) sums->cached += cached;
}

/* What a zone did and holds; `zone` may be live or a copy. */
struct uma_layout_counts {
  uma_u64 allocs;
  uma_u64 frees;
  uma_u64 used;   /* their difference */
  uma_u64 cached; /* in caches and buckets */
};

static inline struct uma_layout_counts uma_layout_count(const struct uma_layout_zone* zone,
                                                        const struct uma_layout_sums* sums) {
  const uma_u64 pops = sums->pops - uma_layout_word(&zone->corrections);
  const uma_u64 pushes =
      sums->cached + pops - uma_layout_word(&zone->moved_in) + uma_layout_word(&zone->moved_out);
  const uma_u64 allocs = pops + uma_layout_word(&zone->slow_allocs);
  const uma_u64 used = allocs - pushes - uma_layout_word(&zone->slow_frees);
  struct uma_layout_counts counts;
  /* Counters that were read in the middle of a call may seem to cross. */
  counts.allocs = allocs >> 63 ? 0 : allocs;
  counts.used = used >> 63 ? 0 : used;
  counts.frees = counts.allocs > counts.used ? counts.allocs - counts.used : 0;
  counts.cached = sums->cached + uma_layout_word(&zone->bucket_items);
  return counts;
}

#endif /* UMA_BASE_LAYOUT_READ_H_ */
