// SPDX-License-Identifier: BSD-2-Clause
// malloc's semantics on zones, without libc's names.
//
// All functions are thread-safe and take locks; none may be called from a signal handler that
// interrupted one of them. Null means no memory; errno is the caller's business (the preload
// layer sets it). A pointer that was not allocated here goes to alloc/heap/foreign.h; `function`
// names the caller in a message.
#ifndef UMA_HEAP_HEAP_H_
#define UMA_HEAP_HEAP_H_

#include <stddef.h>
#include <stdint.h>

#include "alloc/heap/size_class.h"
#include "alloc/page/page.h"
#include "alloc/uma/bypass.h"

namespace uma {

// Brings the allocator up and registers fork handlers; called by the preload constructor.
void heap_start();

// Any size up to PTRDIFF_MAX; 0 gives the smallest item.
void* heap_alloc(size_t size);
void* heap_alloc_zeroed(size_t size);
void heap_free(void* p, const char* function);
// What the page map says of p: the mark of a class, a reserved one, or 0.
inline unsigned heap_map_mark(const void* p) {
  const size_t granule = granule_of(p);
  if (unlikely(granule >= load_acquire(uma_hot.arena_limit))) return 0;
  return load_acquire(page_map()[granule]);
}
// The entry offset of p's class, a reserved one, or 0.
inline unsigned heap_map_offset(const void* p) { return offset_of_mark(heap_map_mark(p)); }
// True: p is an item that realloc leaves as it is. Not all: items that are searched are resized by
// heap_resize. Inline, because a block that grows step by step
// seldom needs more than this. Never true for null or size 0.
inline bool heap_keeps(const void* p, size_t size) {
  const auto& keeps = kClassKeeps.of[entry_of_offset(heap_map_mark(p))];
  return size - keeps.first < keeps.count && likely(!checks_items());
}
// realloc where heap_keeps has said no. p: a block or null; keeps the old block on failure. size >
// 0.
void* heap_resize(void* p, size_t size);
inline void* heap_realloc(void* p, size_t size) {
  return heap_keeps(p, size) ? p : heap_resize(p, size);
}
// Bytes that may be written; 0 for null and where nobody knows.
size_t heap_usable_size(void* p, const char* function);
// Gives back what it can, keeping `keep` bytes of free runs. True: something was given back.
bool heap_trim(size_t keep);

struct HeapStats {
  size_t mapped;      // as layout_read.h has it
  size_t in_use;      // bytes of live blocks
  size_t small_free;  // bytes of free items
  size_t large_blocks;
  size_t large_bytes;
  size_t most_mappings;  // the most large blocks in mappings of their own there ever were
  size_t most_mapping_bytes;
};
HeapStats heap_stats();

// What the assembly of the preload layer jumps to; `offset` is a class's entry offset, `mark` what
// the page map says.
extern "C" {
void* uma_heap_alloc_miss(size_t offset);
void* uma_heap_alloc_locked(size_t offset);
void* uma_heap_alloc_large(size_t size);
void uma_heap_free_miss(void* p, size_t mark);
void uma_heap_free_twice(void* p, size_t mark);
void uma_heap_free_locked(void* p, size_t mark);
void uma_heap_free_other(void* p);
}

// An item of the class at `offset`.
inline void* heap_item(size_t offset) {
  void* item = uma_percpu_pop(offset);
  return likely(item != nullptr) ? item : uma_heap_alloc_miss(offset);
}

// A block with an alignment that no class has.
void* heap_aligned_block(size_t align, size_t size);

// `align`: a power of two. Items of a class that is a multiple of the alignment are aligned: slabs
// start at granules.
inline void* heap_alloc_aligned(size_t align, size_t size) {
  if (likely(align <= kGranule && size <= kClassMax))
    return heap_item(offset_of_entry(aligned_entry(align, size)));
  return heap_aligned_block(align, size);
}

}  // namespace uma

#endif  // UMA_HEAP_HEAP_H_
