// SPDX-License-Identifier: BSD-2-Clause
// The most memory that the allocator may hold from the system, as far as it serves the program: the
// arena's spans and large blocks. Its own tables are counted, but never refused.
#ifndef UMA_PAGE_CAP_H_
#define UMA_PAGE_CAP_H_

#include "alloc/base/util.h"

namespace uma {

// 0: no cap. Lowered below what is held, it refuses until that fell.
extern uint64_t memory_cap;

bool cap_refuses(size_t more);
// Whether so many bytes more may be mapped. Where they may not, what is free goes back eagerly, as
// where the system refuses.
inline bool cap_allows(size_t more) {
  return likely(load_relaxed(memory_cap) == 0) || !cap_refuses(more);
}

}  // namespace uma

#endif  // UMA_PAGE_CAP_H_
