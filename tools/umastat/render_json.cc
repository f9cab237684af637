// SPDX-License-Identifier: BSD-2-Clause
// One document on one line. The list of zones has the names and the order that FreeBSD's
// `vmstat -z --libxo json` has, and two names more; the other objects stand beside it.
#include <nlohmann/json.hpp>

#include "tools/umastat/render.h"

namespace umastat {
namespace {

using Json = nlohmann::ordered_json;

Json ZoneJson(const ZoneStat& zone, const Rates* rates) {
  Json json{{"name", zone.name},
            {"size", zone.size},
            {"limit", zone.limit},
            {"used", zone.used},
            {"free", zone.free},
            {"requests", zone.requests},
            {"fail", zone.fail},
            {"sleep", zone.sleep},
            {"xdomain", 0},
            {"bytes", zone.bytes},
            {"working-set", zone.working_set}};
  if (rates == nullptr) return json;
  if (const std::optional<ZoneRate> rate = rates->Of(zone)) {
    json["requests-per-second"] = rate->requests_per_second;
    json["used-change"] = rate->used_change;
  }
  return json;
}

Json LargeJson(const LargeStat& large) {
  return {{"used", large.used},         {"used-bytes", large.used_bytes},
          {"cached", large.cached},     {"cached-bytes", large.cached_bytes},
          {"requests", large.requests}, {"fail", large.fail}};
}

Json PagesJson(const PageStat& pages) {
  return {{"reserved", pages.reserved},
          {"committed", pages.committed},
          {"runs-used", pages.runs_used},
          {"runs-free-dirty", pages.runs_free_dirty},
          {"purged", pages.purged},
          {"purge-calls", pages.purge_calls},
          {"metadata-mapped", pages.meta_mapped},
          {"metadata-used", pages.meta_used},
          {"side-mapped", pages.side_mapped}};
}

}  // namespace

std::string RenderJson(const Snapshot& snapshot, const Rates* rates) {
  Json zones = Json::array();
  for (const ZoneStat& zone : snapshot.zones) zones.push_back(ZoneJson(zone, rates));
  Json json;
  json["memory-zone-statistics"]["zone"] = std::move(zones);
  json["large"] = LargeJson(snapshot.large);
  json["pages"] = PagesJson(snapshot.pages);
  json["total"] = {{"mapped", snapshot.total.mapped},
                   {"resident", snapshot.total.resident},
                   {"in-use", snapshot.total.in_use}};
  json["exact"] = snapshot.exact;
  json["in-flight"] = snapshot.in_flight;
  json["pid"] = snapshot.pid;
  json["command"] = snapshot.command;
  if (rates != nullptr && rates->seconds()) json["seconds"] = *rates->seconds();
  // A command name is bytes, not text: what is not UTF-8 is replaced.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace umastat
