// SPDX-License-Identifier: BSD-2-Clause
// Memory for the allocator's own structures: bump-allocated, zero, never unmapped, so a reader of
// the published layout never meets an unmapped page.
#ifndef UMA_OS_META_H_
#define UMA_OS_META_H_

#include <stddef.h>
#include <stdint.h>

#include "alloc/base/lock.h"

namespace uma {

// `size` zero bytes, aligned to `align` (a power of two up to 64). Null: the system refused.
// Thread-safe. There is no way to give it back: use a Pool for what comes and goes.
void* meta_alloc(size_t size, size_t align = 16);

// Items of one size from metadata. Freed items are kept for the pool.
class Pool {
 public:
  constexpr explicit Pool(uint32_t size) : size_(size) {}
  void* alloc();  // contents undefined; null: no memory
  void free(void* item);
  Lock& lock() { return lock_; }

 private:
  struct Free {
    Free* next;
  };
  uint32_t size_;
  Lock lock_{Rank::kPool};
  Free* free_ = nullptr;
};

void meta_locks(LockVisitor visit);  // but for those of pools

}  // namespace uma

#endif  // UMA_OS_META_H_
