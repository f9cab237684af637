// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/heap/mapping_table.h"

#include "alloc/base/layout.h"
#include "alloc/base/util.h"
#include "alloc/os/os.h"
#include "alloc/os/published.h"

namespace uma {
namespace {

constexpr size_t kFirst = 512;  // slots
constexpr size_t kRoom = 3;     // a block, and a rest on either side of it

constexpr uintptr_t kDeleted = 1;  // the base of a slot that was used

size_t hash(uintptr_t base) { return size_t((base >> 12) * 0x9e3779b97f4a7c15u >> 20); }
size_t table_bytes(size_t slots) { return round_up(slots * sizeof(Mapping), kPage); }

}  // namespace

Mapping* MappingTable::in_slot(size_t i) const {
  Mapping* m = &table_[i];
  return m->base > kDeleted ? m : nullptr;
}

Mapping* MappingTable::find(uintptr_t base) const {
  if (!slots_) return nullptr;
  for (size_t i = hash(base);; i++) {
    Mapping* m = &table_[i & (slots_ - 1)];
    if (m->base == base) return m;
    if (m->base == 0) return nullptr;
  }
}

// True: into a slot that was never used.
bool MappingTable::put(const Mapping& mapping) {
  for (size_t i = hash(mapping.base);; i++) {
    Mapping* m = &table_[i & (slots_ - 1)];
    if (m->base > kDeleted) continue;
    const bool empty = m->base == 0;
    *m = mapping;
    return empty;
  }
}

void MappingTable::insert(const Mapping& mapping) {
  if (put(mapping)) filled_++;
  used_++;
}

void MappingTable::erase(Mapping* mapping) {
  mapping->base = kDeleted;
  used_--;
}

bool MappingTable::make_room(bool* moved, Mapping* left) {
  *moved = false;
  *left = {};
  if (slots_ && (filled_ + kRoom) * 4 <= slots_ * 3) return true;
  size_t slots = max(kFirst, slots_);
  while ((used_ + 2 * kRoom) * 2 > slots) slots *= 2;
  auto* table = static_cast<Mapping*>(os::map(nullptr, table_bytes(slots)));
  if (!table) return false;
  locked_add(uma_layout.pages.side_mapped, table_bytes(slots) - (slots_ ? table_bytes(slots_) : 0));
  Mapping* old = table_;
  const size_t old_slots = slots_;
  table_ = table;
  slots_ = slots;
  for (size_t i = 0; i < old_slots; i++)
    if (old[i].base > kDeleted) put(old[i]);
  filled_ = used_;
  *moved = true;
  if (!old_slots || os::unmap(old, table_bytes(old_slots))) return true;
  os::purge(old, table_bytes(old_slots));
  *left = mapping_at(old, table_bytes(old_slots), MappingState::kKept);
  return true;
}

}  // namespace uma
