/* SPDX-License-Identifier: BSD-2-Clause */
/* exit() is called while eight threads are in the middle of allocating. */
#include <pthread.h>

#include "tests/preload/start/start.h"

static void* churn(void* started) {
  __atomic_add_fetch((int*)started, 1, __ATOMIC_RELEASE);
  void* blocks[64] = {NULL};
  for (unsigned i = 0; started != NULL; i++) {
    free(blocks[i % 64]);
    blocks[i % 64] = malloc(i % 40 == 0 ? 200000 : i * 37 % 3000);
  }
  return NULL;
}

int main(void) {
  static int started;
  for (int i = 0; i < 8; i++) {
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, churn, &started) == 0);
  }
  while (__atomic_load_n(&started, __ATOMIC_ACQUIRE) < 8) usleep(100);
  usleep(20000);
  finish();
  exit(0);
}
