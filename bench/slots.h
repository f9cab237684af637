// SPDX-License-Identifier: BSD-2-Clause
//
// A table of live blocks in which random ones are replaced: the steady state of a long-lived heap.
#ifndef BENCH_SLOTS_H_
#define BENCH_SLOTS_H_

#include <cstdlib>
#include <vector>

#include "bench/common.h"

namespace bench {

class Slots {
 public:
  Slots(size_t count, size_t largest, uint64_t seed)
      : block_(count), largest_(largest), random_(seed) {
    for (void*& p : block_) p = Allocate();
  }
  ~Slots() {
    for (void* p : block_) free(p);
  }
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;

  template <bool kTouch>
  void Replace() {
    // One draw serves both choices: the slot from its high half, the size from its low half.
    const uint64_t draw = random_.Next();
    void*& p = block_[((draw >> 32) * block_.size()) >> 32];
    free(p);
    p = malloc(Size(draw));
    if constexpr (kTouch) Touch(p);
  }

 private:
  size_t Size(uint64_t draw) const {
    return kSmallest + (((draw & 0xffffffffU) * (largest_ - kSmallest + 1)) >> 32);
  }
  void* Allocate() {
    void* p = malloc(Size(random_.Next()));
    Touch(p);
    return p;
  }

  static constexpr size_t kSmallest = 16;
  std::vector<void*> block_;
  size_t largest_;
  Random random_;
};

}  // namespace bench

#endif  // BENCH_SLOTS_H_
