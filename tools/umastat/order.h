// SPDX-License-Identifier: BSD-2-Clause
// The order of the zones in what is shown.
#ifndef TOOLS_UMASTAT_ORDER_H_
#define TOOLS_UMASTAT_ORDER_H_

#include <string>
#include <vector>

#include "tools/umastat/snapshot.h"

namespace umastat {

// The columns that zones can be sorted by; "list" leaves them as a snapshot has them.
extern const char kColumns[];

// Sorts by a column, the largest first, names from A to Z; equal ones stay as they are. Throws
// Error where there is no such column.
void SortZones(std::vector<ZoneStat>& zones, const std::string& column);

}  // namespace umastat

#endif  // TOOLS_UMASTAT_ORDER_H_
