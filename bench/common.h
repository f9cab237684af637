// SPDX-License-Identifier: BSD-2-Clause
//
// What every cell shares. The cells call the C library's names only: the allocator under test is
// whichever library the process was started with.
#ifndef BENCH_COMMON_H_
#define BENCH_COMMON_H_

#include <cstddef>
#include <cstdint>

namespace bench {

// xorshift64*: a few cycles, no state outside the object, the same sequence under every allocator.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U | 1) {}

  uint64_t Next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1DU;
  }

  // Uniform in [low, high], by multiplication: a division would cost more than a malloc.
  size_t Between(size_t low, size_t high) {
    return low + static_cast<size_t>(((Next() >> 32) * (high - low + 1)) >> 32);
  }

 private:
  uint64_t state_;
};

inline void Touch(void* p) { *static_cast<volatile char*>(p) = 1; }

// Ends the process unless the library named by UMA_BENCH_LIB is mapped, or, without that
// variable, unless malloc is the C library's own.
void RequireLibrary();

// True when UMA_BENCH_QUICK is set: cells of a fixed length then take a shorter one.
bool Quick();

}  // namespace bench

#endif  // BENCH_COMMON_H_
