// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/own_pages.h"

#include <errno.h>

#include <new>

#include "alloc/os/meta.h"
#include "alloc/os/os.h"
#include "alloc/uma/registry.h"

namespace uma {
namespace {

constinit Pool pages_pool{sizeof(OwnPages)};
constinit Pool slab_pool{sizeof(OwnSlab)};

// Of what was reserved, the next slab, in order.
char* commit_next(Keg* keg) {
  OwnPages* own = keg->own;
  char* memory = nullptr;
  {
    Guard guard(keg->lock);
    if (size_t(own->end - own->next) < keg->pub.slab_bytes) return nullptr;
    memory = own->next;
    own->next += keg->pub.slab_bytes;
  }
  if (os::commit(memory, keg->pub.slab_bytes)) return memory;
  Guard guard(keg->lock);
  if (own->next == memory + keg->pub.slab_bytes) own->next = memory;
  return nullptr;
}

char* memory_for(Keg* keg, uint8_t* flag) {
  OwnPages* own = keg->own;
  if (!own->alloc) return commit_next(keg);
  const int wait = M_NOWAIT | (keg->flags & UMA_ZONE_ZINIT ? M_ZERO : 0);
  return static_cast<char*>(own->alloc(own->zone, keg->pub.slab_bytes, UMA_ANYDOMAIN, flag, wait));
}

}  // namespace

char* own_slab_memory(const Slab* slab) { return static_cast<const OwnSlab*>(slab)->memory; }

OwnPages* own_pages_of(Keg* keg, uma_zone_t zone) {
  if (keg->own) return keg->own;
  void* memory = pages_pool.alloc();
  if (!memory) return nullptr;
  OwnPages* own = new (memory) OwnPages{};
  own->zone = zone;
  keg->own = own;
  return own;
}

void own_pages_discard(Keg* keg) {
  if (!keg->own) return;
  keg->own->slabs.discard();
  pages_pool.free(keg->own);
  keg->own = nullptr;
}

Slab* own_slab_alloc(Keg* keg) {
  assert_may_call_owner();
  void* header = slab_pool.alloc();
  if (!header) return nullptr;
  OwnSlab* slab = new (header) OwnSlab{};
  slab->keg = keg;
  slab->run.granules = keg->granules;
  slab->memory = memory_for(keg, &slab->flag);
  if (slab->memory) {
    Guard guard(keg->lock);
    if (keg->own->slabs.add(addr(slab->memory), keg->pub.slab_bytes, slab)) return slab;
  }
  if (slab->memory && keg->own->free) keg->own->free(slab->memory, keg->pub.slab_bytes, slab->flag);
  slab_pool.free(slab);
  return nullptr;
}

void own_slab_free(Keg* keg, Slab* slab) {
  auto* own = static_cast<OwnSlab*>(slab);
  {
    Guard guard(keg->lock);
    keg->own->slabs.remove(addr(own->memory), keg->pub.slab_bytes);
  }
  if (keg->own->free) keg->own->free(own->memory, keg->pub.slab_bytes, own->flag);
  slab_pool.free(own);
}

void own_pages_locks(LockVisitor visit) {
  visit(pages_pool.lock());
  visit(slab_pool.lock());
  address_table_locks(visit);
}

}  // namespace uma
