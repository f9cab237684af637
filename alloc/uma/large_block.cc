// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/large_block.h"

#include <errno.h>

#include "alloc/base/report.h"
#include "alloc/os/os.h"
#include "alloc/os/published.h"
#include "alloc/page/cap.h"
#include "alloc/uma/address_table.h"
#include "alloc/uma/boot.h"
#include "alloc/uma/fork.h"
#include "alloc/uma/uma.h"

namespace uma {
namespace {

struct Blocks {
  Lock lock{Rank::kLarge};
  AddressTable sizes;  // the size of each, as a pointer
};
constinit Blocks large;

}  // namespace

void large_block_locks(LockVisitor visit) { visit(large.lock); }

extern "C" {

UMA_EXPORT void* uma_large_malloc(size_t size, int) {
  if (size == 0 || size > kArenaMax) return errno = size ? ENOMEM : EINVAL, nullptr;
  if (!boot()) return errno = ENOMEM, nullptr;
  fork_hook();
  const size_t mapped = round_up(size, kPage);
  void* memory = cap_allows(mapped) ? os::map_counted(mapped) : nullptr;
  if (memory) {
    Guard guard(large.lock);
    if (!large.sizes.add(addr(memory), mapped, at<void>(mapped))) {
      os::unmap(memory, mapped);
      memory = nullptr;
    }
  }
  if (!memory) {
    locked_add(uma_layout.large.fails);
    return errno = ENOMEM, nullptr;
  }
  locked_add(uma_layout.large.allocs);
  locked_add(uma_layout.large.used_bytes, uma_u64{mapped});
  return memory;
}

UMA_EXPORT void uma_large_free(void* p) {
  if (!p) return;
  uintptr_t begin = 0;
  size_t mapped;
  {
    Guard guard(large.lock);
    mapped = addr(large.sizes.find(addr(p), &begin));
    if (mapped && begin == addr(p)) large.sizes.remove(begin, mapped);
  }
  if (!mapped) report::foreign_pointer("uma_large_free", addr(p));
  if (begin != addr(p)) report::interior_pointer("uma_large_free", addr(p), "large blocks", begin);
  locked_add(uma_layout.large.frees);
  locked_sub(uma_layout.large.used_bytes, uma_u64{mapped});
  os::unmap(p, mapped);
}

}  // extern "C"

}  // namespace uma
