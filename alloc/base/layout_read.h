/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the counters of the published layout add up to, once for the allocator and for its tools.
 * `layout` may be the live object or a copy of it.
 */
#ifndef UMA_BASE_LAYOUT_READ_H_
#define UMA_BASE_LAYOUT_READ_H_

#include "alloc/base/layout.h"

static inline uma_u64 uma_layout_word(const uma_u64* word) {
  return __atomic_load_n(word, __ATOMIC_RELAXED);
}

/*
 * The bytes of address space, readable and writable, that the allocator holds from the system:
 * committed arena, its own structures, blocks in mappings of their own, freed mappings it keeps.
 * Reserved address space does not count, and neither does what lies in the library's file.
 */
static inline uma_u64 uma_layout_mapped(const struct uma_layout* layout) {
  const struct uma_layout_pages* pages = &layout->pages;
  const struct uma_layout_large* large = &layout->large;
  return uma_layout_word(&pages->arena_committed) + uma_layout_word(&pages->meta_mapped) +
         uma_layout_word(&pages->side_mapped) + uma_layout_word(&large->used_bytes) -
         uma_layout_word(&large->run_bytes) + uma_layout_word(&large->cached_bytes);
}

#endif /* UMA_BASE_LAYOUT_READ_H_ */
