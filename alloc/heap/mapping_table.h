// SPDX-License-Identifier: BSD-2-Clause
// The mappings of large blocks by their address: live, cached and kept ones. Open addressing. The
// caller's lock covers everything here.
#ifndef UMA_HEAP_MAPPING_TABLE_H_
#define UMA_HEAP_MAPPING_TABLE_H_

#include <stddef.h>
#include <stdint.h>

#include "alloc/heap/mapping.h"

namespace uma {

class MappingTable {
 public:
  size_t used() const { return used_; }
  size_t slots() const { return slots_; }
  // What is in slot i of slots(); null: nothing.
  Mapping* in_slot(size_t i) const;
  // Null: no mapping begins there.
  Mapping* find(uintptr_t base) const;
  // There must be room. Pointers to others stay valid.
  void insert(const Mapping& mapping);
  void erase(Mapping* mapping);

  // Room for one block and for what its mapping may leave beside it; false: no memory. `moved`: all
  // pointers into the table are invalid. The memory of the former table, where it could not be
  // unmapped, comes as `left`, base 0: none.
  bool make_room(bool* moved, Mapping* left);

 private:
  bool put(const Mapping& mapping);

  Mapping* table_ = nullptr;
  size_t slots_ = 0;   // a power of two
  size_t filled_ = 0;  // with deleted ones
  size_t used_ = 0;
};

}  // namespace uma

#endif  // UMA_HEAP_MAPPING_TABLE_H_
