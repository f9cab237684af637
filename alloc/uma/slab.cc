// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/slab.h"

#include "alloc/base/report.h"
#include "alloc/base/words.h"
#include "alloc/os/meta.h"
#include "alloc/os/os.h"
#include "alloc/uma/dbg.h"

namespace uma {
namespace {

// Bitmaps of more than 64 items, and bitmaps with counts of references behind them, by size in
// bytes.
constinit Pool pools[] = {Pool(64),   Pool(128),  Pool(256),   Pool(512),   Pool(1024), Pool(2048),
                          Pool(4096), Pool(8192), Pool(16384), Pool(32768), Pool(65536)};

unsigned words(const Keg* keg) { return (keg->pub.ipers + 63) / 64; }
bool counts_references(const Keg* keg) { return keg->flags & UMA_ZONE_REFCNT; }
bool has_pool(const Keg* keg) { return keg->pub.ipers > 64 || counts_references(keg); }
// With the counts, in words of 64 bits.
unsigned all_words(const Keg* keg) {
  return words(keg) + (counts_references(keg) ? (keg->pub.ipers + 1) / 2 : 0);
}
unsigned pool_of(const Keg* keg) {
  unsigned i = 0;
  while ((size_t{64} << i) < all_words(keg) * sizeof(uint64_t)) i++;
  return i;
}

unsigned index_of(const Keg* keg, const Slab* slab, const void* p, bool* exact) {
  const size_t offset = addr(p) - addr(slab_memory(keg, slab));
  const unsigned index = unsigned(offset * keg->reciprocal >> kReciprocalShift);
  *exact = size_t{index} * keg->pub.rsize == offset && index < keg->pub.ipers;
  return index;
}

char* item_at(const Keg* keg, const Slab* slab, unsigned index) {
  return slab_memory(keg, slab) + size_t{index} * keg->pub.rsize;
}

// The bits of Slab::punched that an item lies on.
uint64_t item_units(const Keg* keg, unsigned index) {
  const size_t begin = size_t{index} * keg->pub.rsize;
  const unsigned first = unsigned(begin / keg->punch_unit);
  const unsigned last = unsigned((begin + keg->pub.rsize - 1) / keg->punch_unit);
  const uint64_t upto = last == 63 ? ~uint64_t{0} : (uint64_t{1} << (last + 1)) - 1;
  return upto & ~((uint64_t{1} << first) - 1);
}

// The bytes of items that came back on those of `units` that were given back to the system.
size_t punched_bytes(const Keg* keg, const Slab* slab, uint64_t units) {
  const size_t used = size_t{slab->bump} * keg->pub.rsize;
  size_t bytes = 0;
  for (uint64_t left = units & slab->punched; left; left &= left - 1) {
    const size_t begin = size_t(__builtin_ctzll(left)) * keg->punch_unit;
    if (begin < used) bytes += min(size_t{keg->punch_unit}, used - begin);
  }
  return bytes;
}

// An item on these units is about to be handed out.
void unpunch(Keg* keg, Slab* slab, uint64_t units) {
  slab_idle_by(keg, slab, ptrdiff_t(punched_bytes(keg, slab, units)));
  slab->punched &= ~units;
}

unsigned returned(const Keg* keg, const Slab* slab) {
  return slab->free_items - (keg->pub.ipers - slab->bump);
}

// Takes returned items; with `avoid` those on punched pages stay.
unsigned take_returned(Keg* keg, Slab* slab, void** items, unsigned count, bool avoid) {
  assert_held(keg->lock);
  unsigned taken = 0;
  for (unsigned word = 0; word < words(keg) && taken < count; word++) {
    uint64_t bits = slab->bitmap[word];
    while (bits && taken < count) {
      const unsigned bit = unsigned(__builtin_ctzll(bits));
      bits &= bits - 1;
      const unsigned index = word * 64 + bit;
      if (unlikely(slab->punched)) {
        const uint64_t units = item_units(keg, index);
        if (units & slab->punched) {
          if (avoid) continue;
          unpunch(keg, slab, units);
        }
      }
      if (fills_items(keg)) dbg_verify(keg, item_at(keg, slab, index));
      store_relaxed(slab->bitmap[word], slab->bitmap[word] & ~(uint64_t{1} << bit));
      items[taken++] = item_at(keg, slab, index);
    }
  }
  return taken;
}

}  // namespace

void slab_pool_locks(LockVisitor visit) {
  for (Pool& pool : pools) visit(pool.lock());
}

bool slab_get_bitmap(Keg* keg, Slab* slab) {
  slab->bitmap = &slab->inline_bits;
  if (!has_pool(keg)) return true;
  // Bitmaps are given back cleared, and new metadata is zero.
  slab->bitmap = static_cast<uint64_t*>(pools[pool_of(keg)].alloc());
  if (slab->bitmap) slab->bitmap[0] = 0;  // the pool's link lay here
  return slab->bitmap != nullptr;
}

void slab_release_bitmap(Keg* keg, Slab* slab) {
  if (!has_pool(keg)) return;
  clear_words(slab->bitmap, all_words(keg));
  pools[pool_of(keg)].free(slab->bitmap);
}

unsigned slab_alloc_items(Keg* keg, Slab* slab, void** items, unsigned count) {
  assert_held(keg->lock);
  unsigned taken = 0;
  if (returned(keg, slab)) taken = take_returned(keg, slab, items, count, slab->punched != 0);
  const unsigned reused = taken;
  const unsigned fresh = min(count - taken, keg->pub.ipers - slab->bump);
  if (unlikely(slab->punched) && fresh)
    for (unsigned i = slab->bump; i < slab->bump + fresh; i++)
      unpunch(keg, slab, item_units(keg, i));
  char* item = item_at(keg, slab, slab->bump);
  for (unsigned i = 0; i < fresh; i++, item += keg->pub.rsize) items[taken++] = item;
  store_relaxed(slab->bump, slab->bump + fresh);
  slab->free_items -= taken;
  if (reused) slab_idle_by(keg, slab, -ptrdiff_t(size_t{reused} * keg->pub.rsize));
  if (taken < count && slab->punched && returned(keg, slab)) {
    const unsigned more = take_returned(keg, slab, items + taken, count - taken, false);
    slab->free_items -= more;
    slab_idle_by(keg, slab, -ptrdiff_t(size_t{more} * keg->pub.rsize));
    taken += more;
  }
  return taken;
}

uint32_t* slab_refcnt(const Keg* keg, Slab* slab, const void* p) {
  bool exact;
  const unsigned index = index_of(keg, slab, p, &exact);
  if (!exact || !counts_references(keg)) return nullptr;
  return reinterpret_cast<uint32_t*>(slab->bitmap + words(keg)) + index;
}

bool slab_has(const Keg* keg, const void* p) {
  if (!in_arena(p) || keg->own) return false;
  const auto* slab = reinterpret_cast<const Slab*>(run_headers) + granule_of(p);
  slab -= slab->run.back;
  if (slab->keg != keg) return false;
  bool exact;
  const unsigned index = index_of(keg, slab, p, &exact);
  if (!exact) return false;
  // Not by load_relaxed, which ThreadSanitizer would see: only this function is hidden from it.
  const unsigned bump = __atomic_load_n(&slab->bump, __ATOMIC_RELAXED);
  const uint64_t bits = __atomic_load_n(&slab->bitmap[index / 64], __ATOMIC_RELAXED);
  return index >= bump || (bits >> (index % 64) & 1);
}

namespace {

bool is_free(const Slab* slab, unsigned index) {
  return index >= slab->bump || (slab->bitmap[index / 64] >> (index % 64) & 1);
}

[[gnu::cold, gnu::noinline, noreturn]] void reject(Keg* keg, const Slab* slab, const void* p,
                                                   unsigned index, bool exact,
                                                   const Caller& caller) {
  keg->lock.unlock();  // the program's handler of SIGABRT may allocate
  if (exact) report::double_free(caller.function, addr(p), caller.zone);
  report::interior_pointer(caller.function, addr(p), caller.zone, addr(item_at(keg, slab, index)));
}

// The index of p, an item that is handed out; aborts where it is not.
unsigned checked_index(Keg* keg, const Slab* slab, const void* p, const Caller& caller) {
  assert_held(keg->lock);
  bool exact;
  const unsigned index = index_of(keg, slab, p, &exact);
  if (unlikely(!exact || is_free(slab, index))) reject(keg, slab, p, index, exact, caller);
  return index;
}

}  // namespace

void slab_check(Keg* keg, Slab* slab, const void* p, const Caller& caller) {
  checked_index(keg, slab, p, caller);
}

void slab_free_item(Keg* keg, Slab* slab, void* item, const Caller& caller) {
  const unsigned index = checked_index(keg, slab, item, caller);
  uint64_t& bits = slab->bitmap[index / 64];
  store_relaxed(bits, bits | uint64_t{1} << (index % 64));
  slab->free_items++;
  slab->zeroed = false;
  if (fills_items(keg)) dbg_fill(keg, item);
}

bool slab_fresh(const Keg* keg, const Slab* slab, const void* item) {
  assert_held(keg->lock);
  // The newest bump item of a run that came zeroed and whose items never came back.
  bool exact;
  return slab->zeroed && index_of(keg, slab, item, &exact) + 1 == slab->bump;
}

size_t slab_idle(const Keg* keg, const Slab* slab) {
  return size_t{slab->bump} * keg->pub.rsize - punched_bytes(keg, slab, slab->punched);
}

size_t slab_idle_bytes(const Keg* keg, const Slab* slab) {
  const size_t free = size_t{returned(keg, slab)} * keg->pub.rsize;
  return free - min(free, punched_bytes(keg, slab, slab->punched));
}

namespace {
constinit uint64_t unscanned_total = 0;

// Punched pages hold parts of items, so a sum may come out a little below zero.
void move(size_t& count, ptrdiff_t by) { count += by < 0 ? -min(count, size_t(-by)) : size_t(by); }

void show(size_t count, size_t& shown, uint64_t& total) {
  if (count == shown) return;
  locked_add(total, uint64_t{count - shown});
  shown = count;
}
}  // namespace

size_t slab_unscanned_total() { return load_relaxed(unscanned_total); }

void slab_count_idle(Keg* keg, ptrdiff_t idle, ptrdiff_t unscanned) {
  assert_held(keg->lock);
  move(keg->idle_bytes, idle);
  move(keg->unscanned_bytes, unscanned);
  keg->unscanned_low = min(keg->unscanned_low, keg->unscanned_bytes);
}

void slab_show_idle(Keg* keg) {
  assert_held(keg->lock);
  show(keg->idle_bytes, keg->idle_shown, page_counters().slab_idle);
  show(keg->unscanned_bytes, keg->unscanned_shown, unscanned_total);
}

namespace {

// Whether items first..last are all back in the slab.
bool all_returned(const Slab* slab, unsigned first, unsigned last) {
  for (unsigned word = first / 64; word <= last / 64; word++) {
    uint64_t mask = ~uint64_t{0};
    if (word == first / 64) mask &= ~uint64_t{0} << (first % 64);
    if (word == last / 64) mask &= ~uint64_t{0} >> (63 - last % 64);
    if ((slab->bitmap[word] & mask) != mask) return false;
  }
  return true;
}

// The units that carry no item in use and were not given back already. Those that no item ever
// lay on count: a huge page may have made them resident.
uint64_t empty_units(const Keg* keg, const Slab* slab) {
  const size_t rsize = keg->pub.rsize;
  uint64_t empty = 0;
  for (size_t begin = 0; begin < keg->pub.slab_bytes; begin += keg->punch_unit) {
    const unsigned first = unsigned(begin / rsize);
    const unsigned last = unsigned((begin + keg->punch_unit - 1) / rsize);
    if (first >= slab->bump || all_returned(slab, first, min(last, slab->bump - 1)))
      empty |= uint64_t{1} << (begin / keg->punch_unit);
  }
  return empty & ~slab->punched;
}

}  // namespace

size_t slab_punch(Keg* keg, Slab* slab, size_t most, bool* complete) {
  assert_held(keg->lock);
  uint64_t left = empty_units(keg, slab);
  size_t given = 0;
  if (left) run_small_pages(slab_memory(keg, slab));
  for (size_t purged = 0; left && purged < most;) {
    const unsigned first = unsigned(__builtin_ctzll(left));
    const uint64_t shifted = ~(left >> first);
    const unsigned run = shifted ? unsigned(__builtin_ctzll(shifted)) : 64;
    const unsigned count = min(run, max(1u, unsigned(most / keg->punch_unit)));
    const uint64_t mask = (count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1) << first;
    left &= ~mask;
    const size_t length = size_t{count} * keg->punch_unit;
    if (!os::purge(slab_memory(keg, slab) + size_t{first} * keg->punch_unit, length)) continue;
    slab->punched |= mask;
    purged += length;
    const size_t begin = size_t{first} * keg->punch_unit;
    const size_t used = size_t{slab->bump} * keg->pub.rsize;
    given += used > begin ? min(length, used - begin) : 0;
  }
  *complete = !left;
  return given;
}

}  // namespace uma
