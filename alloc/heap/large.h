// SPDX-License-Identifier: BSD-2-Clause
// Blocks that no size class serves: runs of the arena (alignment above 64 KiB, up to a span) and
// mappings of their own (more than 1 MiB).
//
// Locks: one lock over the table of mappings and the cache of freed ones. A block's memory belongs
// to its owner; resizing or freeing it in two threads at once is the program's error.
#ifndef UMA_HEAP_LARGE_H_
#define UMA_HEAP_LARGE_H_

#include <stddef.h>
#include <stdint.h>

#include "alloc/base/lock.h"

namespace uma {

// `zeroed` tells whether the block is known to read as zero.
void* large_alloc(size_t size, size_t align, bool* zeroed);
// Frees a mapping; false: p is not the start of one.
bool large_free(void* p);
// Usable bytes of the mapping that starts at p, 0: none does.
size_t large_size(const void* p);
// Grows or shrinks a mapping, moving it where needed. Null: refused, nothing changed.
void* large_resize(void* p, size_t size);
// The start of the live mapping that contains p, 0: none. For messages; scans everything.
uintptr_t large_containing(const void* p);
// The program changes how a range behaves, by advice, a lock or a protection that would outlive its
// block: such a mapping is not kept for the next one. Any thread, signal handlers included.
void large_touch(const void* p, size_t length);
// True: p lies in a block that was freed and kept for reuse.
bool large_is_cached(const void* p);
// Unmaps cached mappings until at most `keep` bytes are cached; returns the bytes given back.
size_t large_trim(size_t keep);
// Bytes of cached mappings, and unmapping those that were cached for `age` ns.
size_t large_cached();
void large_trim_old(uint64_t age);

// The published counts of large blocks, for the run blocks among them.
void large_count_alloc(size_t size);
void large_count_free(size_t size);

// The most mappings, and the most bytes in them, that were in use at a time.
void large_most(size_t* mappings, size_t* bytes);

void large_locks(LockVisitor visit);

}  // namespace uma

#endif  // UMA_HEAP_LARGE_H_
