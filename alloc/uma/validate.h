// SPDX-License-Identifier: BSD-2-Clause
// Whether the books of a slab, a keg and a zone's buckets agree with what they count. Checking
// builds only: in others these do nothing.
#ifndef UMA_UMA_VALIDATE_H_
#define UMA_UMA_VALIDATE_H_

#include "alloc/base/check.h"
#include "alloc/uma/zone.h"

namespace uma {

void validate_slab_books(const Keg* keg, const Slab* slab);
void validate_keg_books(Keg* keg);
void validate_bucket_books(const Zone* zone);

// The keg's lock is held.
inline void validate_slab(const Keg* keg, const Slab* slab) {
  if constexpr (kChecking) validate_slab_books(keg, slab);
}
// All slabs. The keg's lock is held.
inline void validate_keg(Keg* keg) {
  if constexpr (kChecking) validate_keg_books(keg);
}
// The zone's lock is held.
inline void validate_buckets(const Zone* zone) {
  if constexpr (kChecking) validate_bucket_books(zone);
}

}  // namespace uma

#endif  // UMA_UMA_VALIDATE_H_
