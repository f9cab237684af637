// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/validate.h"

#include "alloc/uma/bucket.h"
#include "alloc/uma/slab.h"

namespace uma {
namespace {

struct Sums {
  uint64_t slabs = 0;
  uint64_t free_items = 0;
};

void add_slab(const Keg* keg, const Slab* slab, Sums* sums) {
  validate_slab_books(keg, slab);
  sums->slabs++;
  sums->free_items += slab->free_items;
}

void add_list(Keg* keg, List<Slab>& list, unsigned bin, Sums* sums) {
  for (Slab* slab = list.first(); slab; slab = list.next(slab)) {
    UMA_ASSERT(slab->bin == bin);
    UMA_ASSERT((slab->free_items == 0) == (bin == kKegBins));
    add_slab(keg, slab, sums);
  }
}

}  // namespace

void validate_slab_books(const Keg* keg, const Slab* slab) {
  assert_held(keg->lock);
  UMA_ASSERT(slab->keg == keg && slab->run.granules == keg->granules && slab->run.back == 0);
  UMA_ASSERT(slab->bump <= keg->pub.ipers && slab->free_items <= keg->pub.ipers);
  unsigned returned = 0;
  for (unsigned word = 0; word * 64 < keg->pub.ipers; word++) {
    const uint64_t bits = slab->bitmap[word];
    returned += unsigned(__builtin_popcountll(bits));
    const unsigned used =
        slab->bump - min(slab->bump, word * 64);  // bits for items handed out once
    UMA_ASSERT(used >= 64 || bits >> used == 0);
  }
  UMA_ASSERT(slab->free_items == returned + keg->pub.ipers - slab->bump);
}

void validate_keg_books(Keg* keg) {
  assert_held(keg->lock);
  Sums sums;
  for (unsigned bin = 0; bin < kKegBins; bin++) add_list(keg, keg->domain.bins[bin], bin, &sums);
  add_list(keg, keg->domain.full, kKegBins, &sums);
  if (keg->domain.spare) {
    UMA_ASSERT(keg->domain.spare->free_items == keg->pub.ipers);
    add_slab(keg, keg->domain.spare, &sums);
  }
  UMA_ASSERT(sums.slabs == keg->pub.slabs);
  UMA_ASSERT(sums.free_items == keg->pub.free_items);
}

void validate_bucket_books(const Zone* zone) {
  assert_held(zone->lock);
  uint64_t items = zone->waiting.items;
  for (const Bucket* bucket = zone->domain.buckets; bucket; bucket = bucket->next) {
    UMA_ASSERT(bucket->count > 0 && bucket->count <= kBucketItems);
    UMA_ASSERT(bucket->count == kBucketItems || bucket == zone->domain.buckets);
    items += bucket->count;
  }
  UMA_ASSERT(items == zone->pub.bucket_items);
}

}  // namespace uma
