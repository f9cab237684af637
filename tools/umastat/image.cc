// SPDX-License-Identifier: BSD-2-Clause
#include "tools/umastat/image.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <utility>

#include "tools/umastat/error.h"

namespace umastat {
namespace {

// Bounds that no sound process comes near; they keep a damaged one from filling our memory.
constexpr uint32_t kMaxCpus = 65536;
constexpr size_t kMaxZones = 65536;
constexpr uint32_t kMaxEntry = 65535;
constexpr size_t kMaxCells = size_t{4} << 20;  // zones times CPUs

[[noreturn]] void Corrupt(const Process& process, const std::string& what) {
  throw Error("process " + std::to_string(process.pid()) + ": corrupt data: " + what);
}

void ReadRoot(const Process& process, uint64_t address, Image& image) {
  image.root = process.Read<uma_layout>(address);
  const uma_layout& root = image.root;
  if (root.magic != UMA_LAYOUT_MAGIC || root.version != UMA_LAYOUT_VERSION) {
    Corrupt(process, "the layout has gone");
  }
  if (root.size != sizeof(uma_layout) || root.zone_size != sizeof(uma_layout_zone) ||
      root.keg_size != sizeof(uma_layout_keg)) {
    Corrupt(process, "structure sizes do not belong to layout version " +
                         std::to_string(UMA_LAYOUT_VERSION));
  }
  if (root.cpu_count > kMaxCpus) {
    Corrupt(process, "a CPU count of " + std::to_string(root.cpu_count));
  }
}

void ReadCpus(const Process& process, Image& image) {
  image.cpus.resize(image.root.cpu_count);
  const Piece piece{image.root.cpus, image.cpus.data(), image.cpus.size() * sizeof(uma_layout_cpu)};
  process.Read(std::span(&piece, 1));
  std::erase_if(image.cpus, [](const uma_layout_cpu& cpu) { return cpu.region == 0; });
}

void ReadZones(const Process& process, Image& image) {
  std::unordered_set<uint64_t> seen;
  for (uint64_t at = image.root.zones; at != 0; at = image.zones.back().next) {
    if (!seen.insert(at).second) Corrupt(process, "the list of zones is a cycle");
    if (seen.size() > kMaxZones) Corrupt(process, "the list of zones does not end");
    image.addresses.push_back(at);
    image.zones.push_back(process.Read<uma_layout_zone>(at));
    if (image.zones.back().entry > kMaxEntry) {
      Corrupt(process, "a per-CPU entry of number " + std::to_string(image.zones.back().entry));
    }
  }
}

void ReadKegs(const Process& process, Image& image) {
  image.kegs.resize(image.zones.size());
  std::vector<Piece> pieces;
  for (size_t i = 0; i < image.zones.size(); i++) {
    if (image.zones[i].keg == 0) continue;
    pieces.push_back({image.zones[i].keg, &image.kegs[i], sizeof(uma_layout_keg)});
  }
  process.Read(pieces);
}

// Neighbouring entries are fetched in one piece: the size classes of malloc are neighbours.
void ReadEntries(const Process& process, Image& image) {
  std::vector<std::pair<uint32_t, size_t>> order;  // entry, zone
  for (size_t i = 0; i < image.zones.size(); i++) {
    if (image.zones[i].entry != 0) order.emplace_back(image.zones[i].entry, i);
  }
  std::sort(order.begin(), order.end());
  image.row = order.size();
  image.slots.assign(image.zones.size(), kNoSlot);
  for (size_t slot = 0; slot < order.size(); slot++) image.slots[order[slot].second] = slot;
  if (image.cpus.size() * image.row > kMaxCells) Corrupt(process, "too many CPUs and zones");
  image.entries.resize(image.cpus.size() * image.row);
  image.colds.resize(image.entries.size());

  std::vector<Piece> pieces;
  for (size_t from = 0, to = 0; from < order.size(); from = to) {
    for (to = from + 1; to < order.size(); to++) {
      if (order[to].first != order[to - 1].first + 1) break;
    }
    const uint64_t first = order[from].first;
    const uint64_t last = order[to - 1].first;
    for (size_t cpu = 0; cpu < image.cpus.size(); cpu++) {
      const uint64_t region = image.cpus[cpu].region;
      pieces.push_back({region + sizeof(uma_layout_entry) * first,
                        &image.entries[cpu * image.row + from],
                        (to - from) * sizeof(uma_layout_entry)});
      pieces.push_back({region - sizeof(uma_layout_cold) * (last + 1),
                        &image.colds[cpu * image.row + image.row - to],
                        (to - from) * sizeof(uma_layout_cold)});
    }
  }
  process.Read(pieces);
}

template <typename T>
bool SameBytes(const std::vector<T>& a, const std::vector<T>& b) {
  static_assert(std::has_unique_object_representations_v<T>);
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

}  // namespace

Image ReadImage(const Process& process, uint64_t root) {
  Image image;
  ReadRoot(process, root, image);
  ReadCpus(process, image);
  ReadZones(process, image);
  ReadKegs(process, image);
  ReadEntries(process, image);
  return image;
}

bool SameImage(const Image& a, const Image& b) {
  static_assert(std::has_unique_object_representations_v<uma_layout>);
  return std::memcmp(&a.root, &b.root, sizeof(uma_layout)) == 0 && SameBytes(a.cpus, b.cpus) &&
         a.addresses == b.addresses && SameBytes(a.zones, b.zones) && SameBytes(a.kegs, b.kegs) &&
         SameBytes(a.entries, b.entries) && SameBytes(a.colds, b.colds);
}

}  // namespace umastat
