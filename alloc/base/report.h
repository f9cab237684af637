// SPDX-License-Identifier: BSD-2-Clause
// Every fatal message, one function each, with fixed wording. Each writes one line on stderr and
// aborts: it is called only where a mistake is proven, of the program or, in a checking build, our
// own.
#ifndef UMA_BASE_REPORT_H_
#define UMA_BASE_REPORT_H_

#include <stddef.h>
#include <stdint.h>

namespace uma::report {

// A pointer that no zone and no mapping of ours contains.
[[noreturn]] void foreign_pointer(const char* function, uintptr_t p);
// A pointer into the middle of a block.
[[noreturn]] void interior_pointer(const char* function, uintptr_t p, const char* zone,
                                   uintptr_t base);
// The block is already free.
[[noreturn]] void double_free(const char* function, uintptr_t p, const char* zone);
// An item of a UMA zone given to free, realloc or malloc_usable_size.
[[noreturn]] void uma_item(const char* function, uintptr_t p, const char* zone);
// An item given to a zone that did not make it.
[[noreturn]] void wrong_zone(const char* function, uintptr_t p, const char* zone);
// A free item is not as it was filled: `offset` bytes into it `found` was read.
[[noreturn]] void modified_after_free(uintptr_t item, const char* zone, size_t offset,
                                      uint32_t found);
// operator new has no memory and the program has no C++ runtime that could throw.
[[noreturn]] void no_bad_alloc();
// A lock was taken under one that comes later in the order; checking builds only.
[[noreturn]] void lock_order(uintptr_t lock);
// A contract inside the allocator does not hold; checking builds only.
[[noreturn]] void assertion(const char* condition, const char* file, int line);

}  // namespace uma::report

#endif  // UMA_BASE_REPORT_H_
