// SPDX-License-Identifier: BSD-2-Clause
#include "tools/umastat/snapshot.h"

#include <algorithm>
#include <optional>

#include "alloc/base/layout_read.h"
#include "tools/umastat/error.h"
#include "tools/umastat/image.h"

namespace umastat {
namespace {

constexpr int kTries = 8;

// Two counters read at different instants may seem to cross.
uint64_t ClampedDifference(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

// A name comes from another process: nothing in it may reach the terminal as a control code.
std::string PrintableName(const char (&name)[UMA_LAYOUT_NAME_MAX]) {
  const char* end = std::find(name, name + UMA_LAYOUT_NAME_MAX - 1, '\0');
  std::string text(name, end);
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

// What the CPUs hold and did for one zone.
uma_layout_sums SumCpus(const Image& image, size_t zone) {
  uma_layout_sums sums{};
  if (image.slots[zone] == kNoSlot) return sums;
  for (size_t cpu = 0; cpu < image.cpus.size(); cpu++) {
    const uma_layout_cache cache = {image.cpus[cpu].region, image.Entry(cpu, zone),
                                    image.Cold(cpu, zone)};
    uma_layout_add(&sums, &cache);
  }
  return sums;
}

ZoneStat MakeZone(const Image& image, size_t index, bool& sound) {
  const uma_layout_zone& zone = image.zones[index];
  const uma_layout_sums sums = SumCpus(image, index);
  const uma_layout_counts counts = uma_layout_count(&zone, &sums);
  const bool counts_keg = (zone.flags & UMA_LAYOUT_ZONE_SECONDARY) == 0;
  sound = sound && sums.torn == 0;

  ZoneStat stat;
  stat.address = image.addresses[index];
  stat.name = PrintableName(zone.name);
  stat.kind = zone.kind;
  stat.size = zone.size;
  stat.limit = zone.limit;
  stat.used = counts.used;
  stat.free = counts.cached + (counts_keg ? image.kegs[index].free_items : 0);
  stat.requests = counts.allocs;
  stat.fail = zone.fails;
  stat.sleep = zone.sleeps;
  stat.bytes = stat.used * stat.size;
  stat.working_set = zone.wss;
  return stat;
}

LargeStat MakeLarge(const uma_layout_large& large) {
  return {.used = ClampedDifference(large.allocs, large.frees),
          .used_bytes = large.used_bytes,
          .cached = large.cached_blocks,
          .cached_bytes = large.cached_bytes,
          .requests = large.allocs,
          .fail = large.fails};
}

PageStat MakePages(const uma_layout_pages& pages) {
  return {.reserved = pages.arena_reserved,
          .committed = pages.arena_committed,
          .runs_used = pages.runs_used,
          .runs_free_dirty = pages.runs_free_dirty,
          .purged = pages.purged_bytes,
          .purge_calls = pages.purge_calls,
          .meta_mapped = pages.meta_mapped,
          .meta_used = pages.meta_used,
          .side_mapped = pages.side_mapped};
}

void ListZones(std::vector<ZoneStat>& zones) {
  const auto others = std::stable_partition(zones.begin(), zones.end(), [](const ZoneStat& zone) {
    return zone.kind == UMA_LAYOUT_KIND_MALLOC;
  });
  std::stable_sort(zones.begin(), others,
                   [](const ZoneStat& a, const ZoneStat& b) { return a.size < b.size; });
}

uint64_t InFlight(const Image& image) {
  uint64_t count = 0;
  for (const uma_layout_zone& zone : image.zones) count += zone.ops_started - zone.ops_finished;
  return count;
}

// The last image read and whether it was the same as the one before.
struct Settled {
  Image image;
  bool still;
};

Settled ReadSettled(const Process& process, uint64_t root) {
  std::optional<Image> last;
  bool still = false;
  for (int i = 0; i < kTries; i++) {
    std::optional<Image> next;
    try {
      next = ReadImage(process, root);
    } catch (const Error&) {
      // A zone may have been destroyed under our eyes; damage is still there the last time.
      if (i == kTries - 1 || process.HasEnded()) throw;
    }
    still = last && next && SameImage(*last, *next);
    last = std::move(next);
    if (still && InFlight(*last) == 0) break;
  }
  return {std::move(*last), still};
}

}  // namespace

Snapshot TakeSnapshot(const Process& process, uint64_t root) {
  const auto [image, still] = ReadSettled(process, root);
  Snapshot snapshot;
  snapshot.pid = static_cast<uint64_t>(process.pid());
  snapshot.command = process.Command();
  snapshot.large = MakeLarge(image.root.large);
  snapshot.pages = MakePages(image.root.pages);
  snapshot.total = {.mapped = uma_layout_mapped(&image.root),
                    .resident = process.ResidentBytes(),
                    .in_use = snapshot.large.used_bytes};
  snapshot.in_flight = InFlight(image);
  bool sound = true;
  for (size_t i = 0; i < image.zones.size(); i++) {
    snapshot.zones.push_back(MakeZone(image, i, sound));
    snapshot.total.in_use += snapshot.zones.back().bytes;
  }
  snapshot.exact = still && sound && snapshot.in_flight == 0;
  ListZones(snapshot.zones);
  return snapshot;
}

}  // namespace umastat
