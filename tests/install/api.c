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

static int numbers_out;
static int import(void* arg, void** store, int count, int domain, int flags) {
  (void)arg;
  (void)domain;
  (void)flags;
  for (int i = 0; i < count; i++) store[i] = (void*)(intptr_t)++numbers_out;
  return count;
}
static void release(void* arg, void** store, int count) {
  (void)arg;
  (void)store;
  numbers_out -= count;
}
static void action(uma_zone_t zone, int unused) {
  (void)zone;
  (void)unused;
}
static void count_line(void* arg, const char* line) { *(int*)arg += line[0] != 0; }
static int node(void* arg, void* oldp, size_t* oldlenp, const void* newp, size_t newlen) {
  return uma_sysctl_handle(arg, sizeof(int), oldp, oldlenp, newp, newlen);
}

static void limits(void) {
  void* items[20];
  uma_zone_t zone = uma_zcreate("limited", kSize, NULL, NULL, NULL, NULL, UMA_ALIGN_PTR, 0);
  uma_zone_set_init(zone, NULL);
  uma_zone_set_fini(zone, NULL);
  uma_zone_set_zinit(zone, NULL);
  uma_zone_set_zfini(zone, NULL);
  check(uma_zone_set_max(zone, 15) == 15 && uma_zone_get_max(zone) == 15, "uma_zone_set_max");
  uma_zone_set_warning(zone, NULL);
  uma_zone_set_maxaction(zone, action);
  uma_zone_reserve(zone, 0);
  check(uma_zalloc_bulk(zone, items, 20, M_NOWAIT) == 15, "uma_zalloc_bulk at the limit");
  check(uma_zone_exhausted(zone) && uma_zone_exhausted_nolock(zone), "uma_zone_exhausted");
  uma_zfree_bulk(zone, items, 15);
  uma_zwait(zone);
  uma_zone_set_maxcache(zone, 0);
  check(uma_zone_memory(zone) > 0, "uma_zone_memory");
  uma_zdestroy(zone);
  zone = uma_zcache_create("numbers", 0, NULL, NULL, NULL, NULL, import, release, NULL, 0);
  uma_zfree(zone, uma_zalloc(zone, M_NOWAIT | M_NOVM));
  uma_zdestroy(zone);
  check(numbers_out == 0, "uma_zcache_create");
}

static void pages(void) {
  uma_zone_t zone =
      uma_zcreate("counted", 64, NULL, NULL, NULL, NULL, UMA_ALIGN_PTR, UMA_ZONE_REFCNT);
  uma_set_align(uma_get_cache_align_mask());
  check(uma_zone_set_allocf(NULL, NULL) == -1 && uma_zone_set_freef(NULL, NULL) == -1, "no zone");
  check(uma_zone_reserve_kva(zone, 100) == 1, "uma_zone_reserve_kva");
  void* item = uma_zalloc(zone, M_WAITOK);
  check(*uma_find_refcnt(zone, item) == 0, "uma_find_refcnt");
  uma_zfree(zone, item);
  uma_zdestroy(zone);
  zone = uma_zcreate("cpus", 8, NULL, NULL, NULL, NULL, UMA_ALIGN_PTR, UMA_ZONE_PCPU);
  item = uma_zalloc_pcpu(zone, M_WAITOK | M_ZERO);
  ++*(long*)zpcpu_get(item);
  check(uma_curcpu() <= uma_mp_maxid(), "uma_curcpu");
  uma_zfree_pcpu(zone, item);
  uma_zfree_pcpu_arg(zone, uma_zalloc_pcpu_arg(zone, NULL, M_WAITOK), NULL);
  uma_zdestroy(zone);
  item = uma_large_malloc(100000, M_WAITOK);
  memset(item, 1, 100000);
  uma_large_free(item);
}

static void looks(void) {
  int lines = 0, zones = 0, level = 1;
  size_t size = sizeof(zones);
  char name[128];
  struct uma_sysctl_node nodes[1];
  struct uma_sysctl_set set = {nodes, 1, NULL};
  uma_zone_t zone = uma_zcreate("seen", kSize, NULL, NULL, NULL, NULL, UMA_ALIGN_PTR, 0);
  nodes[0].name = "kern.level";
  nodes[0].handler = node;
  nodes[0].arg = &level;
  uma_print_stats_to(count_line, &lines);
  uma_print_zone_to(zone, count_line, &lines);
  uma_show_stats_to(count_line, &lines);
  check(lines > 5, "printed lines");
  check(uma_sysctlbyname("vm.zone_count", &zones, &size, NULL, 0) == 0 && zones > 0, "a node");
  check(uma_sysctl_next(NULL, name, sizeof(name)) == 0, "uma_sysctl_next");
  uma_sysctl_register(&set);
  check(uma_sysctlbyname("kern.level", &zones, &size, NULL, 0) == 0 && zones == 1, "own node");
  uma_sysctl_deregister(&set);
  uma_zdestroy(zone);
}

int main(int count, char** words) {
  plain_zone();
  four_functions();
  limits();
  pages();
  looks();
  if (count > 1 && strcmp(words[1], "print") == 0) {
    uma_zone_t zone = uma_zcreate("shown", kSize, NULL, NULL, NULL, NULL, UMA_ALIGN_PTR, 0);
    free(malloc(5000)); /* a row of malloc's, where malloc is on zones too */
    uma_print_stats();
    uma_zdestroy(zone);
    zone = uma_zcreate("in full", kSize, NULL, NULL, NULL, NULL, UMA_ALIGN_PTR, 0);
    uma_print_zone(zone);
    uma_zdestroy(zone);
  }
  return 0;
}
