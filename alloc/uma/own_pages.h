// SPDX-License-Identifier: BSD-2-Clause
// Slabs in memory that the program's own functions give (uma_zone_set_allocf), or that was reserved
// for the keg (uma_zone_reserve_kva). It may lie anywhere, so its headers lie elsewhere and are
// found by a table. Nothing is purged or punched there.
#ifndef UMA_UMA_OWN_PAGES_H_
#define UMA_UMA_OWN_PAGES_H_

#include "alloc/uma/address_table.h"
#include "alloc/uma/slab.h"

namespace uma {

struct OwnSlab : Slab {
  char* memory;
  uint8_t flag;  // what the program's function noted, for the other one
};

struct OwnPages {
  uma_alloc alloc;  // null: from what was reserved
  uma_free free;    // null: slabs stay
  uma_zone_t zone;  // whom the functions are told
  char* next;       // of what was reserved: not used yet
  char* end;
  AddressTable slabs;  // the keg's lock covers it
};

// The keg's pages are its own from now on; it has no slab. Null: no memory.
OwnPages* own_pages_of(Keg* keg, uma_zone_t zone);
void own_pages_discard(Keg* keg);

// The memory and header of a new slab, found by slab_find from now on; null: no memory.
Slab* own_slab_alloc(Keg* keg);
void own_slab_free(Keg* keg, Slab* slab);

void own_pages_locks(LockVisitor visit);  // of pools, for fork

}  // namespace uma

#endif  // UMA_UMA_OWN_PAGES_H_
