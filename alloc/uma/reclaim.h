// SPDX-License-Identifier: BSD-2-Clause
// Giving cached memory back, level by level: caches into buckets, buckets to the source, slabs to
// the page layer. `request` is one of UMA_RECLAIM_*.
#ifndef UMA_UMA_RECLAIM_H_
#define UMA_UMA_RECLAIM_H_

#include "alloc/uma/zone.h"

namespace uma {

// Held while caches are given back, and by uma_zdestroy: no zone goes away meanwhile. First of all
// locks; fini and zfini run under it, so they may allocate and free but not reclaim or destroy.
Lock& reclaim_lock();

// Both want the reclaim lock held.
void zone_reclaim(Zone* zone, int request);
void reclaim_all(int request);  // all zones, and free runs

// Detaches caches of this CPU that were idle since cache_watch, from entry `first` on, a limited
// number of items at a time. Returns the entry to go on with, 0: done. Reclaim lock held.
unsigned reclaim_idle_caches(Cpu* cpu, unsigned first);

void reclaim_locks(LockVisitor visit);  // for fork

}  // namespace uma

#endif  // UMA_UMA_RECLAIM_H_
