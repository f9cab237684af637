// SPDX-License-Identifier: BSD-2-Clause
// The caches of zones, one for each CPU: an entry and its array of items (alloc/percpu). Batches in
// and out, and how large each may be. Caches grow where a zone misses often, within the byte budget
// of the CPU; the one longest without a miss makes room.
#ifndef UMA_UMA_CACHE_H_
#define UMA_UMA_CACHE_H_

#include "alloc/uma/zone.h"

namespace uma {

// The CPU that threads without one of their own share: used under its lock, not by sections.
bool cache_shared(const Cpu* cpu);
// Whether the zone's cache there holds the item.
bool cache_has(Zone* zone, Cpu* cpu, const void* item);
// Items into and out of the zone's cache on this CPU (or the shared one); returns how many moved.
long cache_push(Zone* zone, Cpu* cpu, void* const* items, long count);
long cache_pop(Zone* zone, Cpu* cpu, void** items, long count);
// Notes a miss and gives the cache a first array, or a larger one when misses are frequent. Returns
// its capacity; `grown` tells whether it changed. Takes the CPU's lock.
unsigned cache_note_miss(Zone* zone, Cpu* cpu, bool allocating, bool* grown);
// Bytes that all caches together may hold.
size_t cache_room();
// Whether a cache was hardly used since cache_watch. Reclaim lock held; for cache_idle the CPU is
// stopped.
void cache_watch(Cpu* cpu);
bool cache_idle(const Zone* zone, const Cpu* cpu);
// So many items were wanted at once, which the cache's own counter does not show.
void cache_note_taken(const Zone* zone, Cpu* cpu, unsigned count);
// Empties the zone's cache into its buckets. The CPU is stopped, or nobody uses the zone any more.
void cache_drain(Zone* zone, Cpu* cpu);
// Detaches the zone's array, if it is empty, from a CPU that is stopped: the next operation there
// takes the slow path.
void cache_drop(Zone* zone, Cpu* cpu);
// Makes the zone's entry on this CPU as new: nobody uses the zone any more. cpu->lock held.
void cache_reset(Zone* zone, Cpu* cpu);

}  // namespace uma

#endif  // UMA_UMA_CACHE_H_
