// SPDX-License-Identifier: BSD-2-Clause
// Virtual CPUs for processes without rseq (turned off, valgrind, old kernel): the same fast path
// reads a CPU number from thread-local storage, and a robust mutex makes that CPU the thread's own.
// The kernel releases the mutex of a thread that dies, so thread exit has nothing to do.
//
// A process of glibc before 2.34 that started without libpthread has no robust mutexes, and may
// load that library later. There the first thread that asks owns the one virtual CPU for good.
#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#include <new>

#include "alloc/base/util.h"
#include "alloc/os/meta.h"
#include "alloc/os/old_libc.h"
#include "alloc/os/os.h"
#include "alloc/percpu/internal.h"

namespace uma {
namespace {

constexpr unsigned kClaimPause = 256;  // slow operations between two vain tries

pthread_mutex_t* owners = nullptr;
unsigned owner_count = 0;
bool sole_owned = false;  // without robust mutexes: CPU 0 has its owner

bool has_robust_mutexes() { return &pthread_mutex_trylock && &pthread_mutex_consistent; }

// A robust mutex in libc's binary form, as pthread_mutex_init makes it. Not by calls: the process
// starts with a lock held, and a program's own functions of these names may allocate.
constexpr int kRobust = 16;
void init_owner(unsigned id) {
  owners[id] = {};
  owners[id].__data.__kind = kRobust;
  sole_owned = false;
}

bool take(unsigned id) {
  if (!has_robust_mutexes()) return id == 0 && exchange_set(sole_owned);
  const int result = pthread_mutex_trylock(&owners[id]);
  if (result == EOWNERDEAD) pthread_mutex_consistent(&owners[id]);
  return result == 0 || result == EOWNERDEAD;
}

void release(unsigned id) {
  if (has_robust_mutexes())
    pthread_mutex_unlock(&owners[id]);
  else
    store_release(sole_owned, false);
}

}  // namespace

unsigned vcpu_count(unsigned cpus) {
  if (options.cpus) return unsigned(options.cpus);
  return min(kMaxVcpus, max(64u, 2 * cpus));
}

bool vcpu_start(unsigned count) {
  owners = static_cast<pthread_mutex_t*>(meta_alloc(count * sizeof(pthread_mutex_t)));
  if (!owners) return false;
  owner_count = count;
  for (unsigned id = 0; id < count; id++) init_owner(id);
  return true;
}

int vcpu_claim() {
  PercpuTls& tls = uma_percpu_tls;
  if (tls.claim_wait) {
    if (tls.claim_wait != kNoClaim) tls.claim_wait--;
    return -1;
  }
  for (unsigned id = 0; id < owner_count; id++) {
    if (!take(id)) continue;
    if (!percpu_get(id) && !percpu_create(id)) {
      release(id);
      break;
    }
    tls.cpu_id = int32_t(id);
    return tls.cpu_id;
  }
  tls.claim_wait = kClaimPause;
  return -1;
}

bool vcpu_stop(unsigned id) { return uma_percpu_tls.cpu_id == int32_t(id) || take(id); }

void vcpu_resume(unsigned id) {
  if (uma_percpu_tls.cpu_id != int32_t(id)) release(id);
}

void vcpu_give_up() {
  PercpuTls& tls = uma_percpu_tls;
  const int32_t id = tls.cpu_id;
  tls.claim_wait = kNoClaim;
  tls.cpu_id = -1;
  if (id >= 0) release(unsigned(id));
}

void vcpu_fork_child() {
  // Only this thread lives on; what the others owned is free again.
  for (unsigned id = 0; id < owner_count; id++) init_owner(id);
  if (uma_percpu_tls.cpu_id >= 0) take(unsigned(uma_percpu_tls.cpu_id));
}

}  // namespace uma
