// SPDX-License-Identifier: BSD-2-Clause
// Finds what covers an address: ranges of memory that lie anywhere, by the granules that they
// touch. Its owner has a lock.
#ifndef UMA_UMA_ADDRESS_TABLE_H_
#define UMA_UMA_ADDRESS_TABLE_H_

#include "alloc/base/lock.h"

namespace uma {

class AddressTable {
 public:
  // Adds `what` for a range of bytes. False: no memory, nothing changed.
  bool add(uintptr_t begin, size_t size, void* what);
  // Takes the same range away again.
  void remove(uintptr_t begin, size_t size);
  // What covers the address, or null; `begin` is where its range begins.
  void* find(uintptr_t address, uintptr_t* begin) const;
  // Gives its memory back; it is empty.
  void discard();

 private:
  struct Node;
  bool make_room(size_t more);
  Node** slot(uintptr_t granule) const { return &slots_[granule * 0x9e3779b97f4a7c15 >> shift_]; }
  bool add_node(uintptr_t granule, uintptr_t begin, size_t size, void* what);

  Node** slots_ = nullptr;  // chains
  unsigned shift_ = 0;      // of the hash: 64 less the bits of an index
  size_t nodes_ = 0;
};

void address_table_locks(LockVisitor visit);  // of the pool of nodes, for fork

}  // namespace uma

#endif  // UMA_UMA_ADDRESS_TABLE_H_
