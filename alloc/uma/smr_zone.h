// SPDX-License-Identifier: BSD-2-Clause
// Zones whose freed items wait for readers (smr.h): they lie in buckets of their own, oldest first,
// each with the goal that readers must have passed.
#ifndef UMA_UMA_SMR_ZONE_H_
#define UMA_UMA_SMR_ZONE_H_

#include "alloc/uma/zone.h"

namespace uma {

// Frees an item of such a zone, after its dtor.
void smr_zone_free(Zone* zone, void* item);
// Moves items that nobody can see any more to the zone's usual buckets; with `wait` all of them.
void smr_zone_expire(Zone* zone, bool wait);

void smr_locks(LockVisitor visit);  // for fork
void smr_fork_child();

}  // namespace uma

#endif  // UMA_UMA_SMR_ZONE_H_
