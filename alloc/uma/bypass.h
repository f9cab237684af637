// SPDX-License-Identifier: BSD-2-Clause
// When items go around the caches, so that every call takes the slow path.
#ifndef UMA_UMA_BYPASS_H_
#define UMA_UMA_BYPASS_H_

#include "alloc/base/options.h"
#include "alloc/uma/zone.h"

namespace uma {

// Each item is checked at once when it is freed, so it goes to its slab.
inline bool checks_items() { return options.invariants; }
// No cache is used: for all zones, or for one that has none.
inline bool bypasses_cache(const Zone* zone) {
  return !zone->offset || load_relaxed(zone->bypass) || checks_items();
}

}  // namespace uma

#endif  // UMA_UMA_BYPASS_H_
