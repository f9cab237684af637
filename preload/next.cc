// SPDX-License-Identifier: BSD-2-Clause
#include "preload/next.h"

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
  void* function = __atomic_load_n(cache, __ATOMIC_RELAXED);
  if (function) return function;
  function = find_next(name);
  __atomic_store_n(cache, function, __ATOMIC_RELAXED);
  return function;
}

}  // namespace uma
