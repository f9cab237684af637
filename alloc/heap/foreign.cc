// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/heap/foreign.h"

#include "alloc/base/log.h"
#include "alloc/base/options.h"
#include "alloc/base/report.h"
#include "alloc/heap/heap.h"
#include "alloc/heap/large.h"
#include "alloc/heap/objects.h"
#include "alloc/os/os.h"
#include "alloc/uma/registry.h"
#include "alloc/uma/slab.h"

namespace uma {
namespace {

// --- the next allocator ---

struct Allocator {
  size_t (*usable_size)(void*) = nullptr;
  void (*free)(void*) = nullptr;
  void* (*realloc)(void*, size_t) = nullptr;
};

// libc, and its library for debugging, which passes on to it.
bool is_libc(const Object& object) {
  return object.is_named("libc.so.6") || object.is_named("libc_malloc_debug.so.0");
}

// A library that only watches malloc has no malloc_usable_size.
bool complete(const Object& object, Allocator* out) {
  out->usable_size = reinterpret_cast<size_t (*)(void*)>(object.function("malloc_usable_size"));
  out->free = reinterpret_cast<void (*)(void*)>(object.function("free"));
  out->realloc = reinterpret_cast<void* (*)(void*, size_t)>(object.function("realloc"));
  return out->usable_size && out->free && out->realloc;
}

Allocator find_next() {
  Allocator next;
  bool behind = false;
  each_object([&](const Object& object) {
    if (is_this_object(object)) {
      behind = true;
      return false;
    }
    return is_libc(object) || (behind && complete(object, &next));
  });
  return next.usable_size && next.free && next.realloc ? next : Allocator{};
}

// What is between us and libc is there before any code runs, so one answer is good for good. Two
// threads may look at once: they find the same.
const Allocator* next_allocator() {
  static constinit Allocator next;
  static constinit bool known = false;
  if (!load_acquire(known)) {
    const Allocator found = find_next();
    store_relaxed(next.usable_size, found.usable_size);
    store_relaxed(next.free, found.free);
    store_relaxed(next.realloc, found.realloc);
    store_release(known, true);
  }
  return next.free ? &next : nullptr;
}

// --- mistakes ---

[[noreturn]] void bad_pointer(const void* p, const char* function) {
  if (heap_map_offset(p) == offset_of_entry(kEntryUma)) {
    const Keg* keg = slab_of(p)->keg;
    const char* name = "UMA";
    for (Zone* zone = registry_first(); zone; zone = registry_next(zone))
      if (zone->keg == keg) {
        name = zone->pub.name;
        break;
      }
    report::uma_item(function, addr(p), name);
  }
  if (const uintptr_t base = large_containing(p))
    report::interior_pointer(function, addr(p), "large blocks", base);
  if (large_is_cached(p)) report::double_free(function, addr(p), "large blocks");
  report::foreign_pointer(function, addr(p));
}

// Once: a program that does it does it often.
void note_ignored(const void* p, const char* function) {
  static constinit bool said = false;
  if (!exchange_set(said)) return;
  Line line;
  line.text("uma: ignored: ").text(function).text("(").hex(addr(p));
  line.text("): not allocated here (UMA_OPTIONS=foreign:ignore; said once)").write_stderr();
}

// A pointer that nobody takes.
void refuse(const void* p, const char* function) {
  if (options.foreign != Foreign::kIgnore) bad_pointer(p, function);
  note_ignored(p, function);
}

// In memory of ours, or in none: no block of anybody's. Live mappings of ours are not looked
// through, because that takes a walk over all of them.
bool is_nobodys(const void* p) { return in_arena(p) || large_is_cached(p) || !os::readable(p); }

// Who answers for p; null: nobody.
const Allocator* owner(const void* p) {
  return options.foreign == Foreign::kAbort || is_nobodys(p) ? nullptr : next_allocator();
}

}  // namespace

size_t foreign_size(void* p, const char* function) {
  if (const Allocator* next = owner(p)) return next->usable_size(p);
  // Without a next allocator 0 is the answer that lets the caller assume nothing.
  if (options.foreign == Foreign::kAbort || is_nobodys(p) || large_containing(p))
    refuse(p, function);
  return 0;
}

void foreign_free(void* p, const char* function) {
  if (const Allocator* next = owner(p)) return next->free(p);
  refuse(p, function);
}

void* foreign_realloc(void* p, size_t size) {
  if (const Allocator* next = owner(p)) return next->realloc(p, size);
  refuse(p, "realloc");
  return nullptr;
}

}  // namespace uma
