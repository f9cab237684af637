// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/dbg.h"

#include "alloc/base/log.h"
#include "alloc/base/report.h"
#include "alloc/uma/pages.h"
#include "alloc/uma/registry.h"

namespace uma {

// Hidden, but not of this file alone: the static archives have one list of their symbols.
extern "C" {
__thread uint32_t uma_nosleep_depth = 0;
}

namespace {

constexpr uint32_t kFill = 0xdeadc0de;  // the kernel's
constexpr unsigned kCallers = 64;       // that were named

constinit uint64_t filled = 0;
constinit uint64_t skipped = 0;
constinit const void* named[kCallers] = {};

// Of the items of a keg the same ones every time.
bool is_chosen(const Keg* keg, const void* item) {
  return options.trash <= 1 || addr(item) / keg->pub.rsize % options.trash == 0;
}

unsigned words(const Keg* keg) { return unsigned(keg->size / sizeof(uint32_t)); }

const char* name_of(const Keg* keg) {
  for (Zone* zone = registry_first(); zone; zone = registry_next(zone))
    if (zone->keg == keg) return zone->pub.name;
  return "?";
}

bool first_time(const void* caller) {
  for (const void*& slot : named) {
    const void* seen = load_relaxed(slot);
    if (seen == caller) return false;
    if (!seen && replace_acquire(slot, nullptr, caller)) return true;
  }
  return false;
}

}  // namespace

void dbg_fill(const Keg* keg, void* item) {
  assert_held(keg->lock);
  if (!is_chosen(keg, item)) return locked_add(skipped);
  auto* word = static_cast<uint32_t*>(item);
  for (unsigned i = 0; i < words(keg); i++) word[i] = kFill;
  locked_add(filled);
}

void dbg_verify(Keg* keg, const void* item) {
  assert_held(keg->lock);
  if (!is_chosen(keg, item)) return;
  auto* word = static_cast<const uint32_t*>(item);
  for (unsigned i = 0; i < words(keg); i++) {
    if (word[i] == kFill) continue;
    keg->lock.unlock();  // the program's handler of SIGABRT may allocate
    report::modified_after_free(addr(item), name_of(keg), i * sizeof(uint32_t), word[i]);
  }
}

void dbg_check(Zone* zone, const void* item, const char* function) {
  if (!zone->keg) return;
  const Caller caller{function, zone->pub.name};
  zone->keg->lock.lock();
  Slab* slab = slab_find(zone->keg, item);
  if (slab) slab_check(zone->keg, slab, item, caller);
  zone->keg->lock.unlock();
  if (!slab) report::wrong_zone(function, addr(item), zone->pub.name);
}

void dbg_may_sleep(const Zone* zone, const void* caller) {
  if (likely(!uma_nosleep_depth) || !first_time(caller)) return;
  Line line;
  line.text("uma: M_WAITOK in a section that must not sleep: zone ").text(zone->pub.name);
  line.text(", called from ").hex(addr(caller)).write_stderr();
}

uint64_t dbg_filled() { return load_relaxed(filled); }
uint64_t dbg_skipped() { return load_relaxed(skipped); }

extern "C" {
UMA_EXPORT void uma_nosleep_enter() { uma_nosleep_depth++; }
UMA_EXPORT void uma_nosleep_exit() {
  UMA_ASSERT(uma_nosleep_depth > 0);
  uma_nosleep_depth--;
}
}  // extern "C"

}  // namespace uma
