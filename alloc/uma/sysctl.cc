// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/sysctl.h"

#include <errno.h>
#include <string.h>

#include "alloc/base/layout_read.h"
#include "alloc/base/log.h"
#include "alloc/os/published.h"
#include "alloc/uma/boot.h"
#include "alloc/uma/dbg.h"
#include "alloc/uma/reclaim.h"
#include "alloc/uma/registry.h"
#include "alloc/uma/wait.h"

namespace uma {

namespace {

// Of a name or a text of ours; bounded, or the compiler would call libc's.
size_t length_of(const char* s) {
  constexpr size_t kMost = 512;
  size_t length = 0;
  while (length < kMost && s[length]) length++;
  return length;
}

bool same(const char* a, const char* b, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (a[i] != b[i] || !a[i]) return false;
  return true;
}

}  // namespace

void Reply::bytes(const void* from, size_t size) {
  const size_t fits = size_ < room_ ? min(size, room_ - size_) : 0;
  if (fits) memcpy(to_ + size_, from, fits);
  size_ += size;
}

void Reply::text(const char* s) { bytes(s, length_of(s) + 1); }

namespace {

constexpr char kZonePrefix[] = "vm.uma.";
constexpr size_t kNameMost = 128;  // of a whole name: a zone's has 31 bytes

struct Fixed {
  const char* name;
  void (*get)(Reply* reply);
  bool (*set)(const void* value, size_t size);  // null: read-only
};

bool set_zone_warnings(const void* value, size_t size) {
  int on;
  if (size != sizeof on) return false;
  memcpy(&on, value, sizeof on);
  set_warnings(on != 0);
  return true;
}

bool set_kmem_limit(const void* value, size_t size) {
  uint64_t bytes;
  if (size != sizeof bytes) return false;
  memcpy(&bytes, value, sizeof bytes);
  uma_set_kmem_limit(bytes);
  return true;
}

bool set_reclaim(const void* value, size_t size) {
  int request;
  if (size != sizeof request) return false;
  memcpy(&request, value, sizeof request);
  if (request < UMA_RECLAIM_DRAIN || request > UMA_RECLAIM_TRIM) return false;
  uma_reclaim(request);
  return true;
}

constexpr Fixed kFixed[] = {
    {"vm.zone_count", [](Reply* r) { r->number32(load_relaxed(uma_layout.zone_count)); }, nullptr},
    {"vm.zone_stats", stream_zones, nullptr},
    {"vm.zone_warnings", [](Reply* r) { r->number32(warnings_on()); }, set_zone_warnings},
    {"vm.uma_kmem_limit", [](Reply* r) { r->number64(uma_kmem_limit()); }, set_kmem_limit},
    {"vm.uma_kmem_total", [](Reply* r) { r->number64(uma_layout_mapped(&uma_layout)); }, nullptr},
    {"vm.debug.divisor", [](Reply* r) { r->number32(uint32_t(options.trash)); }, nullptr},
    {"vm.debug.trashed", [](Reply* r) { r->number64(dbg_filled()); }, nullptr},
    {"vm.debug.skipped", [](Reply* r) { r->number64(dbg_skipped()); }, nullptr},
    {"debug.uma_reclaim", [](Reply* r) { r->number32(0); }, set_reclaim},
};

// Of libraries on top, newest first. The creation lock covers it.
constinit uma_sysctl_set* sets = nullptr;

bool fits(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

// A zone's name as a part of a node's.
struct Part {
  char text[UMA_LAYOUT_NAME_MAX];
  explicit Part(const Zone* zone) {
    unsigned i = 0;
    for (; zone->pub.name[i]; i++) text[i] = fits(zone->pub.name[i]) ? zone->pub.name[i] : '_';
    text[i] = 0;
  }
  bool is(const char* begin, size_t length) const {
    return length < sizeof text && same(text, begin, length) && text[length] == 0;
  }
};

// How many zones before this one have the same name.
unsigned twins_before(const Zone* zone) {
  const Part name(zone);
  unsigned twins = 0;
  for (Zone* other = registry_first(); other != zone; other = registry_next(other))
    twins += strcmp(Part(other).text, name.text) == 0;
  return twins;
}

// The zone whose part of a name this is: NAME, or NAME_K for the K-th of those that come later.
Zone* zone_by_part(const char* begin, size_t length) {
  size_t digits = length;
  uint64_t k = 0, unit = 1;
  while (digits > 1 && begin[digits - 1] >= '0' && begin[digits - 1] <= '9' && unit < 1000000) {
    k += unit * uint64_t(begin[--digits] - '0');
    unit *= 10;
  }
  const bool numbered = digits < length && begin[digits - 1] == '_' && begin[digits] != '0';
  uint64_t seen = 0;
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone)) {
    const Part name(zone);
    if (name.is(begin, length)) return zone;
    if (numbered && name.is(begin, digits - 1) && seen++ == k) return zone;
  }
  return nullptr;
}

// One node that is there: where its value comes from.
struct Found {
  const Fixed* fixed = nullptr;
  Zone* zone = nullptr;
  unsigned node = 0;
  const uma_sysctl_node* added = nullptr;
  uma_sysctl_set* set = nullptr;
};

bool find_zone_node(const char* rest, Found* found) {
  const char* dot = rest;
  while (*dot && *dot != '.') dot++;
  if (!*dot) return false;
  found->zone = zone_by_part(rest, size_t(dot - rest));
  if (!found->zone) return false;
  for (unsigned i = 0; const char* name = zone_node_name(i); i++) {
    if (strcmp(name, dot + 1) != 0) continue;
    found->node = i;
    return zone_has_node(found->zone, i);
  }
  return false;
}

bool find_added(const char* name, Found* found) {
  Guard guard(creation_lock());
  for (uma_sysctl_set* set = sets; set; set = set->next) {
    for (size_t i = 0; i < set->count; i++) {
      if (strcmp(set->nodes[i].name, name) != 0) continue;
      found->added = &set->nodes[i];
      found->set = set;
      return true;
    }
  }
  return false;
}

bool find(const char* name, Found* found) {
  for (const Fixed& fixed : kFixed)
    if (strcmp(fixed.name, name) == 0) return found->fixed = &fixed, true;
  constexpr size_t kPrefix = sizeof(kZonePrefix) - 1;
  if (same(name, kZonePrefix, kPrefix) && find_zone_node(name + kPrefix, found)) return true;
  return find_added(name, found);
}

// What sysctl(3) returns for a value of which `reply` counted the bytes.
int answer(const Reply& reply, void* old, size_t* oldlen) {
  if (!oldlen) return 0;
  const size_t room = *oldlen;
  *oldlen = reply.size();
  return old && reply.size() > room ? ENOMEM : 0;
}

int read_own(const Found& found, void* old, size_t* oldlen) {
  Reply reply(old, oldlen ? *oldlen : 0);
  if (found.fixed)
    found.fixed->get(&reply);
  else
    zone_node(found.zone, found.node, &reply);
  return answer(reply, old, oldlen);
}

// No zone goes away meanwhile; a fini, which runs under that lock, may ask, too.
class Still {
 public:
  Still() : nested_(reclaim_lock().held_by_me()) {
    if (!nested_) reclaim_lock().lock();
  }
  ~Still() {
    if (!nested_) reclaim_lock().unlock();
  }
  Still(const Still&) = delete;
  Still& operator=(const Still&) = delete;

 private:
  bool nested_;
};

int by_name(const char* name, void* old, size_t* oldlen, const void* newp, size_t newlen) {
  if (!name) return EINVAL;
  if (!boot()) return ENOMEM;
  Found found;
  {
    Still still;
    if (!find(name, &found)) return ENOENT;
    if (!found.added) {
      if (newp && !(found.fixed && found.fixed->set)) return EPERM;
      if (const int error = read_own(found, old, oldlen)) return error;
    }
  }
  if (found.added) return found.added->handler(found.added->arg, old, oldlen, newp, newlen);
  return newp && !found.fixed->set(newp, newlen) ? EINVAL : 0;
}

// --- the names, one after the other ---

struct Name {
  char text[kNameMost];
  bool of_zone(const Zone* zone, unsigned node) {
    Line line;
    line.text(kZonePrefix).text(Part(zone).text);
    if (const unsigned twins = twins_before(zone)) line.text("_").number(twins);
    line.text(".").text(zone_node_name(node));
    return is(line.c_str());
  }
  bool is(const char* name) {
    size_t i = 0;
    for (; name[i] && i + 1 < sizeof text; i++) text[i] = name[i];
    text[i] = 0;
    return true;
  }
};

bool first_added(uma_sysctl_set* set, Name* name) {
  while (set && !set->count) set = set->next;
  return set && name->is(set->nodes[0].name);
}

// The first node of this zone from `node` on, or of one after it, or of those that were added.
bool zone_from(Zone* zone, unsigned node, Name* name) {
  for (; zone; zone = registry_next(zone), node = 0)
    for (; zone_node_name(node); node++)
      if (zone_has_node(zone, node)) return name->of_zone(zone, node);
  Guard guard(creation_lock());
  return first_added(sets, name);
}

bool next_name(const char* previous, Name* name) {
  if (!previous) return name->is(kFixed[0].name);
  Found found;
  if (!find(previous, &found)) return false;
  if (found.fixed) {
    const size_t next = size_t(found.fixed - kFixed) + 1;
    if (next < sizeof(kFixed) / sizeof(kFixed[0])) return name->is(kFixed[next].name);
    return zone_from(registry_first(), 0, name);
  }
  if (found.zone) return zone_from(found.zone, found.node + 1, name);
  Guard guard(creation_lock());
  const size_t next = size_t(found.added - found.set->nodes) + 1;
  if (next < found.set->count) return name->is(found.set->nodes[next].name);
  return first_added(found.set->next, name);
}

int result(int error) {
  if (!error) return 0;
  errno = error;
  return -1;
}

}  // namespace

extern "C" {

UMA_EXPORT int uma_sysctlbyname(const char* name, void* oldp, size_t* oldlenp, const void* newp,
                                size_t newlen) {
  return result(by_name(name, oldp, oldlenp, newp, newlen));
}

UMA_EXPORT int uma_sysctl_next(const char* previous, char* name, size_t size) {
  if (!name || !boot()) return result(EINVAL);
  Name next;
  {
    Still still;
    if (!next_name(previous, &next)) return result(ENOENT);
  }
  const size_t length = length_of(next.text);
  if (length >= size) return result(ENOMEM);
  memcpy(name, next.text, length + 1);
  return 0;
}

UMA_EXPORT void uma_sysctl_register(uma_sysctl_set* set) {
  Guard guard(creation_lock());
  set->next = sets;
  sets = set;
}

UMA_EXPORT void uma_sysctl_deregister(uma_sysctl_set* set) {
  Guard guard(creation_lock());
  uma_sysctl_set** link = &sets;
  while (*link && *link != set) link = &(*link)->next;
  if (*link) *link = set->next;
}

UMA_EXPORT int uma_sysctl_handle(void* value, size_t size, void* oldp, size_t* oldlenp,
                                 const void* newp, size_t newlen) {
  if (newp && newlen != size) return EINVAL;
  Reply reply(oldp, oldlenp ? *oldlenp : 0);
  reply.bytes(value, size);
  if (const int error = answer(reply, oldp, oldlenp)) return error;
  if (newp) memcpy(value, newp, size);
  return 0;
}

}  // extern "C"

}  // namespace uma
