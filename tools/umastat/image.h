// SPDX-License-Identifier: BSD-2-Clause
// A copy of the published layout as it lies in the memory of the process.
#ifndef TOOLS_UMASTAT_IMAGE_H_
#define TOOLS_UMASTAT_IMAGE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "alloc/base/layout.h"
#include "tools/umastat/process.h"

namespace umastat {

struct Image {
  uma_layout root;
  std::vector<uma_layout_cpu> cpus;  // those that have a region
  std::vector<uint64_t> addresses;   // of the zones, in the order of the registry
  std::vector<uma_layout_zone> zones;
  std::vector<uma_layout_keg> kegs;  // one a zone; all zero for a zone without keg

  // The per-CPU entries, one row a CPU. `slots[i]` is the place of zone i in a row of entries,
  // kNoSlot for a zone that has none. The cold halves lie the other way round in memory, and so
  // they do here.
  size_t row = 0;
  std::vector<size_t> slots;
  std::vector<uma_layout_entry> entries;
  std::vector<uma_layout_cold> colds;

  const uma_layout_entry& Entry(size_t cpu, size_t zone) const {
    return entries[cpu * row + slots[zone]];
  }
  const uma_layout_cold& Cold(size_t cpu, size_t zone) const {
    return colds[cpu * row + row - 1 - slots[zone]];
  }
};

inline constexpr size_t kNoSlot = SIZE_MAX;

// Reads everything once. Throws Error for what cannot be a layout.
Image ReadImage(const Process& process, uint64_t root);

// True when no byte differs.
bool SameImage(const Image& a, const Image& b);

}  // namespace umastat

#endif  // TOOLS_UMASTAT_IMAGE_H_
