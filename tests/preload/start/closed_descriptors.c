/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Started with descriptors 0 to 2 closed, argv[1] a directory. The program's own files get these
 * numbers; nobody else may hold them or write to them.
 */
#include <fcntl.h>

#include "tests/preload/start/start.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  for (int i = 0; i < 3; i++) {
    char name[4096];
    snprintf(name, sizeof name, "%s/file%d", argv[1], i);
    if (open(name, O_WRONLY | O_CREAT | O_APPEND, 0600) != i) return 3 + i;
  }
  use_heap(3000);
  for (int i = 0; i < 3; i++)
    if (write(i, "data\n", 5) != 5) return 6;
  return 0;
}
