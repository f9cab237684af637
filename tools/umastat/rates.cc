// SPDX-License-Identifier: BSD-2-Clause
#include "tools/umastat/rates.h"

namespace umastat {

Rates::Rates(const Snapshot& before, const Snapshot& now, double seconds) : seconds_(seconds) {
  std::unordered_map<uint64_t, const ZoneStat*> old;
  for (const ZoneStat& zone : before.zones) old.emplace(zone.address, &zone);
  for (const ZoneStat& zone : now.zones) {
    const auto found = old.find(zone.address);
    if (found == old.end()) continue;
    const ZoneStat& last = *found->second;
    // Requests never fall: this is another zone in the place of the old one.
    if (last.name != zone.name || last.requests > zone.requests) continue;
    const ZoneRate rate{static_cast<double>(zone.requests - last.requests) / seconds,
                        static_cast<int64_t>(zone.used - last.used)};
    by_address_.emplace(zone.address, rate);
  }
}

std::optional<ZoneRate> Rates::Of(const ZoneStat& zone) const {
  const auto found = by_address_.find(zone.address);
  if (found == by_address_.end()) return std::nullopt;
  return found->second;
}

}  // namespace umastat
