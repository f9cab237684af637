// SPDX-License-Identifier: BSD-2-Clause
// Snapshots at a fixed interval.
#ifndef TOOLS_UMASTAT_SERIES_H_
#define TOOLS_UMASTAT_SERIES_H_

#include <cstdint>
#include <functional>
#include <optional>

#include "tools/umastat/process.h"
#include "tools/umastat/rates.h"
#include "tools/umastat/snapshot.h"

namespace umastat {

using Show = std::function<void(const Snapshot&, const Rates&)>;

// Shows a snapshot every `seconds`, `count` times or without end. Returns early on SIGINT and
// when the process has ended after at least one snapshot, which is said on stderr.
void RunSeries(const Process& process, uint64_t root, double seconds, std::optional<uint64_t> count,
               const Show& show);

}  // namespace umastat

#endif  // TOOLS_UMASTAT_SERIES_H_
