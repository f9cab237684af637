// SPDX-License-Identifier: BSD-2-Clause
// The renderings of a snapshot: one function and one file each. They return text that ends a line.
#ifndef TOOLS_UMASTAT_RENDER_H_
#define TOOLS_UMASTAT_RENDER_H_

#include <string>

#include "tools/umastat/rates.h"
#include "tools/umastat/snapshot.h"

namespace umastat {

// `rates` is null for a single snapshot: then the columns of a series are left out. `human`: bytes
// are rounded and in K, M, G.
std::string RenderTable(const Snapshot& snapshot, const Rates* rates, bool human);
std::string RenderJson(const Snapshot& snapshot, const Rates* rates);

}  // namespace umastat

#endif  // TOOLS_UMASTAT_RENDER_H_
