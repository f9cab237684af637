// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/os/streams.h"

// A static program may have no streams, and another libc may have no such lock.
extern "C" {
[[gnu::weak]] void _IO_list_lock();
[[gnu::weak]] void _IO_list_unlock();
[[gnu::weak]] void _IO_list_resetlock();
[[gnu::weak]] extern char __libc_single_threaded;  // since glibc 2.32
}

namespace uma::os {

bool streams_lock() {
  if (!&_IO_list_lock || (&__libc_single_threaded && __libc_single_threaded)) return false;
  _IO_list_lock();
  return true;
}
void streams_unlock() {
  if (&_IO_list_unlock) _IO_list_unlock();
}
void streams_reset() {
  if (&_IO_list_resetlock) _IO_list_resetlock();
}

}  // namespace uma::os
