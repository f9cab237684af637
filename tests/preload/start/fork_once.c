/* SPDX-License-Identifier: BSD-2-Clause */
/* A child that inherits the library and ends by exit(), as its parent does. */
#include <sys/wait.h>

#include "tests/preload/start/start.h"

int main(void) {
  use_heap(1000);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    use_heap(1000);
    exit(7);
  }
  int status;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
  finish();
  return 0;
}
