// SPDX-License-Identifier: BSD-2-Clause
// Counters summed over CPUs, and the zone table as vmstat -z prints it.
#include "alloc/base/layout_read.h"
#include "alloc/base/log.h"
#include "alloc/os/published.h"
#include "alloc/uma/zone.h"

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

void print_row(const char* name, uint64_t size, uint64_t used, uint64_t free, uint64_t requests,
               uint64_t fails) {
  Line line;
  line.text(name).text(":");
  const int width = 26 - int(line.length() - 1);
  line.number(size, width > 1 ? width : 1);
  line.text(",").number(0, 7).text(",").number(used, 8).text(",").number(free, 8);
  line.text(",").number(requests, 8).text(",").number(fails, 4).text(",").number(0, 4);
  line.text(",").number(0, 4).write_stderr();
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

extern "C" UMA_EXPORT void uma_print_stats() {
  Line line;
  line.text("ITEM                   SIZE   LIMIT     USED     FREE      REQ FAIL SLEEP XDOM");
  line.write_stderr();
  uint64_t in_use = 0;
  // No zone goes away meanwhile. A fini, which runs under that lock, may call this, too.
  const bool nested = reclaim_lock().held_by_me();
  if (!nested) reclaim_lock().lock();
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone)) {
    uma_zone_stats s;
    zone_stat(zone, &s);
    const bool secondary = zone->pub.flags & UMA_LAYOUT_ZONE_SECONDARY;
    print_row(zone->pub.name, zone->pub.size, s.used, s.cached + (secondary ? 0 : s.keg_free),
              s.allocs, s.fails);
    in_use += s.used * zone->pub.size;
  }
  if (!nested) reclaim_lock().unlock();
  const uma_layout_large& large = uma_layout.large;
  print_row("large blocks", 0, peek(large.allocs) - peek(large.frees), peek(large.cached_blocks),
            peek(large.allocs), peek(large.fails));
  const uma_layout_pages& pages = page_counters();
  line.text("total: mapped ")
      .number(uma_layout_mapped(&uma_layout) / 1024)
      .text("K, in use ")
      .number((in_use + peek(large.used_bytes)) / 1024)
      .text("K, large ")
      .number(peek(large.used_bytes) / 1024)
      .text("K, metadata ")
      .number(peek(pages.meta_used) / 1024)
      .text("K");
  line.write_stderr();
}

}  // namespace uma
