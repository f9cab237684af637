/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process that publishes a layout filled in by hand, for umastat to read.
 *
 * fixture VARIANT: "good" is sound, the other variants damage one thing each. Prints "ready" and
 * ends with its standard input; every byte from there is answered by 100 allocations in the zone
 * malloc-64 and a "done".
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alloc/base/layout.h"

#define START (1ull << 63)
#define CPUS 3 /* the last one never allocated */

struct uma_layout uma_layout;

/* Arrays lie above the entries, cold halves below. */
static struct {
  struct uma_layout_cold cold[64];
  struct uma_layout_entry entry[64];
  uma_u64 arrays[1024];
} regions[CPUS];

static struct uma_layout_cpu cpus[CPUS];
static struct uma_layout_keg small_keg = {.free_items = 7};
static struct uma_layout_keg packet_keg = {.free_items = 40};

static struct uma_layout_zone zones[] = {
    {.name = "UMA Zones", .size = 512, .kind = UMA_LAYOUT_KIND_INTERNAL, .slow_allocs = 9},
    {.name = "malloc-64", .size = 64, .kind = UMA_LAYOUT_KIND_MALLOC, .entry = 4},
    {.name = "malloc-16", .size = 16, .kind = UMA_LAYOUT_KIND_MALLOC, .entry = 1},
    {.name = "mbuf", .size = 256, .kind = UMA_LAYOUT_KIND_ZONE, .entry = 9},
    {.name = "malloc-32", .size = 32, .kind = UMA_LAYOUT_KIND_MALLOC, .entry = 2},
    {.name = "packet", .size = 256, .kind = UMA_LAYOUT_KIND_ZONE, .entry = 10},
    {.name = "a_zone_name_of_thirty_one_chars", .size = 64, .kind = UMA_LAYOUT_KIND_ZONE},
    {.name = "bad\033[1mname", .size = 8, .kind = UMA_LAYOUT_KIND_ZONE},
    {.name = "frees seen early", .size = 8, .kind = UMA_LAYOUT_KIND_ZONE},
};
enum { kZones, kMalloc64, kMalloc16, kMbuf, kMalloc32, kPacket, kLong, kBad, kEarly, kCount };

static uma_u64 RegionOf(int cpu) { return (uma_u64)(unsigned long)&regions[cpu].entry[0]; }

/* One CPU popped `pops` items of a zone and now holds `cached` of at most `cap`. */
static void Fill(int cpu, int zone, int pops, int cached, int cap) {
  const uma_u32 entry = zones[zone].entry;
  const uma_u32 start = 128 + 64 * entry;
  struct uma_layout_cold* cold = (struct uma_layout_cold*)(unsigned long)RegionOf(cpu) - entry - 1;
  cold->start = start;
  cold->cap = (uma_u16)cap;
  regions[cpu].entry[entry].allocs = START + (uma_u64)pops;
  regions[cpu].entry[entry].top = RegionOf(cpu) + 8 * (start + 1 + (uma_u64)cached);
}

static void FillZones(void) {
  for (int i = 0; i < kCount; i++) {
    zones[i].next = i + 1 < kCount ? (uma_u64)(unsigned long)&zones[i + 1] : 0;
    for (int cpu = 0; cpu < 2; cpu++) {
      if (zones[i].entry != 0) Fill(cpu, i, 0, 0, 0);
    }
  }
  /* 5000 + 300 - 3 pops, 20 + 5 cached, 1000 moved in, 200 out, 10 and 4 slow ones. */
  Fill(0, kMalloc64, 5000, 20, 32);
  Fill(1, kMalloc64, 300, 5, 32);
  zones[kMalloc64].corrections = 3;
  zones[kMalloc64].moved_in = 1000;
  zones[kMalloc64].moved_out = 200;
  zones[kMalloc64].slow_allocs = 10;
  zones[kMalloc64].slow_frees = 4;
  zones[kMalloc64].bucket_items = 128;
  zones[kMalloc64].keg = (uma_u64)(unsigned long)&small_keg;
  /* An array that was taken away: the entry still counts, its top means nothing. */
  Fill(1, kMalloc16, 50, 3, 0);
  zones[kMalloc16].moved_in = 60;
  zones[kMalloc16].moved_out = 20;

  Fill(0, kMbuf, 600, 16, 16);
  zones[kMbuf].moved_in = 500;
  zones[kMbuf].limit = 254604;
  zones[kMbuf].keg = (uma_u64)(unsigned long)&packet_keg;
  zones[kPacket].slow_allocs = 30;
  zones[kPacket].slow_frees = 10;
  zones[kPacket].bucket_items = 6;
  zones[kPacket].fails = 12;
  zones[kPacket].sleeps = 3;
  zones[kPacket].flags = UMA_LAYOUT_ZONE_SECONDARY;
  zones[kPacket].keg = zones[kMbuf].keg;
  zones[kLong].slow_allocs = 1;
  zones[kEarly].slow_allocs = 1;
  zones[kEarly].slow_frees = 2;
}

static void FillRoot(void) {
  for (int cpu = 0; cpu < 2; cpu++) cpus[cpu].region = RegionOf(cpu);
  uma_layout.magic = UMA_LAYOUT_MAGIC;
  uma_layout.version = UMA_LAYOUT_VERSION;
  uma_layout.size = sizeof(uma_layout);
  uma_layout.zone_size = sizeof(struct uma_layout_zone);
  uma_layout.keg_size = sizeof(struct uma_layout_keg);
  uma_layout.cpu_count = CPUS;
  uma_layout.cpus = (uma_u64)(unsigned long)cpus;
  uma_layout.zones = (uma_u64)(unsigned long)zones;
  uma_layout.zone_count = kCount;
  uma_layout.pid = (uma_u64)getpid();
  uma_layout.large = (struct uma_layout_large){.allocs = 11,
                                               .frees = 8,
                                               .used_bytes = 3000000,
                                               .run_bytes = 250000,
                                               .cached_blocks = 2,
                                               .cached_bytes = 2000000,
                                               .fails = 1};
  uma_layout.pages = (struct uma_layout_pages){.arena_reserved = 64000000,
                                               .arena_committed = 4000000,
                                               .runs_free_dirty = 500000,
                                               .runs_used = 3500000,
                                               .purged_bytes = 700000,
                                               .purge_calls = 6,
                                               .meta_mapped = 100000,
                                               .meta_used = 60000,
                                               .side_mapped = 200000};
}

static void* KeepCounting(void* unused) {
  (void)unused;
  for (;;) __atomic_fetch_add(&regions[0].entry[9].allocs, 1, __ATOMIC_RELAXED);
  return NULL;
}

static int Damage(const char* variant) {
  pthread_t thread;
  if (strcmp(variant, "good") == 0) return 0;
  if (strcmp(variant, "busy") == 0) return pthread_create(&thread, NULL, KeepCounting, NULL);
  if (strcmp(variant, "in-flight") == 0) {
    zones[kMalloc16].ops_started = 1; /* has wrapped around */
    zones[kMalloc16].ops_finished = 0xffffffff;
  } else if (strcmp(variant, "moving-array") == 0) {
    regions[0].entry[4].top += 8 * 500;
  } else if (strcmp(variant, "cycle") == 0) {
    zones[kCount - 1].next = (uma_u64)(unsigned long)&zones[3];
  } else if (strcmp(variant, "many-cpus") == 0) {
    uma_layout.cpu_count = 1u << 30;
  } else if (strcmp(variant, "cpus-outside") == 0) {
    uma_layout.cpu_count = 65536;
  } else if (strcmp(variant, "version") == 0) {
    uma_layout.version = 77;
  } else if (strcmp(variant, "magic") == 0) {
    uma_layout.magic ^= 1;
  } else if (strcmp(variant, "size") == 0) {
    uma_layout.zone_size += 8;
  } else if (strcmp(variant, "zone-outside") == 0) {
    zones[2].next = 0x1230;
  } else if (strcmp(variant, "zone-non-canonical") == 0) {
    zones[2].next = 0xdead000000001230;
  } else if (strcmp(variant, "keg-outside") == 0) {
    zones[kMbuf].keg = 0x4560;
  } else if (strcmp(variant, "region-outside") == 0) {
    cpus[1].region = 0x7890;
  } else if (strcmp(variant, "entry") == 0) {
    zones[kMbuf].entry = 0xffffffff;
  } else if (strcmp(variant, "not-started") == 0) {
    uma_layout.zone_count = 0;
  } else if (strcmp(variant, "no-terminator") == 0) {
    memset(zones[kZones].name, 'x', UMA_LAYOUT_NAME_MAX);
  } else {
    return -1;
  }
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  FillZones();
  FillRoot();
  if (Damage(argv[1]) != 0) return 2;
  puts("ready");
  fflush(stdout);
  for (char byte; read(STDIN_FILENO, &byte, 1) == 1;) {
    __atomic_fetch_add(&zones[kMalloc64].slow_allocs, 100, __ATOMIC_RELAXED);
    puts("done");
    fflush(stdout);
  }
  return 0;
}
