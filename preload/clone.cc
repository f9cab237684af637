// SPDX-License-Identifier: BSD-2-Clause
// clone. A child that shares our memory is not registered for restartable sequences, as libc would
// register a thread of its own, so the thread-local memory that it runs with must name no CPU while
// it may allocate. That holds for threads, too, that the program makes so. A child with a copy of
// our memory gets it as after fork.
#include <errno.h>
#include <sched.h>
#include <stdarg.h>

#include "alloc/base/lock.h"
#include "alloc/base/util.h"
#include "alloc/percpu/percpu.h"
#include "alloc/uma/boot.h"
#include "alloc/uma/fork.h"
#include "alloc/uma/uma.h"
#include "preload/visible.h"

namespace uma {
namespace {

using Body = int(void*);

struct Call {
  Body* body;
  void* stack;
  int flags;
  void* argument;
  void* parent_id;
  void* tls;
  void* child_id;
};

}  // namespace

extern "C" {
// The call itself. The child takes its argument from the top of its stack.
long uma_clone_call(long flags, void* stack, void* parent_id, void* child_id, void* tls,
                    Body* body);
}

namespace {

long make(const Call& call) {
  void** top = at<void*>(round_down(addr(call.stack), 16)) - 1;
  *top = call.argument;
  return uma_clone_call(call.flags, top, call.parent_id, call.child_id, call.tls, call.body);
}

constexpr size_t kThreadBlock = 4096;  // libc's description of a thread is smaller

// Memory as libc lays it out names itself in two places. Any other has no room for a CPU number.
// The libc of a static program starts its own threads here where the system has no clone3; it
// registers them, and keeps their id in that memory.
void disown(const Call& call) {
  void* const* words = static_cast<void**>(call.tls);
  if (!(call.flags & CLONE_SETTLS) || !words) return;
  if (words[0] != call.tls || words[2] != call.tls) return;
  const bool of_libc =
      (call.flags & CLONE_PARENT_SETTID) && addr(call.parent_id) - addr(call.tls) < kThreadBlock;
  if (!of_libc) percpu_disown(call.tls);
}

// The parent names no CPU until a child that it waits for is done; one that goes on beside its
// child, for good: nobody tells it when the child ends.
long share(const Call& call) {
  const bool waits = (call.flags & CLONE_VFORK) != 0;
  if ((call.flags & CLONE_SETTLS) && call.tls != __builtin_thread_pointer()) {
    disown(call);
    return make(call);
  }
  if (!waits) Lock::leave_order();
  // Virtual CPUs belong to thread-local memory: a parent that waits lends its own.
  const bool paused = (percpu_has_rseq() || !waits) && percpu_pause();
  const long child = make(call);
  if (paused && (waits || child < 0)) percpu_resume();
  return child;
}

int enter_copy(void* of_parent) {
  const Call call = *static_cast<const Call*>(of_parent);
  fork_locks_child();
  return call.body(call.argument);
}

long copy(Call call) {
  disown(call);
  fork_locks_prepare();
  Call entry = call;
  entry.body = enter_copy;
  entry.argument = &call;
  const long child = make(entry);
  fork_locks_parent();
  return child;
}

}  // namespace

extern "C" {

UMA_LIBC int clone(Body* body, void* stack, int flags, void* argument, ...) noexcept {
  if (!body || !stack) return result(-EINVAL);
  va_list list;
  va_start(list, argument);
  Call call = {body, stack, flags, argument, nullptr, nullptr, nullptr};
  call.parent_id = va_arg(list, void*);
  call.tls = va_arg(list, void*);
  call.child_id = va_arg(list, void*);
  va_end(list);
  if (!boot()) return result(make(call));
  return result((flags & CLONE_VM) ? share(call) : copy(call));
}
UMA_LIBC int __clone(Body*, void*, int, void*, ...) noexcept __attribute__((alias("clone")));

}  // extern "C"
}  // namespace uma
