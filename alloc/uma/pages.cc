// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/pages.h"

#include <string.h>

#include <new>

#include "alloc/os/os.h"

namespace uma {
namespace {

// Runs init on every item in address order; on refusal fini on the ones before.
bool init_items(Keg* keg, Slab* slab) {
  assert_may_call_owner();
  char* memory = slab_memory(keg, slab);
  for (unsigned i = 0; i < keg->pub.ipers; i++) {
    if (keg->init(memory + size_t{i} * keg->pub.rsize, int(keg->size), 0) == 0) continue;
    while (keg->fini && i-- > 0) keg->fini(memory + size_t{i} * keg->pub.rsize, int(keg->size));
    return false;
  }
  return true;
}

// A run of the arena, with its header; null: no memory.
Slab* arena_alloc(Keg* keg, bool* zeroed) {
  const Density density = load_relaxed(keg->pub.slabs) ? Density::kDense : Density::kSparse;
  const bool contiguous = keg->flags & UMA_ZONE_CONTIG;
  char* memory = run_alloc(keg->granules, contiguous ? kSpan : kGranule, density, zeroed);
  if (!memory) return nullptr;
  if (contiguous) os::huge_pages(memory, kSpan, true);
  if (keg->flags & UMA_ZONE_NODUMP) os::dump(memory, keg->pub.slab_bytes, false);
  Slab* slab = new (run_header_at(memory)) Slab{};
  slab->keg = keg;
  return slab;
}

void arena_free(Keg* keg, Slab* slab) {
  char* memory = slab_memory(keg, slab);
  slab->keg = nullptr;
  if (keg->flags & UMA_ZONE_NODUMP) os::dump(memory, keg->pub.slab_bytes, true);
  run_free(memory, keg->granules);
}

Slab* alloc_pages(Keg* keg, bool* zeroed) {
  *zeroed = false;
  return keg->own ? own_slab_alloc(keg) : arena_alloc(keg, zeroed);
}

void free_pages(Keg* keg, Slab* slab) {
  keg->own ? own_slab_free(keg, slab) : arena_free(keg, slab);
}

// What free finds in the page map; pages of the keg's own are not there.
void mark(Keg* keg, Slab* slab, uint16_t offset) {
  if (!keg->own) run_mark(slab_memory(keg, slab), keg->granules, offset);
}

void release_run(Keg* keg, Slab* slab) {
  slab_release_bitmap(keg, slab);
  mark(keg, slab, 0);
  free_pages(keg, slab);
}

}  // namespace

Slab* slab_make(Keg* keg) {
  assert_not_held(keg->lock);
  bool zeroed;
  Slab* slab = alloc_pages(keg, &zeroed);
  if (!slab) return nullptr;
  slab->free_items = keg->pub.ipers;
  slab->zeroed = zeroed;
  if (!slab_get_bitmap(keg, slab)) {
    free_pages(keg, slab);
    return nullptr;
  }
  if ((keg->flags & UMA_ZONE_ZINIT) && !zeroed)
    memset(slab_memory(keg, slab), 0, keg->pub.slab_bytes);
  mark(keg, slab, keg->map_offset);
  if (keg->init && !init_items(keg, slab)) {
    release_run(keg, slab);
    return nullptr;
  }
  return slab;
}

void slab_release(Keg* keg, Slab* slab) {
  assert_not_held(keg->lock);
  if (keg->fini) {
    char* memory = slab_memory(keg, slab);
    for (unsigned i = 0; i < keg->pub.ipers; i++)
      keg->fini(memory + size_t{i} * keg->pub.rsize, int(keg->size));
  }
  release_run(keg, slab);
}

void slab_release_all(Keg* keg, Slab* slab) {
  while (slab) {
    Slab* next = static_cast<Slab*>(slab->next);
    slab_release(keg, slab);
    slab = next;
  }
}

}  // namespace uma
