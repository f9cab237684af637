// SPDX-License-Identifier: BSD-2-Clause
// Pages: the arena, its page map and slab headers, runs of granules.
//
// The arena is one contiguous range that grows upward; granule i of it has entry i in the page map
// (16 bits, read by the fast path of free) and header i in the table of headers, beside the arena:
// item memory is never touched for bookkeeping. Runs are cut from spans of 2 MiB. All functions are
// thread-safe (one page lock) unless they say otherwise.
#ifndef UMA_PAGE_PAGE_H_
#define UMA_PAGE_PAGE_H_

#include <stddef.h>
#include <stdint.h>

#include "alloc/base/layout.h"
#include "alloc/base/lock.h"
#include "alloc/base/util.h"
#include "alloc/os/hot.h"

namespace uma {

// Starts the arena; single-threaded, once. False: the system gave no memory.
bool page_start();

// How a run will be filled: the first slab of a class is often used only a little, later ones are
// used whole and are worth huge pages.
enum class Density : uint8_t { kSparse, kDense };

// A run of granules, aligned to `align` bytes (a power of two from kGranule to kSpan). `zeroed`
// tells whether it reads as zero. Null: no memory.
char* run_alloc(unsigned granules, size_t align, Density density, bool* zeroed);
// Takes back a run; its map entries must be cleared before.
void run_free(char* run, unsigned granules);

// Sets the map entries of a run (byte offset of an entry, 0: none) and what the headers say of its
// size.
void run_mark(char* run, unsigned granules, uint16_t entry_offset);

// The granule index of an address, below uma_hot.arena_limit if it lies in the arena.
inline size_t granule_of(const void* p) { return (addr(p) - uma_hot.arena_base) >> kGranuleShift; }
inline bool in_arena(const void* p) { return granule_of(p) < load_acquire(uma_hot.arena_limit); }
inline uint16_t* page_map() { return at<uint16_t>(uma_hot.arena_base - kMapBelow); }

// Of a header's 64 bytes the last 4 are this layer's; the others belong to whoever took the run.
// Only the head granule's is filled; the others say how far back it is.
inline constexpr size_t kRunHeader = 64;
struct RunSize {
  uint16_t granules;
  uint16_t back;  // granules to the head
};
extern char* run_headers;
inline RunSize* run_size(size_t granule) {
  return reinterpret_cast<RunSize*>(run_headers + (granule + 1) * kRunHeader - sizeof(RunSize));
}
// The header of the run that begins here.
inline char* run_header_at(const char* run) { return run_headers + granule_of(run) * kRunHeader; }
// The header of the run that holds p. p lies in the arena, in a run that is in use.
inline char* run_header(const void* p) {
  UMA_ASSERT(in_arena(p));
  const size_t granule = granule_of(p);
  return run_headers + (granule - run_size(granule)->back) * kRunHeader;
}
// The run that has this header.
inline char* run_memory(const char* header) {
  return at<char>(uma_hot.arena_base +
                  (size_t(header - run_headers) / kRunHeader << kGranuleShift));
}

// Gives free dirty runs back to the system until at most `keep` bytes of them are left. Returns
// the bytes given back.
size_t purge_runs(size_t keep);
// Takes the region around a run off huge pages, before parts of it are given back: the kernel would
// fill the holes again.
void run_small_pages(const char* run);
// What may stay idle without being given back: a share of the live heap.
size_t purge_allowance();
// Free dirty memory that came and went since purge_watch: the rest was idle all the time.
void purge_watch();
size_t purge_busy();
// Takes spans of which a part was free all the time since purge_watch off huge pages, which keep
// the free part resident: it is dirty then. Returns the bytes.
size_t purge_split();

// Somebody found more idle memory than the allowance. Read by slow operations without a lock.
extern bool idle_noted;
inline void note_idle() {
  if (!load_relaxed(idle_noted)) store_relaxed(idle_noted, true);
}

// The program limited what it may map, or locked what will be mapped: free address space goes back,
// now and from now on.
void page_limit_changed();

// For a second after the system refused address space it is given back eagerly.
bool address_pressure();
void note_address_pressure();

uma_layout_pages& page_counters();
void page_locks(LockVisitor visit);

}  // namespace uma

#endif  // UMA_PAGE_PAGE_H_
