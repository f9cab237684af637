// SPDX-License-Identifier: BSD-2-Clause
// What the option invariants checks beside the structures: free items are filled, and looked at
// before they are used again; who allocates where it must not sleep is named.
#ifndef UMA_UMA_DBG_H_
#define UMA_UMA_DBG_H_

#include "alloc/uma/bypass.h"
#include "alloc/uma/keg.h"

namespace uma {

// Whether the keg's free items are filled: not where an owner keeps state in them, nor where they
// are not to be written to.
inline bool fills_items(const Keg* keg) {
  return unlikely(checks_items()) && !keg->init && !keg->fini &&
         !(keg->flags & (UMA_ZONE_ZINIT | UMA_ZONE_NOTOUCH | UMA_ZONE_PCPU));
}

// Fills an item that came back. Keg lock held.
void dbg_fill(const Keg* keg, void* item);
// Aborts unless the item is as it was filled. Keg lock held.
void dbg_verify(Keg* keg, const void* item);
// Aborts unless the item is one of the zone's that is in use, before its dtor sees it.
void dbg_check(Zone* zone, const void* item, const char* function);
// Says once for each caller that it may sleep in a section that must not.
void dbg_may_sleep(const Zone* zone, const void* caller);

// Items that were filled, and those that the option trash left out.
uint64_t dbg_filled();
uint64_t dbg_skipped();

}  // namespace uma

#endif  // UMA_UMA_DBG_H_
