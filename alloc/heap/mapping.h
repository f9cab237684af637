// SPDX-License-Identifier: BSD-2-Clause
// Mappings of one block each, as the system gives and takes them. Behind the block lies one page
// that faults, so that a long overflow stops there.
//
// The caller's lock covers everything here.
#ifndef UMA_HEAP_MAPPING_H_
#define UMA_HEAP_MAPPING_H_

#include <stddef.h>
#include <stdint.h>

#include "alloc/base/config.h"

namespace uma {

enum class MappingState : uint64_t {
  kLive,    // a block of the program's
  kCached,  // a freed block, kept as it is for the next of its size
  kKept,    // the system would not unmap it: its memory is given back, its addresses are not
};

// How the page behind a block came to fault.
enum class GuardPage : uint64_t {
  kNone,       // the system refused both
  kMarker,     // by a mark in the page table, which costs no mapping (Linux 6.13)
  kProtected,  // by its protection: the kernel counts one mapping more
};

struct Mapping {
  uintptr_t base;  // 0: a slot never used, 1: one that was
  MappingState state : 2;
  GuardPage guard : 2;
  uint64_t touched : 1;  // the program gave advice about a part of it, or locked or protected it
  uint64_t joined : 1;   // another one lay right before it in the last sweep
  uint64_t : 6;          // so that the size is the word without its lowest bits
  uint64_t pages : 52;   // of the block, without the one behind it

  size_t size() const { return pages * kPage; }
};
static_assert(sizeof(Mapping) == 16);

// What describes `bytes` of mapped memory at `base`, the page behind the block among them.
Mapping mapping_at(const void* base, size_t bytes, MappingState state);
// A mapping for a block of `size` bytes, multiple of a page, at a multiple of `align`. Base 0: no
// memory. What was mapped beside it and could not be unmapped comes as `left`, base 0: none.
// `crowded`: such that the kernel can join it with its neighbours; nothing beside it is unmapped,
// and the page behind it may not fault.
Mapping mapping_new(size_t size, size_t align, bool crowded, Mapping left[2]);
// How many mappings the kernel may count for one.
size_t mapping_cost();
// Unmaps all of it. False: refused, as where the process has as many mappings as it may.
bool mapping_unmap(const Mapping& mapping);
// Gives the memory back and keeps the addresses. False: the old bytes are still there.
bool mapping_purge(const Mapping& mapping);
// Grows or shrinks it, moving it where needed; sets base, size and guard. False: nothing changed.
bool mapping_resize(Mapping* mapping, size_t size);
// Makes the page behind the block fault.
void mapping_guard(Mapping* mapping);

}  // namespace uma

#endif  // UMA_HEAP_MAPPING_H_
