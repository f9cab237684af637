// SPDX-License-Identifier: BSD-2-Clause
// What changed between two snapshots of a series.
#ifndef TOOLS_UMASTAT_RATES_H_
#define TOOLS_UMASTAT_RATES_H_

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "tools/umastat/snapshot.h"

namespace umastat {

struct ZoneRate {
  double requests_per_second;
  int64_t used_change;
};

class Rates {
 public:
  // The first of a series: nothing to compare with.
  Rates() = default;
  Rates(const Snapshot& before, const Snapshot& now, double seconds);

  // Seconds since the snapshot before; none in the first.
  std::optional<double> seconds() const { return seconds_; }
  // None for a zone that was not there before.
  std::optional<ZoneRate> Of(const ZoneStat& zone) const;

 private:
  std::optional<double> seconds_;
  std::unordered_map<uint64_t, ZoneRate> by_address_;
};

}  // namespace umastat

#endif  // TOOLS_UMASTAT_RATES_H_
