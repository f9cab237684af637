// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/heap/crowd.h"

#include "alloc/base/util.h"
#include "alloc/os/os.h"

namespace uma {
namespace {

constexpr size_t kAskFrom = 4096;     // slots; fewer blocks are no crowd on any system
constexpr size_t kSweepCalls = 2048;  // of the system in one sweep: some ms

constinit size_t most = SIZE_MAX;  // mappings of blocks that are no crowd
constinit size_t resized = 0;      // in this crowd
constinit size_t unswept = 0;      // kept since the last sweep

uintptr_t end_of(const Mapping& m) { return m.base + m.size() + kPage; }
bool is_kept(const Mapping* m) { return m && m->state == MappingState::kKept; }

// Notes for each mapping whether another one lies right before it. Returns the number of rows of
// mappings that the kernel may have joined.
size_t find_rows(const MappingTable& table) {
  for (size_t i = 0; i < table.slots(); i++)
    if (Mapping* m = table.in_slot(i)) m->joined = 0;
  size_t rows = table.used();
  for (size_t i = 0; i < table.slots(); i++) {
    const Mapping* m = table.in_slot(i);
    Mapping* next = m ? table.find(end_of(*m)) : nullptr;
    if (!next) continue;
    next->joined = 1;
    rows--;
  }
  return rows;
}

struct Sweep {
  MappingTable& table;
  size_t holes;  // may still be made
  size_t calls = 0;
  size_t gone = 0;

  // Unmaps the kept mappings from this one on, up to one that is in use, if that is allowed.
  void end_row(Mapping* first) {
    size_t count = 0;
    uintptr_t end = first->base;
    const Mapping* next = first;
    for (; is_kept(next); count++) {
      end = end_of(*next);
      next = table.find(end);
    }
    const bool makes_hole = first->joined && next;
    if (makes_hole && !holes) return;
    calls++;
    if (!os::unmap(at<void>(first->base), end - first->base)) return;
    if (makes_hole) holes--;
    gone += count;
    erase_row(first, end);
  }

  void erase_row(Mapping* first, uintptr_t end) {
    for (Mapping* m = first; m;) {
      const uintptr_t behind = end_of(*m);
      table.erase(m);
      m = table.find(behind);
      if (behind < end) continue;
      if (m) m->joined = 0;
      return;
    }
  }
};

}  // namespace

void crowd_measure(const MappingTable& table) {
  if (table.slots() >= kAskFrom) most = os::mapping_limit() / 4 / mapping_cost();
}

bool crowd_is_on(const MappingTable& table) { return table.used() > most; }

// Each costs two at most: a part of its own and the hole that it leaves.
bool crowd_may_resize(const MappingTable& table) {
  if (!crowd_is_on(table)) {
    resized = 0;
    return true;
  }
  if (resized >= most / 2) return false;
  resized++;
  return true;
}

bool crowd_keep(const MappingTable& table, size_t kept) {
  constexpr size_t kShare = 4;
  constexpr size_t kLeast = 64;
  unswept++;
  return unswept > max(kLeast, (table.used() - kept) / kShare);
}

size_t crowd_sweep(MappingTable& table) {
  unswept = 0;
  const size_t rows = find_rows(table);
  Sweep sweep{table, most > rows ? most - rows : 0};
  for (size_t i = 0; i < table.slots() && sweep.calls < kSweepCalls; i++) {
    Mapping* m = table.in_slot(i);
    if (is_kept(m)) sweep.end_row(m);
  }
  return sweep.gone;
}

}  // namespace uma
