// SPDX-License-Identifier: BSD-2-Clause
// Numbers that a seed decides, for tests over a family of cases.
#ifndef UMA_TESTS_SUPPORT_RANDOM_H_
#define UMA_TESTS_SUPPORT_RANDOM_H_

#include <stddef.h>
#include <stdint.h>

namespace support {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 0x1234567) {}
  uint64_t Next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  // Below `limit`, which is not 0.
  size_t Below(size_t limit) { return (Next() >> 11) % limit; }

 private:
  uint64_t state_;
};

inline constexpr uint64_t kSeeds = 5;

}  // namespace support

#endif  // UMA_TESTS_SUPPORT_RANDOM_H_
