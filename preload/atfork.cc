// SPDX-License-Identifier: BSD-2-Clause
// Handlers of fork. Ours come first, so that they take our locks after the handlers of everybody
// else took theirs: one of those may be held by a thread that waits in malloc.
#include <errno.h>

#include "alloc/uma/fork.h"
#include "preload/next.h"
#include "preload/visible.h"

namespace uma {
extern "C" {

using Handler = void();
UMA_LIBC int __register_atfork(Handler* prepare, Handler* parent, Handler* child, void* library) {
  static constinit void* cache = nullptr;
  uma_start_hook();  // comes back here for ours
  auto* next =
      reinterpret_cast<decltype(&__register_atfork)>(next_function(&cache, "__register_atfork"));
  return next ? fork_register(next, prepare, parent, child, library) : ENOMEM;
}

}  // extern "C"
}  // namespace uma
