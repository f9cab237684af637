// SPDX-License-Identifier: BSD-2-Clause
// The items of one slab: a bump index for those never handed out, a bitmap for those that came
// back. The keg's lock is held by every caller.
#ifndef UMA_UMA_SLAB_H_
#define UMA_UMA_SLAB_H_

#include "alloc/uma/keg.h"

namespace uma {

// The header of a slab, which is that of its run.
struct Slab : ListNode {
  Keg* keg;          // null: no slab
  uint64_t* bitmap;  // returned items; points at inline_bits where 64 bits are enough
  uint64_t inline_bits;
  uint64_t punched;     // units of the run that were given back to the system
  uint32_t free_items;  // not handed out: returned ones and those above bump
  uint32_t bump;        // items from here on were never handed out
  uint8_t bin;          // which of the keg's lists holds it
  bool zeroed;          // the run came zeroed and no item ever came back
  bool unscanned;       // an item came back since its pages were last looked through
  uint8_t unused;
  RunSize run;  // the page layer's
};
static_assert(sizeof(Slab) == kRunHeader);

// The slab that holds p. p lies in the arena, in a run that is in use.
inline Slab* slab_of(const void* p) { return reinterpret_cast<Slab*>(run_header(p)); }
char* own_slab_memory(const Slab* slab);  // own_pages.h
inline char* slab_memory(const Keg* keg, const Slab* slab) {
  if (unlikely(keg->own != nullptr)) return own_slab_memory(slab);
  return run_memory(reinterpret_cast<const char*>(slab));
}

bool slab_get_bitmap(Keg* keg, Slab* slab);  // false: no memory
void slab_release_bitmap(Keg* keg, Slab* slab);

// Takes up to `count` items, lowest addresses first, pages that were given back last.
unsigned slab_alloc_items(Keg* keg, Slab* slab, void** items, unsigned count);
// Takes an item back; aborts where it is not one or is free already.
void slab_free_item(Keg* keg, Slab* slab, void* item, const Caller& caller);
// Aborts unless p is an item that is handed out (or cached outside the keg).
void slab_check(Keg* keg, Slab* slab, const void* p, const Caller& caller);
// Whether p is an item of the keg that is not handed out. Without the lock: while p is handed out
// its slab stays what it is, and p's bit as well. What orders this before a later end of the slab
// are the sections of the CPUs, which ThreadSanitizer does not see.
[[gnu::no_sanitize_thread]] bool slab_has(const Keg* keg, const void* p);
// The count of an item in a keg with UMA_ZONE_REFCNT; null: p is none.
uint32_t* slab_refcnt(const Keg* keg, Slab* slab, const void* p);
// Whether an item just taken reads as zero.
bool slab_fresh(const Keg* keg, const Slab* slab, const void* item);
// Bytes of a wholly free slab that slab_count_idle counted: items that came back, less punched
// pages.
size_t slab_idle(const Keg* keg, const Slab* slab);
// The same of any slab.
size_t slab_idle_bytes(const Keg* keg, const Slab* slab);
// Moves the keg's counts of idle bytes and of those among them in unscanned slabs.
void slab_count_idle(Keg* keg, ptrdiff_t idle, ptrdiff_t unscanned);
// Brings the sums over all kegs up to date, before the lock is released: once for a batch, because
// all CPUs write there.
void slab_show_idle(Keg* keg);
// Unscanned bytes of all kegs.
size_t slab_unscanned_total();
// The same for bytes of one slab.
inline void slab_idle_by(Keg* keg, const Slab* slab, ptrdiff_t by) {
  slab_count_idle(keg, by, slab->unscanned ? by : 0);
}
// Gives back pages on which no item is handed out, about `most` bytes; returns the bytes.
// `complete` tells whether there are no more.
size_t slab_punch(Keg* keg, Slab* slab, size_t most, bool* complete);

void slab_pool_locks(LockVisitor visit);  // of the pools of bitmaps, for fork

}  // namespace uma

#endif  // UMA_UMA_SLAB_H_
