// SPDX-License-Identifier: BSD-2-Clause
// dlopen and dlmopen without RTLD_DEEPBIND. The flag makes a library look for its symbols in its
// own dependencies first, libc among them: it would use libc's malloc beside ours, and a block that
// crosses the border, like the result of strdup, would be given to the wrong one.
#include <dlfcn.h>
#include <stddef.h>

#include "alloc/base/options.h"
#include "alloc/heap/objects.h"
#include "alloc/uma/zone.h"

namespace uma {
namespace {

// Behind ours: another library may stand between us and libc.
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

// Nobody calls dlopen where there is none.
void* no_library() { return nullptr; }

// Looked for once; two threads that do find the same.
void* next_function(void** cache, const char* name) {
  void* function = __atomic_load_n(cache, __ATOMIC_RELAXED);
  if (function) return function;
  function = find_next(name);
  if (!function) return reinterpret_cast<void*>(&no_library);
  __atomic_store_n(cache, function, __ATOMIC_RELAXED);
  return function;
}

// A program may have a malloc of its own, or another allocator may be in front of us. A library
// that only watches malloc, and passes on to us, has no malloc_usable_size.
bool malloc_is_ours() {
  bool ours = false;
  bool program = true;
  each_object([&](const Object& object) {
    ours = is_this_object(object);
    const bool other =
        !ours && object.function("malloc") && (program || object.function("malloc_usable_size"));
    program = false;
    return ours || other;
  });
  return ours;
}

int mode_for(int mode) {
  if (!(mode & RTLD_DEEPBIND) || !uma_boot() || options.deepbind || !malloc_is_ours()) return mode;
  return mode & ~RTLD_DEEPBIND;
}

}  // namespace

extern "C" {

// What the assembly jumps to, and with which mode.
struct Onward {
  void* function;
  long mode;
};
Onward uma_dlopen_onward(int mode);
Onward uma_dlmopen_onward(Lmid_t space, int mode);

Onward uma_dlopen_onward(int mode) {
  static constinit void* cache = nullptr;
  return {next_function(&cache, "dlopen"), mode_for(mode)};
}

// Any other namespace has a libc of its own, whose malloc serves it alone.
Onward uma_dlmopen_onward(Lmid_t space, int mode) {
  static constinit void* cache = nullptr;
  return {next_function(&cache, "dlmopen"), space == LM_ID_BASE ? mode_for(mode) : mode};
}

}  // extern "C"
}  // namespace uma
