// SPDX-License-Identifier: BSD-2-Clause
// One cache entry per zone and CPU: a bounded stack of item pointers, changed by restartable
// sequences, so that the owner CPU needs neither lock nor atomic instruction.
//
//   uma_percpu_table      the region of CPU 1, one mapping
//   +----------+
//   | CPU 0    |          | cold 2 | cold 1 | cold 0 | entry 0 | entry 1 | entry 2 | ... | arrays |
//   | CPU 1  --+--------- region --------------------^              |
//   | not seen-+--.            |                                    | top
//   +----------+  |            | start, cap                         v
//                 |            '------> | 0 | item | item | item |   |   | F |   array of entry 1
//                 |                    empty mark                     full tag
//                 v
//   the sentinel: | entry 0 | entry 1 | entry 2 | ...   all without an array: each top points here
//                                                                   v
//                                                             | 0 | F |   empty and full at once
//
// A pop takes what lies below top, if that is not 0; a push writes to where top points, if no F is
// there. An entry without an array looks the same in a region, so both leave the fast path.
//
// Who may call: any thread, any time after the object is relocated; before percpu_start every CPU
// maps to the sentinel region, whose entries are both empty and full. Locks are named where a
// function takes one or wants one held.
#ifndef UMA_PERCPU_PERCPU_H_
#define UMA_PERCPU_PERCPU_H_

#include <stddef.h>
#include <stdint.h>

#include "alloc/base/config.h"
#include "alloc/base/layout.h"
#include "alloc/base/lock.h"
#include "alloc/base/offsets.h"
#include "alloc/os/hot.h"

namespace uma {

// An entry as the owner sees it.
struct Entry {
  void** top;
  uint64_t allocs;
};
static_assert(sizeof(Entry) == sizeof(uma_layout_entry) && sizeof(Entry) == 16);

// 48 bytes of TLS at most. The first 32 have the shape of the kernel's rseq area.
struct PercpuTls {
  uint32_t cpu_id_start;
  int32_t cpu_id;
  uint64_t rseq_cs;
  uint64_t unused[2];
  uint32_t aborts;
  uint32_t claim_wait;  // slow operations until the next try to claim a virtual CPU, or never again
};
static_assert(offsetof(PercpuTls, aborts) == UMA_TLS_ABORTS);

// A CPU's private structure. Its lock covers all but what the sections change.
struct Cpu {
  Lock lock{Rank::kCpu};
  char* region = nullptr;   // address of entry 0
  uint32_t array_next = 0;  // bump pointer, in words from the region
  uint32_t array_end = 0;
  uint32_t free_arrays[kArrayMaxShift + 1] = {};  // chained through slot 0
  uint64_t cap_bytes = 0;                         // sum of cap * size over attached arrays
  uint16_t clock = 0;                             // counts slow-path visits
  uint32_t* watched = nullptr;                    // pops of each entry when last looked at
  unsigned watched_entries = 0;
  unsigned id = 0;
  Cpu* next = nullptr;  // seen before
};

// An entry's byte offset in a region, as the assembly and the page map have it.
inline constexpr size_t offset_of_entry(unsigned index) { return index * sizeof(Entry); }
inline constexpr unsigned entry_of_offset(size_t offset) {
  return unsigned(offset / sizeof(Entry));
}
inline Entry* entry_at(char* region, unsigned index) {
  return reinterpret_cast<Entry*>(region) + index;
}
inline uma_layout_cold* cold_at(char* region, unsigned index) {
  return reinterpret_cast<uma_layout_cold*>(region) - (index + 1);
}

// Discovers rseq or sets up virtual CPUs; single-threaded, once. False: no memory.
bool percpu_start();
// The Cpu of this thread, created on first use with the regions lock held; null where the thread
// has none (no rseq area, or more threads than virtual CPUs): use the locked Cpu instead.
Cpu* percpu_self();
// The same without creating anything: null also for a CPU not seen yet.
Cpu* percpu_current();
// The Cpu that threads without one of their own share; taken with its lock held for each access.
// Created on first use, like the others.
Cpu* percpu_shared();
unsigned percpu_entries();     // entries in use are below
unsigned percpu_limit();       // CPUs that can exist
Cpu* percpu_get(unsigned id);  // null: never seen
Cpu* percpu_first();           // of those seen; never removed, readable without a lock
unsigned percpu_seen();
uma_layout_cpu* percpu_published();  // [percpu_limit() + 1], the last is the shared one
bool percpu_has_rseq();
// Where another process or thread runs with thread-local memory that the kernel does not know of
// as an area of restartable sequences (alloc/percpu/unregistered.cc), that memory names no CPU:
// operations use the shared one, under its lock. No lock is taken.
// The memory of the calling thread, until percpu_resume; false: for good, or it was so before.
bool percpu_pause();
void percpu_resume();
// The memory at that thread pointer, which nobody uses yet, for good.
void percpu_disown(void* thread_pointer);
// Unmaps what the regions have for arrays that are not made yet, but for a part of it.
void percpu_trim_regions();
// Makes entry `index` usable in every region, present and future. Takes the drain and the regions
// lock. False: no memory.
bool percpu_add_entry(unsigned index);

// Attaches an array with room for `cap` items (rounded to 2^k - 2) to an entry, or moves the
// entry's items to one. cpu->lock held. False: no room, or the items do not fit; nothing changed.
bool percpu_resize(Cpu* cpu, unsigned index, unsigned cap);
// Detaches an empty array. cpu->lock held.
bool percpu_detach(Cpu* cpu, unsigned index);
// The same for a stopped CPU; an array that is not empty stays.
void percpu_drop(Cpu* cpu, unsigned index);
// Makes an entry as new: no array, counters at their start. Nobody uses it; cpu->lock held.
void percpu_reset(Cpu* cpu, unsigned index);

// Runs `visit` with exclusive access to one CPU's entries: nobody pops or pushes there meanwhile.
// Takes the drain lock. False: that CPU cannot be stopped; nothing was done.
bool percpu_stop(Cpu* cpu, void (*visit)(Cpu* cpu, void* argument), void* argument);

void percpu_locks(LockVisitor visit);
// Only the calling thread lives on: virtual CPUs of others are free again.
void percpu_fork_child();

// What the assembly shares with the code.
extern "C" {
// The region of each CPU, from [2] on; [0] and [1] are sentinels for the ids -2 and -1. At a fixed
// place, so that the fast paths need not load its address.
extern const void* uma_percpu_table[kCpuIds + 3];
extern __thread PercpuTls uma_percpu_tls;
// The registered length of the rseq area, for the interposed vfork; 0: nothing to unregister.
extern uint32_t uma_rseq_length;

// The sections. `offset` is 16 times the entry index.
void* uma_percpu_pop(size_t offset);             // null: empty
int uma_percpu_push(void* item, size_t offset);  // 0 pushed, 1 full, 2 same item on top
// The same, and 2 where the item is anywhere in the array.
int uma_percpu_push_new(void* item, size_t offset);
// Both return how many items moved, -1: restarted before the commit, nothing moved.
long uma_percpu_push_items(size_t offset, void* const* items, long count);
long uma_percpu_pop_items(size_t offset, void** items, long count);
// Moves the entry's items to the array `to` of `region`. 1 done, 0 impossible, -1 restarted.
long uma_percpu_move(size_t offset, char* region, void** from, void** to);
// Called by the abort handlers: a pop was counted and then restarted. The zone layer defines it.
void uma_percpu_correct(size_t offset);
}

}  // namespace uma

#endif  // UMA_PERCPU_PERCPU_H_
