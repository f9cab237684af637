// SPDX-License-Identifier: BSD-2-Clause
// The root of the published layout. Each layer writes its own part of it.
#ifndef UMA_OS_PUBLISHED_H_
#define UMA_OS_PUBLISHED_H_

#include "alloc/base/layout.h"

extern "C" __attribute__((visibility("default"))) struct uma_layout uma_layout;

#endif  // UMA_OS_PUBLISHED_H_
