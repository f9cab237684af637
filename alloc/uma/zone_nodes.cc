// SPDX-License-Identifier: BSD-2-Clause
// vm.uma.NAME.*: what there is to know of one zone, by FreeBSD's names. Numbers are 32 bits where
// the kernel has int, else 64.
#include "alloc/base/log.h"
#include "alloc/uma/stat.h"
#include "alloc/uma/sysctl.h"

namespace uma {
namespace {

struct Of {
  Zone* zone;
  Keg* keg;  // null: cache only
  uma_zone_stats stats;
};

struct Node {
  const char* name;
  void (*put)(const Of& of, Reply* reply);
  bool of_keg;  // not there for cache-only zones
};

struct FlagName {
  uint32_t flag;
  const char* name;
};
constexpr FlagName kFlagNames[] = {{UMA_ZONE_UNMANAGED, "UNMANAGED"},
                                   {UMA_ZONE_ZINIT, "ZINIT"},
                                   {UMA_ZONE_CONTIG, "CONTIG"},
                                   {UMA_ZONE_NOTOUCH, "NOTOUCH"},
                                   {UMA_ZONE_MALLOC, "MALLOC"},
                                   {UMA_ZONE_NOFREE, "NOFREE"},
                                   {UMA_ZONE_MTXCLASS, "MTXCLASS"},
                                   {UMA_ZONE_VM, "VM"},
                                   {UMA_ZONE_NOTPAGE, "NOTPAGE"},
                                   {UMA_ZONE_NOBUCKET, "NOBUCKET"},
                                   {UMA_ZONE_MAXBUCKET, "MAXBUCKET"},
                                   {UMA_ZONE_CACHESPREAD, "CACHESPREAD"},
                                   {UMA_ZONE_NODUMP, "NODUMP"},
                                   {UMA_ZONE_PCPU, "PCPU"},
                                   {UMA_ZONE_FIRSTTOUCH, "FIRSTTOUCH"},
                                   {UMA_ZONE_ROUNDROBIN, "ROUNDROBIN"},
                                   {UMA_ZONE_SMR, "SMR"},
                                   {UMA_ZONE_NOKASAN, "NOKASAN"},
                                   {UMA_ZONE_REFCNT, "REFCNT"},
                                   {UMA_ZONE_OFFPAGE, "OFFPAGE"},
                                   {UMA_ZONE_HASH, "HASH"}};

void put_flags(const Of& of, Reply* reply) {
  Line line;
  for (const FlagName& flag : kFlagNames)
    if (of.keg && (of.keg->flags & flag.flag)) line.text(line.length() ? "," : "").text(flag.name);
  if (of.zone->pub.flags & UMA_LAYOUT_ZONE_SECONDARY)
    line.text(line.length() ? "," : "").text("SECONDARY");
  if (load_relaxed(of.zone->limit->max)) line.text(line.length() ? "," : "").text("LIMIT");
  if (of.zone->ctor || of.zone->dtor) line.text(line.length() ? "," : "").text("CTORDTOR");
  if (!of.keg) line.text(line.length() ? "," : "").text("CACHE");
  reply->text(line.c_str());
}

// Of a slab, what its items take, in percent.
uint32_t efficiency(const Keg* keg) {
  return uint32_t(uint64_t{keg->pub.ipers} * keg->size * 100 / keg->pub.slab_bytes);
}

constexpr Node kNodes[] = {
    {"size", [](const Of& of, Reply* r) { r->number32(of.zone->pub.size); }, false},
    {"flags", put_flags, false},
    {"bucket_size", [](const Of&, Reply* r) { r->number32(kBucketItems); }, false},
    {"bucket_size_max", [](const Of& of, Reply* r) { r->number32(of.zone->cap_most); }, false},
    {"keg.name", [](const Of& of, Reply* r) { r->text(of.keg ? of.zone->pub.name : "disabled"); },
     false},
    {"keg.rsize", [](const Of& of, Reply* r) { r->number32(of.keg->pub.rsize); }, true},
    {"keg.ppera",
     [](const Of& of, Reply* r) { r->number32(uint32_t(of.keg->pub.slab_bytes / kPage)); }, true},
    {"keg.ipers", [](const Of& of, Reply* r) { r->number32(of.keg->pub.ipers); }, true},
    {"keg.align", [](const Of& of, Reply* r) { r->number32(of.keg->pub.align); }, true},
    {"keg.reserve", [](const Of& of, Reply* r) { r->number32(uint32_t(of.keg->reserve)); }, true},
    {"keg.efficiency", [](const Of& of, Reply* r) { r->number32(efficiency(of.keg)); }, true},
    {"keg.domain.0.pages", [](const Of& of, Reply* r) { r->number64(of.stats.keg_bytes / kPage); },
     true},
    {"keg.domain.0.free_items", [](const Of& of, Reply* r) { r->number64(of.stats.keg_free); },
     true},
    {"limit.items", [](const Of& of, Reply* r) { r->number64(zone_out(of.zone)); }, false},
    {"limit.max_items",
     [](const Of& of, Reply* r) { r->number64(load_relaxed(of.zone->pub.limit)); }, false},
    {"limit.sleepers",
     [](const Of& of, Reply* r) { r->number32(load_relaxed(of.zone->limit->waiters)); }, false},
    {"limit.sleeps", [](const Of& of, Reply* r) { r->number64(load_relaxed(of.zone->pub.sleeps)); },
     false},
    {"limit.bucket_max",
     [](const Of& of, Reply* r) { r->number64(load_relaxed(of.zone->bucket_most)); }, false},
    {"domain.0.nitems",
     [](const Of& of, Reply* r) { r->number64(load_relaxed(of.zone->pub.bucket_items)); }, false},
    {"domain.0.imin",
     [](const Of& of, Reply* r) { r->number64(load_relaxed(of.zone->domain.bucket_low)); }, false},
    {"domain.0.wss", [](const Of& of, Reply* r) { r->number64(load_relaxed(of.zone->pub.wss)); },
     false},
    {"stats.current", [](const Of& of, Reply* r) { r->number64(of.stats.used); }, false},
    {"stats.allocs", [](const Of& of, Reply* r) { r->number64(of.stats.allocs); }, false},
    {"stats.frees", [](const Of& of, Reply* r) { r->number64(of.stats.frees); }, false},
    {"stats.fails", [](const Of& of, Reply* r) { r->number64(of.stats.fails); }, false},
    {"stats.xdomain", [](const Of&, Reply* r) { r->number64(0); }, false},  // one domain
};

}  // namespace

const char* zone_node_name(unsigned index) {
  return index < sizeof(kNodes) / sizeof(kNodes[0]) ? kNodes[index].name : nullptr;
}

bool zone_has_node(const Zone* zone, unsigned index) { return zone->keg || !kNodes[index].of_keg; }

void zone_node(Zone* zone, unsigned index, Reply* reply) {
  UMA_ASSERT(zone_has_node(zone, index));
  Of of{zone, zone->keg, {}};
  zone_stat(zone, &of.stats);
  kNodes[index].put(of, reply);
}

}  // namespace uma
