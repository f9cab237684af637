// SPDX-License-Identifier: BSD-2-Clause
// dlopen and dlmopen without RTLD_DEEPBIND. The flag makes a library look for its symbols in its
// own dependencies first, libc among them: it would use libc's malloc beside ours, and a block that
// crosses the border, like the result of strdup, would be given to the wrong one.
#include <dlfcn.h>
#include <stddef.h>

#include "alloc/base/options.h"
#include "alloc/heap/objects.h"
#include "alloc/uma/boot.h"
#include "preload/next.h"

namespace uma {
namespace {

// Nobody calls dlopen where there is none.
void* no_library() { return nullptr; }

void* opener(void** cache, const char* name) {
  void* function = next_function(cache, name);
  return function ? function : reinterpret_cast<void*>(&no_library);
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
  if (!(mode & RTLD_DEEPBIND) || !boot() || options.deepbind || !malloc_is_ours()) return mode;
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
  return {opener(&cache, "dlopen"), mode_for(mode)};
}

// Any other namespace has a libc of its own, whose malloc serves it alone.
Onward uma_dlmopen_onward(Lmid_t space, int mode) {
  static constinit void* cache = nullptr;
  return {opener(&cache, "dlmopen"), space == LM_ID_BASE ? mode_for(mode) : mode};
}

}  // extern "C"
}  // namespace uma
