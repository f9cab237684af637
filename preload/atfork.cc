// SPDX-License-Identifier: BSD-2-Clause
// Handlers of fork. Ours come first, so that they take our locks after the handlers of everybody
// else took theirs: one of those may be held by a thread that waits in malloc. In a static program
// they come with the first malloc.
#include <errno.h>
#include <unistd.h>

#include "alloc/uma/boot.h"
#include "alloc/uma/fork.h"
#include "preload/next.h"
#include "preload/visible.h"

namespace uma {
extern "C" {

using Handler = void();
UMA_LIBC int __register_atfork(Handler* prepare, Handler* parent, Handler* child, void* library) {
  static constinit void* cache = nullptr;
  fork_hook();  // comes back here for ours
  auto* next =
      reinterpret_cast<decltype(&__register_atfork)>(next_function(&cache, "__register_atfork"));
  return next ? fork_register(next, prepare, parent, child, library) : ENOMEM;
}

// libc calls no handlers here. It takes no lock of its own either, nor do we take one of libc's: a
// signal handler may fork so while its thread holds any.
UMA_LIBC pid_t _Fork() noexcept {
  static constinit void* cache = nullptr;
  auto* next = reinterpret_cast<decltype(&_Fork)>(next_function(&cache, "_Fork"));
  if (!next) return result(-ENOSYS);
  if (!boot()) return next();
  fork_locks_prepare();
  const pid_t child = next();
  if (child == 0)
    fork_locks_child();
  else
    fork_locks_parent();
  return child;
}

}  // extern "C"
}  // namespace uma
