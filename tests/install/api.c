/* SPDX-License-Identifier: BSD-2-Clause */
/* A user of the zones that knows <uma/uma.h> alone: every function of it is called. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uma/uma.h>

enum { kItems = 1000, kSize = 200 };

static int inits, finis, ctors, dtors;

static void check(int good, const char* what) {
  if (good) return;
  fprintf(stderr, "failed: %s\n", what);
  exit(1);
}

static int init(void* item, int size, int flags) {
  (void)flags;
  memset(item, 'i', (size_t)size);
  inits++;
  return 0;
}
static void fini(void* item, int size) {
  (void)item;
  (void)size;
  finis++;
}
static int ctor(void* item, int size, void* arg, int flags) {
  (void)size;
  (void)flags;
  memcpy(item, arg, sizeof(int));
  ctors++;
  return 0;
}
static void dtor(void* item, int size, void* arg) {
  (void)item;
  (void)size;
  (void)arg;
  dtors++;
}

static void plain_zone(void) {
  static char* items[kItems];
  uma_zone_t zone = uma_zcreate("plain", kSize, NULL, NULL, NULL, NULL, UMA_ALIGN_PTR, 0);
  struct uma_zone_stats stats;
  check(zone != NULL, "uma_zcreate");
  uma_prealloc(zone, kItems);
  uma_zone_get_stats(zone, &stats);
  check(stats.keg_free >= kItems && stats.used == 0, "uma_prealloc");
  for (int i = 0; i < kItems; i++) {
    items[i] = uma_zalloc(zone, M_WAITOK | M_ZERO);
    check(items[i] != NULL && ((uintptr_t)items[i] & UMA_ALIGN_PTR) == 0, "uma_zalloc");
    for (int j = 0; j < kSize; j++) check(items[i][j] == 0, "M_ZERO");
    memset(items[i], i, kSize);
  }
  uma_zone_get_stats(zone, &stats);
  check(stats.allocs == kItems && stats.used == kItems && uma_zone_get_cur(zone) == kItems,
        "the count of items in use");
  for (int i = 0; i < kItems; i++) {
    for (int j = 0; j < kSize; j++) check(items[i][j] == (char)i, "the content of items");
    uma_zfree(zone, items[i]);
  }
  check(uma_zone_get_cur(zone) == 0, "the count after the last free");
  uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
  uma_zone_get_stats(zone, &stats);
  check(stats.keg_bytes == 0 && stats.cached == 0, "uma_zone_reclaim");
  uma_zdestroy(zone);
}

static void four_functions(void) {
  int value = 42;
  uma_zone_t zone = uma_zcreate("four", kSize, ctor, dtor, init, fini, UMA_ALIGN_CACHE, 0);
  uma_zone_t second = uma_zsecond_create("second", NULL, NULL, NULL, NULL, zone);
  check(zone != NULL && second != NULL, "uma_zsecond_create");
  char* item = uma_zalloc_arg(zone, &value, M_NOWAIT);
  check(item != NULL && memcmp(item, &value, sizeof(value)) == 0, "ctor's argument");
  check(item[kSize - 1] == 'i' && inits > 0 && ctors == 1 && dtors == 0, "init and ctor");
  uma_zfree_arg(zone, item, NULL);
  check(ctors == 1 && dtors == 1, "dtor");
  item = uma_zalloc(second, M_NOWAIT);
  check(item != NULL && ctors == 1, "a secondary zone has its own ctor");
  uma_zfree(second, item);
  uma_zdestroy(second);
  uma_reclaim(UMA_RECLAIM_DRAIN_CPU);
  uma_zdestroy(zone);
  check(inits == finis, "fini for every init");
}

int main(int count, char** words) {
  plain_zone();
  four_functions();
  if (count > 1 && strcmp(words[1], "print") == 0) {
    uma_zone_t zone = uma_zcreate("shown", kSize, NULL, NULL, NULL, NULL, UMA_ALIGN_PTR, 0);
    free(malloc(5000)); /* a row of malloc's, where malloc is on zones too */
    uma_print_stats();
    uma_zdestroy(zone);
  }
  return 0;
}
