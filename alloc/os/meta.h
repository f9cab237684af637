// SPDX-License-Identifier: BSD-2-Clause
// Memory for the allocator's own structures: bump-allocated, zero, never unmapped, so a reader of
// the published layout never meets an unmapped page.
#ifndef UMA_OS_META_H_
#define UMA_OS_META_H_

#include <stddef.h>
#include <stdint.h>

#include "alloc/base/layout.h"
#include "alloc/base/lock.h"

namespace uma {

// `size` zero bytes, aligned to `align` (a power of two up to 64). Null: the system refused.
// Thread-safe. There is no way to give it back: use a Pool for what comes and goes.
void* meta_alloc(size_t size, size_t align = 16);

// Items of one size from metadata. Freed items are kept for the pool. A pool shows itself in the
// zone table as a zone of kind INTERNAL.
class Pool {
 public:
  constexpr Pool(const char* name, uint32_t size) : name_(name), size_(size) {}
  void* alloc();  // contents undefined; null: no memory
  void free(void* item);
  uma_layout_zone& zone() { return zone_; }
  uma_layout_keg& keg() { return keg_; }
  void publish_as(uma_layout_zone** tail);  // links it behind *tail
  Lock& lock() { return lock_; }

 private:
  struct Free {
    Free* next;
  };
  const char* name_;
  uint32_t size_;
  Lock lock_{Rank::kPool};
  Free* free_ = nullptr;
  uma_layout_keg keg_{};
  uma_layout_zone zone_{};
};

void meta_fork_prepare();
void meta_fork_release();

}  // namespace uma

#endif  // UMA_OS_META_H_
