// SPDX-License-Identifier: BSD-2-Clause
// Where printed lines go: stderr, or a function of the program's.
#ifndef UMA_UMA_SINK_H_
#define UMA_UMA_SINK_H_

#include "alloc/base/log.h"
#include "alloc/uma/uma.h"

namespace uma {

struct Sink {
  uma_sink put;  // null: stderr
  void* arg;
  void line(Line& text) const {
    if (put)
      put(arg, text.c_str());
    else
      text.write_stderr();
  }
};

}  // namespace uma

#endif  // UMA_UMA_SINK_H_
