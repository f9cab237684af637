// SPDX-License-Identifier: BSD-2-Clause
#include "preload/next.h"

#include "alloc/base/atomic.h"
#include "alloc/heap/objects.h"

namespace uma {
namespace {

void* find_next(const char* name) {
  bool behind = false;
  void* found = nullptr;
  each_object([&](const Object& object) {
    if (behind) found = object.function(name);
    behind = behind || is_this_object(object);
    return found != nullptr;
  });
  return found;
}

}  // namespace

// Two threads that look at once find the same.
void* next_function(void** cache, const char* name) {
  void* function = load_relaxed(*cache);
  if (function) return function;
  function = find_next(name);
  store_relaxed(*cache, function);
  return function;
}

}  // namespace uma
