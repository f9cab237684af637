// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/lowmem.h"

#include <errno.h>

#include "alloc/base/layout_read.h"
#include "alloc/os/published.h"
#include "alloc/page/cap.h"
#include "alloc/uma/uma.h"

namespace uma {
namespace {

constexpr unsigned kMost = 32;  // handlers: one for each library that caches something; < 64 bits

struct Handler {
  uma_lowmem_handler function;
  void* arg;
  int priority;
  unsigned number;  // its own while it is registered
};

struct State {
  Lock lock{Rank::kPool};
  Handler handlers[kMost] = {};
  unsigned count = 0;
  bool running = false;
};
constinit State state;

// Of those that were not called yet the one of the highest priority; null: none is left.
uma_lowmem_handler take_next(uint64_t* called, void** arg) {
  Guard guard(state.lock);
  int best = -1;
  for (unsigned i = 0; i < state.count; i++) {
    if (*called >> state.handlers[i].number & 1) continue;
    if (best < 0 || state.handlers[i].priority > state.handlers[unsigned(best)].priority)
      best = int(i);
  }
  if (best < 0) return nullptr;
  const Handler& handler = state.handlers[unsigned(best)];
  *called |= uint64_t{1} << handler.number;
  *arg = handler.arg;
  return handler.function;
}

// A number that no handler has.
unsigned free_number() {
  uint64_t taken = 0;
  for (unsigned i = 0; i < state.count; i++) taken |= uint64_t{1} << state.handlers[i].number;
  return unsigned(__builtin_ctzll(~taken));
}

}  // namespace

void lowmem_run(int reason) {
  if (!exchange_set(state.running)) return;
  assert_may_call_owner();
  uint64_t called = 0;
  void* arg;
  while (uma_lowmem_handler function = take_next(&called, &arg)) function(arg, reason);
  store_release(state.running, false);
}

void lowmem_locks(LockVisitor visit) { visit(state.lock); }
void lowmem_fork_child() { state.running = false; }

extern "C" {

UMA_EXPORT int uma_lowmem_register(uma_lowmem_handler function, void* arg, int priority) {
  if (!function) return errno = EINVAL, -1;
  Guard guard(state.lock);
  if (state.count == kMost) return errno = ENOMEM, -1;
  const unsigned number = free_number();
  state.handlers[state.count++] = {function, arg, priority, number};
  return 0;
}

UMA_EXPORT int uma_lowmem_deregister(uma_lowmem_handler function, void* arg) {
  Guard guard(state.lock);
  for (unsigned i = 0; i < state.count; i++) {
    if (state.handlers[i].function != function || state.handlers[i].arg != arg) continue;
    state.handlers[i] = state.handlers[--state.count];
    return 0;
  }
  return errno = ENOENT, -1;
}

UMA_EXPORT uint64_t uma_kmem_limit() { return load_relaxed(memory_cap); }
UMA_EXPORT void uma_set_kmem_limit(uint64_t bytes) { store_relaxed(memory_cap, bytes); }
UMA_EXPORT uint64_t uma_kmem_total() { return uma_layout_mapped(&uma_layout); }

}  // extern "C"

}  // namespace uma
