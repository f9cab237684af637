// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/os/meta.h"

#include <string.h>

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
  Guard guard(meta.lock);
  char* p = at<char>(round_up(addr(meta.next), align));
  if (p + size > meta.end) {
    const size_t chunk = round_up(max(size, kMetaChunk), kPage);
    p = static_cast<char*>(os::map(nullptr, chunk));
    if (!p) return nullptr;
    uma_layout.pages.meta_mapped += chunk;
    // A big request gets its own mapping; the rest of the current chunk stays in use.
    if (chunk > kMetaChunk) {
      uma_layout.pages.meta_used += size;
      return p;
    }
    meta.end = p + chunk;
  }
  meta.next = p + size;
  uma_layout.pages.meta_used += size;
  return p;
}

void meta_fork_prepare() { meta.lock.fork_prepare(); }
void meta_fork_release() { meta.lock.fork_release(); }

void* Pool::alloc() {
  Guard guard(lock_);
  void* item = free_;
  if (item) {
    free_ = free_->next;
    keg_.free_items--;
  } else {
    item = meta_alloc(size_, min(size_t{64}, size_t{size_ & -size_}));
    if (!item) {
      zone_.fails++;
      return nullptr;
    }
  }
  zone_.slow_allocs++;
  return item;
}

void Pool::free(void* item) {
  Guard guard(lock_);
  free_ = new (item) Free{free_};
  keg_.free_items++;
  zone_.slow_frees++;
}

void Pool::publish_as(uma_layout_zone** tail) {
  strncpy(zone_.name, name_, sizeof(zone_.name) - 1);
  zone_.size = keg_.rsize = size_;
  zone_.kind = UMA_LAYOUT_KIND_INTERNAL;
  zone_.keg = addr(&keg_);
  (*tail)->next = addr(&zone_);
  *tail = &zone_;
}

}  // namespace uma
