// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/address_table.h"

#include "alloc/os/meta.h"
#include "alloc/os/os.h"

namespace uma {

struct AddressTable::Node {
  Node* next;
  uintptr_t granule;
  uintptr_t begin;
  size_t size;
  void* what;
};

namespace {

constinit Pool pool{40};

constexpr unsigned kFirstBits = 9;  // one page of slots

uintptr_t first_granule(uintptr_t begin) { return begin >> kGranuleShift; }
uintptr_t last_granule(uintptr_t begin, size_t size) { return (begin + size - 1) >> kGranuleShift; }

}  // namespace

// Doubles the slots before there are more nodes than slots. Ranges that are there already go on
// where there is no memory for that.
bool AddressTable::make_room(size_t more) {
  const size_t have = slots_ ? size_t{1} << (64 - shift_) : 0;
  if (nodes_ + more <= have) return true;
  unsigned bits = slots_ ? 64 - shift_ + 1 : kFirstBits;
  while (size_t{1} << bits < nodes_ + more) bits++;
  auto** slots = static_cast<Node**>(os::map(nullptr, sizeof(Node*) << bits));
  if (!slots) return slots_ != nullptr;
  const AddressTable old = *this;
  slots_ = slots;
  shift_ = 64 - bits;
  for (size_t i = 0; i < have; i++) {
    for (Node *node = old.slots_[i], *next; node; node = next) {
      next = node->next;
      Node** to = slot(node->granule);
      node->next = *to;
      *to = node;
    }
  }
  if (old.slots_) os::unmap(old.slots_, sizeof(Node*) * have);
  return true;
}

bool AddressTable::add_node(uintptr_t granule, uintptr_t begin, size_t size, void* what) {
  Node* node = static_cast<Node*>(pool.alloc());
  if (!node) return false;
  Node** to = slot(granule);
  *node = {*to, granule, begin, size, what};
  *to = node;
  nodes_++;
  return true;
}

bool AddressTable::add(uintptr_t begin, size_t size, void* what) {
  static_assert(sizeof(Node) == 40);
  UMA_ASSERT(size > 0);
  if (!make_room(last_granule(begin, size) - first_granule(begin) + 1)) return false;
  for (uintptr_t g = first_granule(begin); g <= last_granule(begin, size); g++) {
    if (add_node(g, begin, size, what)) continue;
    remove(begin, size);
    return false;
  }
  return true;
}

void AddressTable::remove(uintptr_t begin, size_t size) {
  for (uintptr_t g = first_granule(begin); g <= last_granule(begin, size); g++) {
    for (Node** link = slot(g); Node* node = *link; link = &node->next) {
      if (node->granule != g || node->begin != begin) continue;
      *link = node->next;
      pool.free(node);
      nodes_--;
      break;
    }
  }
}

void* AddressTable::find(uintptr_t address, uintptr_t* begin) const {
  if (!slots_) return nullptr;
  for (const Node* node = *slot(address >> kGranuleShift); node; node = node->next) {
    if (address - node->begin >= node->size) continue;
    *begin = node->begin;
    return node->what;
  }
  return nullptr;
}

void AddressTable::discard() {
  UMA_ASSERT(nodes_ == 0);
  if (slots_) os::unmap(slots_, sizeof(Node*) << (64 - shift_));
  *this = {};
}

void address_table_locks(LockVisitor visit) { visit(pool.lock()); }

}  // namespace uma
