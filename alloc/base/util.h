// SPDX-License-Identifier: BSD-2-Clause
// Address arithmetic and the few compiler words the other layers use.
#ifndef UMA_BASE_UTIL_H_
#define UMA_BASE_UTIL_H_

#include <stddef.h>
#include <stdint.h>

#include "alloc/base/atomic.h"
#include "alloc/base/check.h"
#include "alloc/base/config.h"

namespace uma {

inline bool likely(bool x) { return __builtin_expect(x, 1); }
inline bool unlikely(bool x) { return __builtin_expect(x, 0); }

inline constexpr bool is_power_of_two(size_t n) { return n != 0 && (n & (n - 1)) == 0; }
inline constexpr size_t round_up(size_t n, size_t unit) {
  UMA_ASSERT(is_power_of_two(unit));
  return (n + unit - 1) & ~(unit - 1);
}
inline constexpr size_t round_down(size_t n, size_t unit) {
  UMA_ASSERT(is_power_of_two(unit));
  return n & ~(unit - 1);
}
// To a power of two: a mask, where a division by a size not known would take ten times as long.
inline constexpr bool is_aligned(uintptr_t value, size_t align) {
  UMA_ASSERT(is_power_of_two(align));
  return (value & (align - 1)) == 0;
}
inline constexpr unsigned log2_floor(size_t n) { return 63u - unsigned(__builtin_clzll(n)); }

template <typename T>
inline T min(T a, T b) {
  return a < b ? a : b;
}
template <typename T>
inline T max(T a, T b) {
  return a > b ? a : b;
}

inline uintptr_t addr(const void* p) { return reinterpret_cast<uintptr_t>(p); }
inline char* bytes(void* p) { return static_cast<char*>(p); }
template <typename T>
inline T* at(uintptr_t a) {
  return reinterpret_cast<T*>(a);  // NOLINT(performance-no-int-to-ptr)
}

// The value of %fs:0x10, constant for a thread's life: its identity without a call.
inline uintptr_t thread_self() { return addr(__builtin_thread_pointer()); }

}  // namespace uma

#endif  // UMA_BASE_UTIL_H_
