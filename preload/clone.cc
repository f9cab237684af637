// SPDX-License-Identifier: BSD-2-Clause
// clone: a child that shares our memory, and is no thread of ours, uses the thread-local memory of
// its parent's thread, but is not registered for restartable sequences. So the parent is not while
// the child may allocate: until clone returns where it waits for the child, else for good.
#include <errno.h>
#include <sched.h>
#include <stdarg.h>

#include "alloc/percpu/percpu.h"
#include "alloc/uma/uma.h"
#include "alloc/uma/zone.h"
#include "preload/next.h"
#include "preload/visible.h"

namespace uma {
namespace {

bool shares_thread(int flags) {
  return (flags & (CLONE_VM | CLONE_THREAD | CLONE_SETTLS)) == CLONE_VM;
}

}  // namespace

extern "C" {

using Body = int(void*);
UMA_LIBC int clone(Body* body, void* stack, int flags, void* argument, ...) noexcept {
  static constinit void* cache = nullptr;
  auto* next = reinterpret_cast<decltype(&clone)>(next_function(&cache, "clone"));
  if (!next) return result(-ENOSYS);
  void* more[3];  // parent's word for the id, thread-local memory, child's word
  va_list list;
  va_start(list, argument);
  for (void*& word : more) word = va_arg(list, void*);
  va_end(list);
  const bool waits = (flags & CLONE_VFORK) != 0;
  bool paused = false;
  if (shares_thread(flags) && uma_boot() && (percpu_has_rseq() || !waits)) paused = percpu_pause();
  const int child = next(body, stack, flags, argument, more[0], more[1], more[2]);
  if (paused && (waits || child < 0)) percpu_resume();
  return child;
}
UMA_LIBC int __clone(Body*, void*, int, void*, ...) noexcept __attribute__((alias("clone")));

}  // extern "C"
}  // namespace uma
