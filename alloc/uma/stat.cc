// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/stat.h"

#include "alloc/base/layout_read.h"

namespace uma {
namespace {

uma_layout_sums sum_cpus(const Zone* zone) {
  uma_layout_sums sums{};
  for (const Cpu* cpu = zone->offset ? percpu_first() : nullptr; cpu; cpu = cpu->next) {
    const uma_layout_cache cache = uma_layout_read_cache(addr(cpu->region), zone->pub.entry);
    uma_layout_add(&sums, &cache);
  }
  return sums;
}

}  // namespace

void zone_stat(const Zone* zone, uma_zone_stats* stats) {
  const uma_layout_sums sums = sum_cpus(zone);
  const uma_layout_counts counts = uma_layout_count(&zone->pub, &sums);
  *stats = {};
  stats->allocs = counts.allocs;
  stats->frees = counts.frees;
  stats->used = counts.used;
  stats->cached = counts.cached;
  stats->fails = load_relaxed(zone->pub.fails);
  if (!zone->keg) return;
  stats->keg_free = load_relaxed(zone->keg->pub.free_items);
  stats->keg_bytes = load_relaxed(zone->keg->pub.slabs) * zone->keg->pub.slab_bytes;
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
