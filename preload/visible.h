// SPDX-License-Identifier: BSD-2-Clause
// Functions that take the place of libc's or of the C++ runtime's.
#ifndef UMA_PRELOAD_VISIBLE_H_
#define UMA_PRELOAD_VISIBLE_H_

#define UMA_LIBC __attribute__((visibility("default")))

#endif  // UMA_PRELOAD_VISIBLE_H_
