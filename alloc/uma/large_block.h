// SPDX-License-Identifier: BSD-2-Clause
// Memory that belongs to no zone: uma_large_malloc.
#ifndef UMA_UMA_LARGE_BLOCK_H_
#define UMA_UMA_LARGE_BLOCK_H_

#include "alloc/base/lock.h"

namespace uma {

void large_block_locks(LockVisitor visit);  // for fork

}  // namespace uma

#endif  // UMA_UMA_LARGE_BLOCK_H_
