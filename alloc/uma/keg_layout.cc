// SPDX-License-Identifier: BSD-2-Clause
// How large the slabs of a keg are, and how they are divided.
#include "alloc/percpu/percpu.h"
#include "alloc/uma/slab.h"

namespace uma {
namespace {

// The smallest run whose tail wastes at most 1/16 (a slab of 64 KiB for all small items).
unsigned slab_granules(size_t rsize) {
  constexpr size_t kSmallItem = size_t{8} << 10;
  if (rsize <= kSmallItem) return 1;
  const unsigned least = rsize <= size_t{32} << 10 ? 4 : 1;
  for (unsigned granules = least; granules <= kSpanGranules; granules++) {
    const size_t bytes = granules * kGranule;
    if (bytes >= rsize && (bytes % rsize) * 16 <= bytes) return granules;
  }
  return unsigned(round_up(rsize, kGranule) / kGranule);
}

// Small items of a zone that a program made: the fewest granules that lose no more than 1/256, or
// those that lose least. The classes of malloc stay as they are: what their slabs lose is little,
// and larger ones are given back later.
unsigned zone_granules(size_t rsize) {
  constexpr unsigned kMost = 4;
  unsigned best = 1;
  for (unsigned granules = 1; granules <= kMost; granules++) {
    const size_t lost = granules * kGranule % rsize;
    if (lost * 256 <= granules * kGranule) return granules;
    if (lost * best < best * kGranule % rsize * granules) best = granules;
  }
  return best;
}

unsigned granules_of(size_t rsize, bool of_zone) {
  const unsigned granules = slab_granules(rsize);
  return granules == 1 && of_zone && rsize < kGranule ? zone_granules(rsize) : granules;
}

}  // namespace

void keg_setup(Keg* keg, size_t size, size_t align, uint16_t map_offset, uint32_t flags) {
  const size_t rsize = round_up(max(size, size_t{8}), max(align + 1, size_t{8}));
  keg->size = uint32_t(size);
  const bool of_zone = map_offset == offset_of_entry(kEntryUma);
  keg->flags = flags;
  keg->granules = uint16_t(granules_of(rsize, of_zone));
  // One huge page is as contiguous as memory gets.
  if (flags & UMA_ZONE_CONTIG) keg->granules = kSpanGranules;
  // A page for each CPU and one for threads without; an item is a slot at the same place of each.
  if (flags & UMA_ZONE_PCPU)
    keg->granules = uint16_t(round_up((percpu_limit() + 1) * kPage, kGranule) / kGranule);
  keg->pub.rsize = uint32_t(rsize);
  keg->pub.align = uint32_t(align);
  keg->pub.slab_bytes = uint32_t(keg->granules * kGranule);
  keg->pub.ipers = uint32_t((flags & UMA_ZONE_PCPU ? kPage : keg->pub.slab_bytes) / rsize);
  keg->reciprocal = ((uint64_t{1} << kReciprocalShift) + rsize - 1) / rsize;
  for (unsigned bin = 0; bin < kKegBins; bin++)
    keg->bin_most[bin] = ((bin + 1) * keg->pub.ipers - 1) / kKegBins + 1;
  keg->map_offset = map_offset;
  keg->punch_unit = uint32_t(kPage);
  while (keg->pub.slab_bytes / keg->punch_unit > 64) keg->punch_unit *= 2;
  for (List<Slab>& bin : keg->domain.bins) bin.init();
  keg->domain.full.init();
}

}  // namespace uma
