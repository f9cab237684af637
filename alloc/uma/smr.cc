// SPDX-License-Identifier: BSD-2-Clause
// Readers note the sequence at which their section began in a record of their thread. A goal is
// reached when no record holds a sequence below it. Who looks first makes all processors finish
// their stores (membarrier): a reader whose store is not seen then reads later than that, and finds
// nothing that was unlinked before.
#include "alloc/uma/smr.h"

#include <errno.h>

#include "alloc/os/meta.h"
#include "alloc/os/os.h"
#include "alloc/os/thread.h"
#include "alloc/uma/boot.h"
#include "alloc/uma/smr_zone.h"

struct uma_smr {
  uint64_t unused;  // all share one sequence
};

namespace uma {
namespace {

// Never given back: a thread that begins takes the record of one that ended.
struct Record : uma_smr_record {
  unsigned thread;  // its id
  Record* next;
};

struct State {
  Lock lock{Rank::kPool};
  Record* records = nullptr;
  uint64_t reached = 0;  // a goal that all readers have passed
};
constinit State state;
constinit Pool smr_pool{sizeof(uma_smr)};

constexpr uint64_t kPause = 50000;  // ns, between two looks of who waits

// Whether the record's section began before `goal` and goes on. A thread that is not there any more
// reads nothing.
bool blocks(const Record* record, uint64_t goal) {
  const uint64_t seq = load_acquire(record->seq);
  return seq && seq < goal && os::thread_exists(load_relaxed(record->thread));
}

bool scan(uint64_t goal) {
  if (load_acquire(state.reached) >= goal) return true;
  os::barrier_all();
  for (const Record* r = load_acquire(state.records); r; r = load_relaxed(r->next))
    if (blocks(r, goal)) return false;
  Guard guard(state.lock);
  if (state.reached < goal) store_release(state.reached, goal);
  return true;
}

// A record of this id, or of a thread that ended; none: a new one.
Record* take_record(unsigned id) {
  Guard guard(state.lock);
  for (Record* record = state.records; record; record = record->next) {
    if (record->thread != id && os::thread_exists(record->thread)) continue;
    store_relaxed(record->seq, 0);
    store_relaxed(record->thread, id);
    return record;
  }
  auto* record = static_cast<Record*>(meta_alloc(sizeof(Record), kCacheLine));
  if (!record) return nullptr;
  record->thread = id;
  record->next = state.records;
  store_release(state.records, record);
  return record;
}

}  // namespace

void smr_locks(LockVisitor visit) {
  visit(state.lock);
  visit(smr_pool.lock());
}

void smr_fork_child() {
  if (uma_smr_self) static_cast<Record*>(uma_smr_self)->thread = os::thread_id();
}

extern "C" {

UMA_EXPORT __thread uma_smr_record* uma_smr_self = nullptr;
UMA_EXPORT constinit uint64_t uma_smr_sequence = 1;

UMA_EXPORT void uma_smr_enter_first() {
  boot();
  // Without memory for a record there is no way on that is safe but to wait for some.
  Record* record;
  while (!(record = take_record(os::thread_id()))) os::thread_yield();
  uma_smr_self = record;
  smr_enter(nullptr);
}

UMA_EXPORT smr_t uma_smr_create(const char*) {
  auto* smr = boot() ? static_cast<smr_t>(smr_pool.alloc()) : nullptr;
  if (!smr) errno = ENOMEM;
  return smr;
}

UMA_EXPORT void uma_smr_destroy(smr_t smr) {
  if (smr) smr_pool.free(smr);
}

UMA_EXPORT smr_seq_t uma_smr_advance(smr_t) {
  return __atomic_add_fetch(&uma_smr_sequence, 1, __ATOMIC_SEQ_CST);
}

UMA_EXPORT int uma_smr_poll(smr_t, smr_seq_t goal, int wait) {
  if (goal > load_acquire(uma_smr_sequence)) return 0;
  uint32_t never = 0;
  while (!scan(goal)) {
    if (!wait) return 0;
    os::thread_sleep(&never, 0, kPause);
  }
  return 1;
}

UMA_EXPORT void uma_smr_synchronize(smr_t smr) { smr_poll(smr, smr_advance(smr), 1); }

}  // extern "C"

}  // namespace uma
