// SPDX-License-Identifier: BSD-2-Clause
// Slabs as a whole: made and released, with the callbacks of the keg's owner, in the arena or in
// pages of the keg's own. No lock is held.
#ifndef UMA_UMA_PAGES_H_
#define UMA_UMA_PAGES_H_

#include "alloc/uma/own_pages.h"
#include "alloc/uma/slab.h"

namespace uma {

// A new slab, every item free and initialised, in no list. Null: no memory, or init refused.
Slab* slab_make(Keg* keg);
// fini on every item, and the memory goes back.
void slab_release(Keg* keg, Slab* slab);
// Of a chain linked through next.
void slab_release_all(Keg* keg, Slab* slab);

// The keg's slab that holds p, or null; any p. Keg lock held.
inline Slab* slab_find(Keg* keg, const void* p) {
  if (unlikely(keg->own != nullptr)) {
    uintptr_t begin;
    return static_cast<Slab*>(keg->own->slabs.find(addr(p), &begin));
  }
  Slab* slab = in_arena(p) ? slab_of(p) : nullptr;
  return slab && slab->keg == keg ? slab : nullptr;
}

}  // namespace uma

#endif  // UMA_UMA_PAGES_H_
