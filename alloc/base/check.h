// SPDX-License-Identifier: BSD-2-Clause
// Contracts that a checking build tests (one without NDEBUG): a precondition that does not hold
// aborts with file, line and the condition. Other builds evaluate nothing.
#ifndef UMA_BASE_CHECK_H_
#define UMA_BASE_CHECK_H_

#include "alloc/base/report.h"

namespace uma {

#ifdef NDEBUG
inline constexpr bool kChecking = false;
#else
inline constexpr bool kChecking = true;
#endif

}  // namespace uma

#define UMA_ASSERT(condition)                                                     \
  do {                                                                            \
    if constexpr (::uma::kChecking)                                               \
      if (!(condition)) ::uma::report::assertion(#condition, __FILE__, __LINE__); \
  } while (0)

#endif  // UMA_BASE_CHECK_H_
