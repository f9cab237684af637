/* SPDX-License-Identifier: BSD-2-Clause */
/* The plain case; with the argument `secure`, also says whether the kernel set AT_SECURE. */
#include <sys/auxv.h>

#include "tests/preload/start/start.h"

int main(int argc, char** argv) {
  use_heap(3000);
  if (argc > 1 && strcmp(argv[1], "secure") == 0)
    dprintf(1, "secure %d\n", getauxval(AT_SECURE) != 0);
  finish();
  return 0;
}
