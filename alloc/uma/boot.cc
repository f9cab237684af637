// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/boot.h"

#include "alloc/base/options.h"
#include "alloc/os/os.h"
#include "alloc/os/published.h"
#include "alloc/page/cap.h"
#include "alloc/uma/registry.h"

namespace uma {
namespace {

constinit bool up = false;
constinit bool pages_up = false;

bool boot_locked() {
  assert_held(registry_lock());
  if (up) return true;
  if (const char* text = os::environment("UMA_OPTIONS")) options_parse(text);
  if (options.help) options_help();
  options.help = false;
  memory_cap = options.kmem_limit;
  if (options.kmem_limit_cgroup && os::cgroup_limit() != ~uint64_t{0})
    memory_cap = os::cgroup_limit();
  pages_up = pages_up || page_start();
  if (!pages_up || !percpu_start()) return false;
  uma_layout.cpu_count = percpu_limit() + 1;
  uma_layout.cpus = addr(percpu_published());
  uma_layout.rseq = percpu_has_rseq();
  uma_layout.pid = os::pid();
  store_release(up, true);
  return true;
}

}  // namespace

bool boot() {
  if (likely(load_acquire(up))) return true;
  Guard guard(registry_lock());
  return boot_locked();
}

}  // namespace uma
