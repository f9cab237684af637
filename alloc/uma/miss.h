// SPDX-License-Identifier: BSD-2-Clause
// The slow paths of pop and push: this CPU's cache is empty or full, or is to be gone around.
#ifndef UMA_UMA_MISS_H_
#define UMA_UMA_MISS_H_

#include "alloc/uma/zone.h"

namespace uma {

// An item, and some more into the cache. Null when there is no memory, or the limit is reached:
// the zone counts a failure.
void* zone_alloc_miss(Zone* zone);
void zone_free_miss(Zone* zone, void* item, const char* function);
// Frees an item of a searched size: into the cache, unless it is there or in its slab already.
void zone_free_searched(Zone* zone, void* item, const char* function);
// The same without per-CPU sections: for restarted threads and those without a CPU.
void* zone_alloc_locked(Zone* zone);
// Either of them, as `how` (limit.h) says; a failure is for the caller to count.
void* zone_alloc_try(Zone* zone, unsigned how, bool locked = false);
void zone_free_locked(Zone* zone, void* item, const char* function);
// Items into and out of an array of the caller's, by way of this CPU's cache and the buckets.
// Returns how many were had.
unsigned zone_alloc_batch(Zone* zone, void** items, unsigned count, unsigned how);
void zone_free_batch(Zone* zone, void* const* items, unsigned count, const char* function);
// An item straight back to the source, because somebody waits for one.
void zone_free_to_source(Zone* zone, void* item, const char* function);
// One item straight from the keg, and whether it reads as zero.
void* zone_alloc_zeroed(Zone* zone, bool* zeroed);

}  // namespace uma

#endif  // UMA_UMA_MISS_H_
