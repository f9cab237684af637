// SPDX-License-Identifier: BSD-2-Clause
// The columns are those of FreeBSD's `vmstat -z`, byte for byte, so that scripts for it work.
#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>

#include "tools/umastat/render.h"

namespace umastat {
namespace {

constexpr int kSizeColumnEnd = 26;  // without the colon behind the name

[[gnu::format(printf, 2, 3)]] void Append(std::string& out, const char* format, ...) {
  std::array<char, 512> line;
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
  va_end(arguments);
  out.append(line.data(), std::min(static_cast<size_t>(length), line.size() - 1));
}

void AppendHeader(std::string& out, bool series) {
  Append(out, "%-19s %7s %7s %8s %8s %8s %4s %4s %4s", "ITEM", "SIZE", "LIMIT", "USED", "FREE",
         "REQ", "FAIL", "SLEEP", "XDOM");
  if (series) Append(out, " %10s %9s", "REQ/s", "USED+-");
  out += '\n';
}

void AppendZone(std::string& out, const ZoneStat& zone, const Rates* rates) {
  const int width = std::max(1, kSizeColumnEnd - static_cast<int>(zone.name.size()));
  Append(out, "%s:%*" PRIu64 ",%7" PRIu64 ",%8" PRIu64 ",%8" PRIu64 ",%8" PRIu64, zone.name.c_str(),
         width, zone.size, zone.limit, zone.used, zone.free, zone.requests);
  // Memory domains are not modelled: no request is ever served from another one.
  Append(out, ",%4" PRIu64 ",%4" PRIu64 ",%4d", zone.fail, zone.sleep, 0);
  if (rates != nullptr) {
    const std::optional<ZoneRate> rate = rates->Of(zone);
    if (rate) {
      Append(out, ",%10.1f,%+9" PRId64, rate->requests_per_second, rate->used_change);
    } else {
      Append(out, ",%10s,%9s", "-", "-");
    }
  }
  out += '\n';
}

void AppendTail(std::string& out, const Snapshot& snapshot) {
  const LargeStat& large = snapshot.large;
  Append(out,
         "large blocks: %" PRIu64 " used, %" PRIu64 " bytes; %" PRIu64 " cached, %" PRIu64
         " bytes; %" PRIu64 " requests, %" PRIu64 " failed\n",
         large.used, large.used_bytes, large.cached, large.cached_bytes, large.requests,
         large.fail);
  const PageStat& pages = snapshot.pages;
  Append(out,
         "pages: %" PRIu64 " reserved, %" PRIu64 " committed, %" PRIu64 " in runs, %" PRIu64
         " free and dirty, %" PRIu64 " given back in %" PRIu64 " calls\n",
         pages.reserved, pages.committed, pages.runs_used, pages.runs_free_dirty, pages.purged,
         pages.purge_calls);
  Append(out, "metadata: %" PRIu64 " mapped, %" PRIu64 " used; tables: %" PRIu64 " mapped\n",
         pages.meta_mapped, pages.meta_used, pages.side_mapped);
  const TotalStat& total = snapshot.total;
  Append(out, "%stotal: %" PRIu64 " mapped, %" PRIu64 " resident, %" PRIu64 " in use",
         snapshot.exact ? "" : "~", total.mapped, total.resident, total.in_use);
  if (snapshot.in_flight != 0) {
    Append(out, " (approximate: %" PRIu64 " operations in flight)", snapshot.in_flight);
  } else if (!snapshot.exact) {
    Append(out, " (approximate: counters moved while they were read)");
  }
  out += '\n';
}

}  // namespace

std::string RenderTable(const Snapshot& snapshot, const Rates* rates) {
  std::string out;
  AppendHeader(out, rates != nullptr);
  for (const ZoneStat& zone : snapshot.zones) AppendZone(out, zone, rates);
  out += '\n';
  AppendTail(out, snapshot);
  return out;
}

}  // namespace umastat
