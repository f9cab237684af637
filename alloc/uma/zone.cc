// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/zone.h"

#include "alloc/uma/bypass.h"

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

bool is_special(const Zone* zone) {
  return zone->smr || (zone->keg && is_searched(zone->rsize)) || is_limited(zone) ||
         bypasses_cache(zone);
}

// Else every call goes through C++.
bool is_plain(const Zone* zone) { return !zone->ctor && !zone->dtor && !is_special(zone); }

// Waiters are granted what there is room for now.
void grant(Zone* zone) {
  Lock& lock = limit_lock(zone);
  lock.lock();
  Waiter* const chain = limit_grant(zone->limit, zone_out(zone));
  lock.unlock();
  limit_wake(chain);
}

void count_out(Zone* zone, uint64_t by) {
  {
    Guard guard(zone->lock);
    owned_add(zone->own.out, by);
  }
  if (wants_back(zone)) grant(zone);
}

}  // namespace

unsigned zone_import(Zone* zone, void** items, unsigned count, unsigned how) {
  const unsigned got = zone->source.import(zone->source.arg, items, count, how);
  return zone->zinit && got ? enter_zone(zone, items, got) : got;
}

void* zone_import_granted(Zone* zone, unsigned how) {
  void* item;
  if (zone->source.import(zone->source.arg, &item, 1, how | kGranted))
    return !zone->zinit || enter_zone(zone, &item, 1) ? item : nullptr;
  zone_give_up_grant(zone);
  return nullptr;
}

void zone_give_up_grant(Zone* zone) {
  {
    Guard guard(limit_lock(zone));
    limit_take_grant(zone->limit);
  }
  grant(zone);
}

void zone_release(Zone* zone, void* const* items, unsigned count, const char* function) {
  if (zone->zfini)
    for (unsigned i = 0; i < count; i++) zone->zfini(items[i], int(zone->pub.size));
  zone->source.release(zone->source.arg, items, count, {function, zone->pub.name});
}

// By default the limit decides. The kernel's arithmetic: half for the caches of all CPUs, the rest
// for buckets.
void zone_set_caches(Zone* zone) {
  const uint64_t max = load_relaxed(zone->limit->max);
  const uint64_t most = zone->cache_most_set ? zone->cache_most : max ? max : kNoCacheLimit;
  const bool bounded = most != kNoCacheLimit;
  const uint64_t cap = min(most / (2 * percpu_limit()), uint64_t{kArrayMaxCap});
  store_relaxed(zone->cap_most, uint16_t(cap));
  store_relaxed(zone->bucket_most, bounded ? most - cap * percpu_limit() : most);
  // Where nobody can empty the cache of another thread's CPU, a zone with a limit has none.
  store_relaxed(zone->bypass, !cap || (is_limited(zone) && !percpu_has_rseq()));
  store_relaxed(zone->special, is_special(zone));
  store_relaxed(zone->fast_offset, is_plain(zone) ? zone->offset : uint16_t{0});
  store_relaxed(zone->slow_flags, is_plain(zone) ? uint32_t{M_ZERO} : ~(uint32_t{1} << 31));
}

void zone_set_limit(Zone* zone, uint64_t max) {
  {
    Guard guard(limit_lock(zone));
    limit_set(zone->limit, max, zone_out(zone));
  }
  grant(zone);
}

unsigned own_import(void* arg, void** items, unsigned count, unsigned how) {
  Zone* zone = static_cast<Zone*>(arg);
  OwnSource& own = zone->own;
  unsigned admitted;
  {
    Guard guard(zone->lock);
    admitted = limit_admit(own.limit, own.out, count, how);
    owned_add(own.out, admitted);
  }
  if (!admitted) return 0;
  assert_may_call_owner();
  const int flags =
      M_NOWAIT | (how & kMayGrow ? 0 : M_NOVM) | (how & kMayReserve ? M_USE_RESERVE : 0);
  const int imported = own.import(own.arg, items, int(admitted), UMA_ANYDOMAIN, flags);
  const unsigned got = unsigned(max(imported, 0));
  UMA_ASSERT(got <= admitted);
  if (got && (how & kGranted)) {
    Guard guard(zone->lock);
    limit_take_grant(&own.limit);
  }
  if (got < admitted) count_out(zone, -uint64_t{admitted - got});
  return got;
}

void own_release(void* arg, void* const* items, unsigned count, const Caller&) {
  Zone* zone = static_cast<Zone*>(arg);
  // As in the kernel the owner may write to the array, which is a copy in every caller.
  zone->own.release(zone->own.arg, const_cast<void**>(items), int(count));
  count_out(zone, -uint64_t{count});
}

}  // namespace uma
