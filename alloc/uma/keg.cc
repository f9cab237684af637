// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/uma/keg.h"

#include "alloc/base/report.h"
#include "alloc/uma/pages.h"
#include "alloc/uma/validate.h"

namespace uma {
namespace {

// What is looked through and given back while the lock is held once: less than 100 us.
constexpr unsigned kStepSlabs = 32;
constexpr size_t kStepBytes = size_t{256} << 10;

unsigned bin_of(const Keg* keg, const Slab* slab) {
  unsigned bin = 0;
  while (slab->free_items > keg->bin_most[bin]) bin++;
  return bin;
}

void file(Keg* keg, Slab* slab) {
  assert_held(keg->lock);
  if (slab->free_items == 0) {
    keg->domain.full.push_front(slab);
    slab->bin = kKegBins;
    return;
  }
  slab->bin = uint8_t(bin_of(keg, slab));
  if (slab->unscanned)
    keg->domain.bins[slab->bin].push_front(slab);
  else
    keg->domain.bins[slab->bin].push_back(slab);
}

void refile(Keg* keg, Slab* slab, bool now_unscanned = false) {
  assert_held(keg->lock);
  const unsigned bin = slab->free_items ? bin_of(keg, slab) : kKegBins;
  if (bin == slab->bin && !now_unscanned) return;
  List<Slab>::remove(slab);
  file(keg, slab);
}

Slab* best_slab(Keg* keg) {
  assert_held(keg->lock);
  for (List<Slab>& bin : keg->domain.bins)
    if (Slab* slab = bin.first()) return slab;
  if (Slab* slab = keg->domain.spare) {
    keg->domain.spare = nullptr;
    keg->domain.spare_idle = false;
    file(keg, slab);
    return slab;
  }
  return nullptr;
}

void add_slab(Keg* keg, Slab* slab) {
  assert_held(keg->lock);
  file(keg, slab);
  owned_add(keg->pub.slabs);
  owned_add(keg->pub.slab_allocs);
  owned_add(keg->pub.free_items, keg->pub.ipers);
}

// Takes one wholly free slab out of the keg's books; the caller releases it without the lock.
void remove_slab(Keg* keg, const Slab* slab) {
  assert_held(keg->lock);
  owned_sub(keg->pub.slabs);
  owned_add(keg->pub.slab_frees);
  owned_sub(keg->pub.free_items, keg->pub.ipers);
  slab_idle_by(keg, slab, -ptrdiff_t(slab_idle(keg, slab)));
}

// Whether a wholly free slab may go: not where that would leave less than the reserve.
bool may_release(const Keg* keg) {
  return !(keg->flags & UMA_ZONE_NOFREE) && likely(!keg->own || keg->own->free) &&
         (likely(!keg->reserve) || keg->pub.free_items >= keg->reserve + keg->pub.ipers);
}

// An item is about to come back to the slab, whose idle items then count as unscanned. True: they
// did not before.
bool mark_unscanned(Keg* keg, Slab* slab) {
  assert_held(keg->lock);
  if (slab->unscanned || !keg_may_punch(keg)) return false;
  slab->unscanned = true;
  slab_count_idle(keg, 0, ptrdiff_t(slab_idle_bytes(keg, slab)));
  return true;
}

void count_returned(Keg* keg, size_t bytes) {
  slab_count_idle(keg, ptrdiff_t(bytes), keg_may_punch(keg) ? ptrdiff_t(bytes) : 0);
}

// Gives back empty pages of the slab; true: it is done and goes behind those that are not.
bool scan_slab(Keg* keg, Slab* slab, size_t* given) {
  assert_held(keg->lock);
  bool complete;
  const size_t bytes = slab_punch(keg, slab, kStepBytes, &complete);
  *given += bytes;
  owned_add(keg->pub.purged_bytes, bytes);
  locked_add(page_counters().purged_bytes, uma_u64{bytes});
  slab_idle_by(keg, slab, -ptrdiff_t(bytes));
  if (!complete) return false;
  slab_count_idle(keg, 0, -ptrdiff_t(slab_idle_bytes(keg, slab)));
  slab->unscanned = false;
  List<Slab>::remove(slab);
  file(keg, slab);
  return true;
}

// Emptiest slabs first. True: nothing is left beyond `keep`.
bool scan_slabs(Keg* keg, size_t keep) {
  assert_held(keg->lock);
  size_t given = 0;
  unsigned scanned = 0;
  for (unsigned bin = kKegBins; bin-- > 0;) {
    for (Slab* slab; (slab = keg->domain.bins[bin].first()) && slab->unscanned;) {
      if (keg->unscanned_bytes <= keep) return true;
      if (scanned++ == kStepSlabs || given >= kStepBytes) return false;
      if (!scan_slab(keg, slab, &given)) return false;
    }
  }
  slab_count_idle(keg, 0, -ptrdiff_t(keg->unscanned_bytes));
  return true;
}

// Free items that the caller may have.
uint64_t usable_items(const Keg* keg, unsigned how) {
  const uint64_t kept = how & kMayReserve ? 0 : keg->reserve;
  return keg->pub.free_items - min(kept, keg->pub.free_items);
}

// False: a new slab must be made first.
bool has_usable(const Keg* keg, unsigned how) {
  return likely(!keg->reserve) || usable_items(keg, how) > 0;
}

// Of `count` items, how many the limit and the reserve leave. Of the reserve one at a time: a
// bucket would swallow it.
unsigned allowed_items(const Keg* keg, unsigned count, unsigned how) {
  assert_held(keg->lock);
  if (likely(!keg->limit.max && !keg->reserve)) return count;
  const unsigned most = limit_admit(keg->limit, keg_out(keg), count, how);
  if (!keg->reserve) return most;
  const uint64_t usable = usable_items(keg, how & ~kMayReserve);
  return unsigned(min(uint64_t{most}, max(usable, uint64_t{1})));
}

// The wholly free slab that is kept, out of the keg's books; null: there is none.
Slab* take_spare(Keg* keg) {
  assert_held(keg->lock);
  Slab* slab = keg->domain.spare;
  if (slab) remove_slab(keg, slab);
  keg->domain.spare = nullptr;
  return slab;
}

}  // namespace

unsigned keg_alloc_items(Keg* keg, void** items, unsigned count, unsigned how) {
  unsigned taken = 0;
  keg->lock.lock();
  unsigned most = allowed_items(keg, count, how);
  while (taken < most) {
    Slab* slab = taken || has_usable(keg, how) ? best_slab(keg) : nullptr;
    if (!slab) {
      // What was found is enough: only an empty hand makes a new slab.
      if (taken || !(how & kMayGrow)) break;
      keg->lock.unlock();
      slab = slab_make(keg);
      if (!slab) return 0;
      keg->lock.lock();
      add_slab(keg, slab);
      most = allowed_items(keg, count, how);
      continue;
    }
    const unsigned got = slab_alloc_items(keg, slab, items + taken, most - taken);
    taken += got;
    owned_sub(keg->pub.free_items, got);
    refile(keg, slab);
  }
  if (taken && (how & kGranted)) limit_take_grant(&keg->limit);
  slab_show_idle(keg);
  keg->lock.unlock();
  return taken;
}

void* keg_alloc_zeroed(Keg* keg, bool* zeroed) {
  *zeroed = false;
  void* item;
  if (!keg_alloc_items(keg, &item, 1, kMayGrow)) return nullptr;
  Guard guard(keg->lock);
  const Slab* slab = slab_find(keg, item);
  *zeroed = slab_fresh(keg, slab, item);
  return item;
}

void keg_free_items(Keg* keg, void* const* items, unsigned count, const Caller& caller) {
  Slab* release = nullptr;  // chained through next
  size_t idle = 0;
  keg->lock.lock();
  for (unsigned i = 0; i < count; i++) {
    Slab* slab = slab_find(keg, items[i]);
    if (unlikely(!slab)) {
      keg->lock.unlock();  // the program's handler of SIGABRT may allocate
      report::wrong_zone(caller.function, addr(items[i]), caller.zone);
    }
    const bool first = mark_unscanned(keg, slab);
    slab_free_item(keg, slab, items[i], caller);
    validate_slab(keg, slab);
    owned_add(keg->pub.free_items);
    idle += keg->pub.rsize;
    if (slab->free_items < keg->pub.ipers || !may_release(keg)) {
      refile(keg, slab, first);
      continue;
    }
    List<Slab>::remove(slab);
    if (!keg->domain.spare && keg->granules == 1) {
      keg->domain.spare = slab;
      continue;
    }
    count_returned(keg, idle);  // the slab's items are among these
    idle = 0;
    remove_slab(keg, slab);
    slab->next = release;
    release = slab;
  }
  count_returned(keg, idle);
  slab_show_idle(keg);
  Waiter* waiters = nullptr;
  if (unlikely(limit_wants_back(keg->limit))) waiters = limit_grant(&keg->limit, keg_out(keg));
  keg->lock.unlock();
  limit_wake(waiters);
  slab_release_all(keg, release);
  const size_t allowance = purge_allowance();
  if (slab_unscanned_total() > allowance ||
      load_relaxed(page_counters().runs_free_dirty) > allowance)
    note_idle();
}

unsigned keg_import(void* keg, void** items, unsigned count, unsigned how) {
  return keg_alloc_items(static_cast<Keg*>(keg), items, count, how);
}

void keg_release(void* keg, void* const* items, unsigned count, const Caller& caller) {
  keg_free_items(static_cast<Keg*>(keg), items, count, caller);
}

unsigned keg_prealloc(Keg* keg, unsigned items) {
  unsigned made = 0;
  while (made < items) {
    Slab* slab = slab_make(keg);
    if (!slab) break;
    Guard guard(keg->lock);
    add_slab(keg, slab);
    made += keg->pub.ipers;
  }
  return made;
}

void keg_watch(Keg* keg) {
  Guard guard(keg->lock);
  keg->unscanned_low = keg->unscanned_bytes;
  keg->domain.spare_idle = keg->domain.spare != nullptr;
}

size_t keg_busy(Keg* keg) {
  Guard guard(keg->lock);
  return keg->unscanned_bytes - keg->unscanned_low;
}

bool keg_give_back(Keg* keg, size_t keep) {
  keg->lock.lock();
  Slab* spare = keg->domain.spare_idle && may_release(keg) ? take_spare(keg) : nullptr;
  keg->domain.spare_idle = false;
  const bool done = !keg_may_punch(keg) || scan_slabs(keg, keep);
  slab_show_idle(keg);
  keg->lock.unlock();
  if (spare) slab_release(keg, spare);
  return done;
}

void keg_trim(Keg* keg) {
  keg->lock.lock();
  validate_keg(keg);
  Slab* release = nullptr;
  if (may_release(keg)) {
    for (List<Slab>& bin : keg->domain.bins) {
      for (Slab *slab = bin.first(), *next; slab; slab = next) {
        next = bin.next(slab);
        if (slab->free_items < keg->pub.ipers || !may_release(keg)) continue;
        List<Slab>::remove(slab);
        remove_slab(keg, slab);
        slab->next = release;
        release = slab;
      }
    }
    if (Slab* slab = may_release(keg) ? take_spare(keg) : nullptr) {
      slab->next = release;
      release = slab;
    }
  }
  slab_show_idle(keg);
  keg->lock.unlock();
  slab_release_all(keg, release);
  while (!keg_give_back(keg, 0)) {
  }
}

void keg_check(Keg* keg, const void* p, const Caller& caller) {
  Guard guard(keg->lock);
  slab_check(keg, slab_of(p), p, caller);
}

}  // namespace uma
