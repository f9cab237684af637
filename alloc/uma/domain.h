// SPDX-License-Identifier: BSD-2-Clause
// What a NUMA domain has of a zone and of a keg (uma_zone_domain and uma_domain of the kernel).
// There is one domain.
#ifndef UMA_UMA_DOMAIN_H_
#define UMA_UMA_DOMAIN_H_

#include "alloc/base/list.h"
#include "alloc/base/util.h"

namespace uma {

struct Bucket;
struct Slab;

// The zone's lock covers it.
struct ZoneDomain {
  Bucket* buckets;      // the first may be partly filled
  uint64_t bucket_low;  // fewest bucket items since bucket_watch
  uint64_t trim_low;    // and since the program's last trim
};

inline constexpr unsigned kKegBins = 4;  // partial slabs by share of free items, fullest first

// The keg's lock covers it.
struct KegDomain {
  List<Slab> bins[kKegBins];  // in each, slabs that are unscanned come first
  List<Slab> full;
  Slab* spare = nullptr;    // one wholly free slab, kept against flapping
  bool spare_idle = false;  // it is the same since keg_watch
};

}  // namespace uma

#endif  // UMA_UMA_DOMAIN_H_
