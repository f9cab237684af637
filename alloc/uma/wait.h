// SPDX-License-Identifier: BSD-2-Clause
// What an allocation does when its zone's source gave nothing: the limit is reached, or the system
// refused memory.
#ifndef UMA_UMA_WAIT_H_
#define UMA_UMA_WAIT_H_

#include "alloc/uma/zone.h"

namespace uma {

// An item after all, or null. At the limit: what caches hold, what the zone's maxaction frees, and
// with M_WAITOK the next that comes back. Without memory and with M_WAITOK: tries again for
// kMemoryWait. `flags` as of uma_zalloc.
void* zone_alloc_again(Zone* zone, int flags);
// Returns once there is room below the limit. True: it waited.
bool wait_for_room(Zone* zone);
// After a slow operation on a zone with a limit: what it left in caches goes to who waits.
void zone_yield_cached(Zone* zone);

// Whether the warnings of uma_zone_set_warning are printed; for all zones.
bool warnings_on();
void set_warnings(bool on);

inline unsigned how_of(int flags) {
  return (flags & M_NOVM ? 0 : kMayGrow) | (flags & M_USE_RESERVE ? kMayReserve : 0);
}

}  // namespace uma

#endif  // UMA_UMA_WAIT_H_
