// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/stat.h"

namespace uma {
namespace {

struct CpuSums {
  uint64_t pops = 0;
  uint64_t cached = 0;
};

CpuSums sum_cpus(const Zone* zone) {
  CpuSums sums;
  if (!zone->offset) return sums;
  for (const Cpu* cpu = percpu_first(); cpu; cpu = cpu->next) {
    const Entry* entry = entry_at(cpu->region, zone->pub.entry);
    const uma_layout_cold* cold = cold_at(cpu->region, zone->pub.entry);
    sums.pops += peek(entry->allocs) - kAllocsStart;
    if (!peek(cold->cap)) continue;
    void** first = reinterpret_cast<void**>(cpu->region) + peek(cold->start) + 1;
    const ptrdiff_t held = peek(entry->top) - first;
    if (held > 0 && held <= kArrayMaxCap) sums.cached += uint64_t(held);
  }
  return sums;
}

}  // namespace

void zone_stat(const Zone* zone, uma_zone_stats* stats) {
  const uma_layout_zone& pub = zone->pub;
  const CpuSums sums = sum_cpus(zone);
  *stats = {};
  stats->allocs = sums.pops + peek(pub.slow_allocs) - peek(pub.corrections);
  const uint64_t pushes =
      sums.cached + sums.pops - peek(pub.corrections) - peek(pub.moved_in) + peek(pub.moved_out);
  stats->frees = pushes + peek(pub.slow_frees);
  stats->fails = peek(pub.fails);
  if (stats->frees > stats->allocs) stats->frees = stats->allocs;  // read in the middle of a call
  stats->used = stats->allocs - stats->frees;
  stats->cached = sums.cached + peek(pub.bucket_items);
  if (!zone->keg) return;
  stats->keg_free = peek(zone->keg->pub.free_items);
  stats->keg_bytes = peek(zone->keg->pub.slabs) * zone->keg->pub.slab_bytes;
}

extern "C" UMA_EXPORT void uma_zone_get_stats(uma_zone_t handle, uma_zone_stats* stats) {
  zone_stat(reinterpret_cast<const Zone*>(handle), stats);
}

extern "C" UMA_EXPORT int uma_zone_get_cur(uma_zone_t handle) {
  uma_zone_stats stats;
  uma_zone_get_stats(handle, &stats);
  return int(stats.used);
}

}  // namespace uma
