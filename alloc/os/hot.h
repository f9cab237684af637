// SPDX-License-Identifier: BSD-2-Clause
// What both fast paths read.
#ifndef UMA_OS_HOT_H_
#define UMA_OS_HOT_H_

#include <stddef.h>
#include <stdint.h>

#include "alloc/base/config.h"
#include "alloc/base/offsets.h"

namespace uma {

// One cache line, written while the process is single-threaded; only the limit changes later, by
// one store, up as the arena grows and down as its top is given back.
struct alignas(kCacheLine) Hot {
  uintptr_t arena_base;
  uintptr_t arena_limit;  // granules the page map covers
  uintptr_t rseq_offset;  // of the rseq area, from the thread pointer
};
static_assert(offsetof(Hot, arena_base) == UMA_HOT_BASE);
static_assert(offsetof(Hot, arena_limit) == UMA_HOT_LIMIT);
static_assert(offsetof(Hot, rseq_offset) == UMA_HOT_RSEQ);

extern "C" Hot uma_hot;

}  // namespace uma

#endif  // UMA_OS_HOT_H_
