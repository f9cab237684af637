// SPDX-License-Identifier: BSD-2-Clause
// A program with two zones that waits to be looked at: says "ready", ends when its input ends.
#include <stdio.h>
#include <unistd.h>

#include "tests/uma/support.h"

int main() {
  uma_zone_t zone = uma_test::PlainZone("sleeper", 200);
  uma_zone_t second = uma_zsecond_create("sleeper2", nullptr, nullptr, nullptr, nullptr, zone);
  if (second == nullptr) return 1;
  for (int i = 0; i < 1000; i++) {
    void* item = uma_zalloc(zone, 0);
    if (item == nullptr) return 1;
    if (i % 10 != 0) uma_zfree(zone, item);
  }
  puts("ready");
  fflush(stdout);
  char byte;
  return read(0, &byte, 1) == 0 ? 0 : 1;
}
