// SPDX-License-Identifier: BSD-2-Clause
// So many large blocks that the process may run out of mappings, of which the kernel allows it a
// number: each block may be one, and each hole between two of them costs one. From a quarter of
// that number on new blocks are mapped such that the kernel can join them with their neighbours,
// and freed ones give back their memory but keep their addresses, until a sweep finds those whose
// end makes no hole. So the large blocks need less than half of the mappings, whatever the program
// does.
//
// The caller's lock covers everything here.
#ifndef UMA_HEAP_CROWD_H_
#define UMA_HEAP_CROWD_H_

#include <stddef.h>

#include "alloc/heap/mapping_table.h"

namespace uma {

// To be called when the table has grown.
void crowd_measure(const MappingTable& table);
bool crowd_is_on(const MappingTable& table);
// Whether one more mapping may be moved or cut: it is joined with no other, so that some may in a
// crowd. The caller copies then.
bool crowd_may_resize(const MappingTable& table);
// A mapping was kept that would have been unmapped elsewhere. True: time for a sweep.
bool crowd_keep(const MappingTable& table, size_t kept);
// Unmaps kept mappings beside a gap, and as many others as may become holes. Returns how many.
size_t crowd_sweep(MappingTable& table);

}  // namespace uma

#endif  // UMA_HEAP_CROWD_H_
