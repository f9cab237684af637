// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/zone.h"

namespace uma {
namespace {

// zinit on items fresh from the source; those refused go back. Returns how many are left.
unsigned enter_zone(Zone* zone, void** items, unsigned count) {
  assert_may_call_owner();
  unsigned good = 0;
  while (good < count && zone->zinit(items[good], int(zone->pub.size), 0) == 0) good++;
  if (good < count)
    zone->source.release(zone->source.arg, items + good, count - good,
                         {"uma_zalloc", zone->pub.name});
  return good;
}

}  // namespace

unsigned zone_import(Zone* zone, void** items, unsigned count, bool grow) {
  const unsigned got = zone->source.import(zone->source.arg, items, count, grow);
  return zone->zinit && got ? enter_zone(zone, items, got) : got;
}

void zone_release(Zone* zone, void* const* items, unsigned count, const char* function) {
  if (zone->zfini)
    for (unsigned i = 0; i < count; i++) zone->zfini(items[i], int(zone->pub.size));
  zone->source.release(zone->source.arg, items, count, {function, zone->pub.name});
}

}  // namespace uma
