// SPDX-License-Identifier: BSD-2-Clause
// The columns are those of FreeBSD's `vmstat -z`, byte for byte, so that scripts for it work, and
// the bytes in use behind them.
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

// A number of bytes: as it is, or about, in the largest unit that leaves a number above 1.
class Bytes {
 public:
  explicit Bytes(bool human) : human_(human) {}

  std::string operator()(uint64_t bytes) const {
    constexpr const char* kUnits = "KMGTPE";
    std::string text;
    if (!human_ || bytes < 1024) {
      Append(text, "%" PRIu64, bytes);
      return text;
    }
    double amount = static_cast<double>(bytes) / 1024;
    size_t unit = 0;
    for (; amount >= 1023.5; unit++) amount /= 1024;
    Append(text, amount < 9.95 ? "%.1f%c" : "%.0f%c", amount, kUnits[unit]);
    return text;
  }

 private:
  bool human_;
};

void AppendHeader(std::string& out, bool series) {
  Append(out, "%-19s %7s %7s %8s %8s %8s %4s %4s %4s %12s", "ITEM", "SIZE", "LIMIT", "USED", "FREE",
         "REQ", "FAIL", "SLEEP", "XDOM", "BYTES");
  if (series) Append(out, " %10s %9s", "REQ/s", "USED+-");
  out += '\n';
}

void AppendZone(std::string& out, const ZoneStat& zone, const Rates* rates, const Bytes& bytes) {
  const int width = std::max(1, kSizeColumnEnd - static_cast<int>(zone.name.size()));
  Append(out, "%s:%*" PRIu64 ",%7" PRIu64 ",%8" PRIu64 ",%8" PRIu64 ",%8" PRIu64, zone.name.c_str(),
         width, zone.size, zone.limit, zone.used, zone.free, zone.requests);
  // Memory domains are not modelled: no request is ever served from another one.
  Append(out, ",%4" PRIu64 ",%4" PRIu64 ",%4d,%12s", zone.fail, zone.sleep, 0,
         bytes(zone.bytes).c_str());
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

void AppendTail(std::string& out, const Snapshot& snapshot, const Bytes& bytes) {
  const LargeStat& large = snapshot.large;
  Append(out,
         "large blocks: %" PRIu64 " used, %s bytes; %" PRIu64 " cached, %s bytes; %" PRIu64
         " requests, %" PRIu64 " failed\n",
         large.used, bytes(large.used_bytes).c_str(), large.cached,
         bytes(large.cached_bytes).c_str(), large.requests, large.fail);
  const PageStat& pages = snapshot.pages;
  Append(
      out,
      "pages: %s reserved, %s committed, %s in runs, %s free and dirty, %s given back in %" PRIu64
      " calls\n",
      bytes(pages.reserved).c_str(), bytes(pages.committed).c_str(), bytes(pages.runs_used).c_str(),
      bytes(pages.runs_free_dirty).c_str(), bytes(pages.purged).c_str(), pages.purge_calls);
  Append(out, "metadata: %s mapped, %s used; tables: %s mapped\n", bytes(pages.meta_mapped).c_str(),
         bytes(pages.meta_used).c_str(), bytes(pages.side_mapped).c_str());
  const TotalStat& total = snapshot.total;
  Append(out, "%stotal: %s mapped, %s resident, %s in use", snapshot.exact ? "" : "~",
         bytes(total.mapped).c_str(), bytes(total.resident).c_str(), bytes(total.in_use).c_str());
  if (snapshot.in_flight != 0) {
    Append(out, " (approximate: %" PRIu64 " operations in flight)", snapshot.in_flight);
  } else if (!snapshot.exact) {
    Append(out, " (approximate: counters moved while they were read)");
  }
  out += '\n';
}

}  // namespace

std::string RenderTable(const Snapshot& snapshot, const Rates* rates, bool human) {
  const Bytes bytes(human);
  std::string out;
  AppendHeader(out, rates != nullptr);
  for (const ZoneStat& zone : snapshot.zones) AppendZone(out, zone, rates, bytes);
  out += '\n';
  AppendTail(out, snapshot, bytes);
  return out;
}

}  // namespace umastat
