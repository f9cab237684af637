// SPDX-License-Identifier: BSD-2-Clause
#include "tools/umastat/order.h"

#include <algorithm>
#include <array>

#include "tools/umastat/error.h"

namespace umastat {
namespace {

struct Column {
  const char* name;
  uint64_t ZoneStat::* value;
};

constexpr std::array kNumbers = {
    Column{"bytes", &ZoneStat::bytes}, Column{"used", &ZoneStat::used},
    Column{"free", &ZoneStat::free},   Column{"req", &ZoneStat::requests},
    Column{"fail", &ZoneStat::fail},   Column{"size", &ZoneStat::size},
};

}  // namespace

const char kColumns[] = "bytes, used, free, req, fail, size, item or list";

void SortZones(std::vector<ZoneStat>& zones, const std::string& column) {
  if (column == "list") return;
  if (column == "item") {
    std::stable_sort(zones.begin(), zones.end(),
                     [](const ZoneStat& a, const ZoneStat& b) { return a.name < b.name; });
    return;
  }
  for (const Column& number : kNumbers) {
    if (column != number.name) continue;
    std::stable_sort(zones.begin(), zones.end(), [&](const ZoneStat& a, const ZoneStat& b) {
      return a.*number.value > b.*number.value;
    });
    return;
  }
  throw Error("'" + column + "' is not a column to sort by: " + kColumns);
}

}  // namespace umastat
