/* SPDX-License-Identifier: BSD-2-Clause */
/* Destructors of thread-specific data that free, allocate, and set their own value again. */
#include <pthread.h>

#include "tests/preload/start/start.h"

static pthread_key_t keys[20];
static int calls;

static void destroy(void* value) {
  const int round = *(int*)value;
  free(value);
  use_heap(20);
  __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
  if (round == 0) return;
  int* again = malloc(sizeof *again);
  *again = round - 1;
  /* Which key it was does not matter: any one makes the library call once more. */
  REQUIRE(pthread_setspecific(keys[round], again) == 0);
}

static void* run(void* unused) {
  (void)unused;
  for (int i = 10; i < 20; i++) {
    int* value = malloc(sizeof *value);
    *value = i == 10 ? 2 : 0;
    REQUIRE(pthread_setspecific(keys[i], value) == 0);
  }
  use_heap(20);
  return NULL;
}

int main(void) {
  for (int i = 0; i < 20; i++) REQUIRE(pthread_key_create(&keys[i], destroy) == 0);
  for (int i = 0; i < 200; i++) {
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, run, NULL) == 0);
    REQUIRE(pthread_join(thread, NULL) == 0);
  }
  REQUIRE(calls == 200 * 12);
  finish();
  return 0;
}
