// SPDX-License-Identifier: BSD-2-Clause
// Functions that take the place of libc's or of the C++ runtime's.
#ifndef UMA_PRELOAD_VISIBLE_H_
#define UMA_PRELOAD_VISIBLE_H_

#include <errno.h>

#define UMA_LIBC __attribute__((visibility("default")))

namespace uma {

// What a function of libc's returns for what the kernel returned.
inline int result(long returned) {
  if (returned >= 0) return int(returned);
  errno = int(-returned);
  return -1;
}

}  // namespace uma

#endif  // UMA_PRELOAD_VISIBLE_H_
