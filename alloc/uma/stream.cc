// SPDX-License-Identifier: BSD-2-Clause
// vm.zone_stats: a header, and for each zone one of its own and a record for each CPU, in the
// layout of FreeBSD's uma_stream_header, uma_type_header and uma_percpu_stat. What reads the
// kernel's reads this.
#include "alloc/base/layout_read.h"
#include "alloc/os/published.h"
#include "alloc/uma/registry.h"
#include "alloc/uma/sysctl.h"

namespace uma {
namespace {

struct StreamHeader {
  uint32_t version;
  uint32_t cpus;
  uint32_t zones;
  uint32_t pad;
};

struct TypeHeader {
  char name[32];
  uint32_t align, size, rsize, max_pages, limit, pages, keg_free, zone_free;
  uint32_t bucket_size, flags;
  uint64_t allocs, frees, fails, sleeps, cross_domain;
  uint64_t reserved;
};
static_assert(sizeof(TypeHeader) == 120);

struct CpuStat {
  uint64_t allocs, frees, cached;
  uint64_t reserved[5];
};
static_assert(sizeof(CpuStat) == 64);

constexpr uint32_t kVersion = 1;
constexpr uint32_t kSecondary = 1;

uint32_t narrow(uint64_t n) { return uint32_t(min(n, uint64_t{~uint32_t{0}})); }

// Our counters are sums over all CPUs but for the pops: what a CPU freed is not counted apart, so
// all frees stand in the zone's header.
void stream_cpus(const Zone* zone, uint32_t cpus, Reply* reply) {
  for (unsigned id = 0; id < cpus; id++) {
    CpuStat stat{};
    const Cpu* cpu = zone->offset ? percpu_get(id) : nullptr;
    if (cpu) {
      const uma_layout_cache cache = uma_layout_read_cache(addr(cpu->region), zone->pub.entry);
      const uint64_t cached = uma_layout_cached(&cache);
      stat.allocs = cache.entry.allocs - kAllocsStart;
      stat.cached = cached == UMA_LAYOUT_TORN ? 0 : cached;
    }
    reply->bytes(&stat, sizeof stat);
  }
}

void stream_zone(const Zone* zone, uint32_t cpus, Reply* reply) {
  uma_layout_sums sums{};
  for (const Cpu* cpu = zone->offset ? percpu_first() : nullptr; cpu; cpu = cpu->next) {
    const uma_layout_cache cache = uma_layout_read_cache(addr(cpu->region), zone->pub.entry);
    uma_layout_add(&sums, &cache);
  }
  const uma_layout_counts counts = uma_layout_count(&zone->pub, &sums);
  TypeHeader type{};
  for (unsigned i = 0; i + 1 < sizeof type.name; i++) type.name[i] = zone->pub.name[i];
  type.size = zone->pub.size;
  type.rsize = zone->rsize;
  type.limit = narrow(load_relaxed(zone->pub.limit));
  type.max_pages = narrow(uint64_t{type.limit} * zone->rsize / kPage);
  if (const Keg* keg = zone->keg) {
    type.align = keg->pub.align;
    type.pages = narrow(load_relaxed(keg->pub.slabs) * (keg->pub.slab_bytes / kPage));
    type.keg_free = narrow(load_relaxed(keg->pub.free_items));
  }
  type.zone_free = narrow(load_relaxed(zone->pub.bucket_items));
  type.bucket_size = kBucketItems;
  type.flags = zone->pub.flags & UMA_LAYOUT_ZONE_SECONDARY ? kSecondary : 0;
  // The records of the CPUs are added to this by who reads it.
  type.allocs = counts.allocs - sums.pops;
  type.frees = counts.frees;
  type.fails = load_relaxed(zone->pub.fails);
  type.sleeps = load_relaxed(zone->pub.sleeps);
  reply->bytes(&type, sizeof type);
  stream_cpus(zone, cpus, reply);
}

}  // namespace

void stream_zones(Reply* reply) {
  const StreamHeader header{kVersion, percpu_limit() + 1, load_relaxed(uma_layout.zone_count), 0};
  reply->bytes(&header, sizeof header);
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone))
    stream_zone(zone, header.cpus, reply);
}

}  // namespace uma
