/* SPDX-License-Identifier: BSD-2-Clause */
/* pairs COUNT: so many pairs of malloc(64) and free, for an instruction counter. */
#include <stdlib.h>

int main(int argc, char** argv) {
  const long count = argc == 2 ? atol(argv[1]) : 0;
  if (count <= 0) return 1;
  for (long i = 0; i < count; i++) {
    void* volatile p = malloc(64);
    free(p);
  }
  return 0;
}
