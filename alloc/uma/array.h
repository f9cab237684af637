// SPDX-License-Identifier: BSD-2-Clause
// The per-CPU arrays of zones: batches in and out, and how large each may be. Arrays grow where a
// zone misses often, within the byte budget of the CPU; the array longest without a miss makes
// room.
#ifndef UMA_UMA_ARRAY_H_
#define UMA_UMA_ARRAY_H_

#include "alloc/uma/zone.h"

namespace uma {

// The CPU that threads without one of their own share: used under its lock, not by sections.
bool array_shared(const Cpu* cpu);
// Whether the zone's array there holds the item.
bool array_holds(Zone* zone, Cpu* cpu, const void* item);
// Items into and out of the zone's array on this CPU (or the shared one); returns how many moved.
long array_put(Zone* zone, Cpu* cpu, void* const* items, long count);
long array_get(Zone* zone, Cpu* cpu, void** items, long count);
// Notes a miss and gives the entry a first array, or a larger one when misses are frequent. Returns
// its capacity; `grown` tells whether it changed. Takes the CPU's lock.
unsigned array_note_miss(Zone* zone, Cpu* cpu, bool allocating, bool* grown);
// Bytes that all arrays together may hold.
size_t array_room();
// Whether an array was hardly used since array_watch. Reclaim lock held; for array_idle the CPU is
// stopped.
void array_watch(Cpu* cpu);
bool array_idle(const Zone* zone, const Cpu* cpu);
// Detaches the zone's array, if it is empty, from a CPU that is stopped: the next operation there
// takes the slow path.
void array_drop(Zone* zone, Cpu* cpu);
// Makes the zone's entry on this CPU as new: nobody uses the zone any more. cpu->lock held.
void array_reset(Zone* zone, Cpu* cpu);

}  // namespace uma

#endif  // UMA_UMA_ARRAY_H_
