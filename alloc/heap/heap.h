// SPDX-License-Identifier: BSD-2-Clause
// malloc's semantics on zones, without libc's names.
//
// All functions are thread-safe and take locks; none may be called from a signal handler that
// interrupted one of them. Null means no memory; errno is the caller's business (the preload
// floor sets it). A pointer that was not allocated here aborts, unless the option foreign says
// ignore; `function` names the caller in the message.
#ifndef UMA_HEAP_HEAP_H_
#define UMA_HEAP_HEAP_H_

#include <stddef.h>
#include <stdint.h>

namespace uma {

// Brings the allocator up and registers fork handlers; called by the preload constructor.
void heap_start();

// Any size up to PTRDIFF_MAX; 0 gives the smallest item.
void* heap_alloc(size_t size);
void* heap_alloc_zeroed(size_t size);
// `align`: a power of two.
void* heap_alloc_aligned(size_t align, size_t size);
void heap_free(void* p, const char* function);
// p: a block or null; keeps the old block on failure. size > 0.
void* heap_realloc(void* p, size_t size);
// Bytes that may be written; 0 for null and (foreign:ignore) for foreign pointers.
size_t heap_usable_size(const void* p, const char* function);
// Gives back what it can, keeping `keep` bytes of free runs. True: something was given back.
bool heap_trim(size_t keep);

struct HeapStats {
  size_t mapped;      // bytes readable and writable
  size_t in_use;      // bytes of live blocks
  size_t small_free;  // bytes of free items
  size_t large_blocks;
  size_t large_bytes;
};
HeapStats heap_stats();

// What the assembly of the preload floor jumps to; `offset` is a class's entry offset.
extern "C" {
void* uma_heap_alloc_slow(size_t offset);
void* uma_heap_alloc_locked(size_t offset);
void* uma_heap_alloc_large(size_t size);
void uma_heap_free_full(void* p, size_t offset);
void uma_heap_free_twice(void* p, size_t offset);
void uma_heap_free_locked(void* p, size_t offset);
void uma_heap_free_other(void* p);
}

}  // namespace uma

#endif  // UMA_HEAP_HEAP_H_
