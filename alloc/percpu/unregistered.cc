// SPDX-License-Identifier: BSD-2-Clause
// Who shares our memory but was not started by libc is not registered for restartable sequences:
// the kernel keeps no CPU number for it and interrupts its sections without a restart. Whatever
// number its thread-local memory holds is stale, so it is made an invalid one.
#include <stddef.h>
#include <string.h>

#include "alloc/base/util.h"
#include "alloc/os/os.h"
#include "alloc/percpu/internal.h"

namespace uma {
namespace {

char* area_of(void* thread_pointer) {
  return static_cast<char*>(thread_pointer) + uma_hot.rseq_offset;
}

}  // namespace

// Both modes keep the CPU number at the same place of the area.
void percpu_disown(void* thread_pointer) {
  char* area = area_of(thread_pointer);
  const int32_t id = -1;
  memcpy(area + offsetof(PercpuTls, cpu_id), &id, sizeof(id));
  if (percpu_has_rseq()) return;
  memcpy(area + offsetof(PercpuTls, claim_wait), &kNoClaim, sizeof(kNoClaim));
}

bool percpu_pause() {
  if (!percpu_has_rseq()) {
    vcpu_give_up();
    return false;
  }
  return os::rseq_register(area_of(__builtin_thread_pointer()), uma_rseq_length, false);
}

void percpu_resume() {
  os::rseq_register(area_of(__builtin_thread_pointer()), uma_rseq_length, true);
}

}  // namespace uma
