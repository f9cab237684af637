// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/os/meta.h"

#include <new>

#include "alloc/base/config.h"
#include "alloc/base/util.h"
#include "alloc/os/os.h"
#include "alloc/os/published.h"

namespace uma {
namespace {

// The first chunk lies in .bss: a small program needs no mapping for metadata.
alignas(kCacheLine) char boot_chunk[kMetaBoot];

struct Meta {
  Lock lock{Rank::kMeta};
  char* next = boot_chunk;
  char* end = boot_chunk + kMetaBoot;
};
constinit Meta meta;  // counters: uma_layout.pages, mapped chunks beyond the first

}  // namespace

void* meta_alloc(size_t size, size_t align) {
  UMA_ASSERT(is_power_of_two(align) && align <= kCacheLine);
  Guard guard(meta.lock);
  char* p = at<char>(round_up(addr(meta.next), align));
  if (p + size > meta.end) {
    const size_t chunk = round_up(max(size, kMetaChunk), kPage);
    p = static_cast<char*>(os::map(nullptr, chunk));
    if (!p) return nullptr;
    owned_add(uma_layout.pages.meta_mapped, chunk);
    // A big request gets its own mapping; the rest of the current chunk stays in use.
    if (chunk > kMetaChunk) {
      owned_add(uma_layout.pages.meta_used, size);
      return p;
    }
    meta.end = p + chunk;
  }
  meta.next = p + size;
  owned_add(uma_layout.pages.meta_used, size);
  return p;
}

void meta_locks(LockVisitor visit) { visit(meta.lock); }

void* Pool::alloc() {
  Guard guard(lock_);
  if (Free* item = free_) {
    free_ = item->next;
    return item;
  }
  return meta_alloc(size_, min(size_t{64}, size_t{size_ & -size_}));
}

void Pool::free(void* item) {
  Guard guard(lock_);
  free_ = new (item) Free{free_};
}

}  // namespace uma
