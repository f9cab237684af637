// SPDX-License-Identifier: BSD-2-Clause
// Pointers that the heap did not give out: blocks of another allocator in the process, or mistakes.
//
// Another allocator is in the process where a program calls one by names that only that one has
// (mallocx, tc_malloc, mi_malloc) and malloc_usable_size, free or realloc, which are ours, on the
// result. Such a block is the next allocator's, in the order in which the loader searches: it would
// be the process's malloc without us. libc is none, because it reads what lies before a block and
// cannot tell its own from others.
//
// What the option foreign says decides. `function` names the caller in a message.
#ifndef UMA_HEAP_FOREIGN_H_
#define UMA_HEAP_FOREIGN_H_

#include <stddef.h>

namespace uma {

// 0: nobody knows.
size_t foreign_size(void* p, const char* function);
void foreign_free(void* p, const char* function);
// Null: not moved, the block is as it was. size > 0.
void* foreign_realloc(void* p, size_t size);

}  // namespace uma

#endif  // UMA_HEAP_FOREIGN_H_
