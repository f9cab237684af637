// SPDX-License-Identifier: BSD-2-Clause
// The zones of the test, one of each kind, with callbacks that check what they are promised.
#ifndef UMA_TESTS_SANITIZE_ZONES_H_
#define UMA_TESTS_SANITIZE_ZONES_H_

#include <atomic>

#include "alloc/uma/uma.h"
#include "tests/sanitize/blocks.h"

namespace sanitize {

struct Kind {
  uma_zone_t zone = nullptr;
  size_t size = 0;
  int flags = 0;      // of uma_zalloc
  bool kept = false;  // a free item keeps kFree in its first word, and nobody may touch it
};

inline constexpr uint64_t kFree = 0xf0eef0eef0eef0ee;

// Callbacks that made something, less those that undid it.
struct Balance {
  std::atomic<long> inits{0}, zinits{0}, ctors{0};
};
inline Balance balance;

[[noreturn]] inline void WrongItem(void* item, int size, const char* what) {
  Wrong({static_cast<unsigned char*>(item), static_cast<size_t>(size)}, 0, what);
}

// Free items are poisoned: with AddressSanitizer every read and write of the allocator's C++ in
// them is an error.
inline int KeptInit(void* item, int size, int) {
  TakeOver(item, static_cast<size_t>(size));
  memcpy(item, &kFree, sizeof kFree);
  HandOver(item, static_cast<size_t>(size));
  ASAN_POISON_MEMORY_REGION(item, static_cast<size_t>(size));
  balance.inits++;
  return 0;
}

inline void KeptFini(void* item, int size) {
  ASAN_UNPOISON_MEMORY_REGION(item, static_cast<size_t>(size));
  TakeOver(item, static_cast<size_t>(size));
  if (memcmp(item, &kFree, sizeof kFree) != 0) WrongItem(item, size, "fini");
  HandOver(item, static_cast<size_t>(size));
  balance.inits--;
}

inline int CountZinit(void*, int, int) { return balance.zinits++, 0; }
inline void CountZfini(void*, int) { balance.zinits--; }

inline int MadeCtor(void* item, int size, void*, int flags) {
  if (flags & M_ZERO) CheckZero({static_cast<unsigned char*>(item), static_cast<size_t>(size)});
  balance.ctors++;
  return 0;
}
inline void MadeDtor(void*, int, void*) { balance.ctors--; }

inline constexpr size_t kKinds = 5;

inline void MakeKinds(Kind (&kinds)[kKinds]) {
  const int zero = annotate ? 0 : M_ZERO;  // cleared before TakeOver could tell
  kinds[0] = {uma_zcreate("plain", 40, nullptr, nullptr, nullptr, nullptr, UMA_ALIGN_PTR, 0), 40};
  kinds[1] = {uma_zcreate("kept", 72, nullptr, nullptr, KeptInit, KeptFini, UMA_ALIGN_PTR, 0), 72,
              0, true};
  kinds[2] = {uma_zcreate("made", 2000, MadeCtor, MadeDtor, nullptr, nullptr, UMA_ALIGN_CACHE, 0),
              2000, zero};
  kinds[3] = {uma_zsecond_create("second", nullptr, nullptr, CountZinit, CountZfini, kinds[0].zone),
              40};
  kinds[4] = {
      uma_zcreate("nofree", 20, nullptr, nullptr, nullptr, nullptr, UMA_ALIGN_INT, UMA_ZONE_NOFREE),
      20};
}

inline unsigned char* ZoneAlloc(const Kind& kind) {
  void* item = uma_zalloc(kind.zone, kind.flags);
  if (item == nullptr) return nullptr;
  TakeOver(item, kind.size);
  ASAN_UNPOISON_MEMORY_REGION(item, kind.size);
  if (kind.kept && memcmp(item, &kFree, sizeof kFree) != 0)
    WrongItem(item, static_cast<int>(kind.size), "free item written");
  return static_cast<unsigned char*>(item);
}

inline void ZoneFree(const Kind& kind, void* item) {
  if (kind.kept) {
    memcpy(item, &kFree, sizeof kFree);
    ASAN_POISON_MEMORY_REGION(item, kind.size);
  }
  HandOver(item, kind.size);
  uma_zfree(kind.zone, item);
}

}  // namespace sanitize

#endif  // UMA_TESTS_SANITIZE_ZONES_H_
