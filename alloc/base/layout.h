/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The published layout: what a tool may read from the memory of a live process or a core file.
 *
 * One object of type uma_layout, exported as the data symbol `uma_layout`, is the root. All
 * pointers are addresses in the process that published them. Counters are written by the
 * allocator without stopping anybody and are read the same way: every word is naturally aligned,
 * so a word is never torn, but two words may belong to different instants. A reader that sees the
 * same counters twice, and no operation in flight, has an exact table.
 *
 * This header includes nothing and may be included from C and C++. A change of any offset raises
 * UMA_LAYOUT_VERSION; new data goes into a named extension block instead where that is possible.
 */
#ifndef UMA_BASE_LAYOUT_H_
#define UMA_BASE_LAYOUT_H_

typedef __UINT16_TYPE__ uma_u16;
typedef __UINT32_TYPE__ uma_u32;
typedef __UINT64_TYPE__ uma_u64;

#define UMA_LAYOUT_MAGIC 0x31544154534d5555ull /* "UUMSTAT1" read as a little-endian word */
#define UMA_LAYOUT_VERSION 2u
#define UMA_LAYOUT_NAME_MAX 32 /* as the name field of FreeBSD's zone statistics stream */
#define UMA_LAYOUT_EXTENSIONS 8

/* What a zone serves. */
#define UMA_LAYOUT_KIND_MALLOC 1u   /* a size class of malloc */
#define UMA_LAYOUT_KIND_ZONE 2u     /* created through uma_zcreate or uma_zsecond_create */
#define UMA_LAYOUT_KIND_INTERNAL 3u /* reserved: memory of the allocator itself */

/* Zone flag bit: the zone is not the first of its keg, so keg_free is not counted as its own. */
#define UMA_LAYOUT_ZONE_SECONDARY 1u

/* One cache entry: one zone on one CPU. `top` points one past the newest item. */
struct uma_layout_entry {
  uma_u64 top;
  uma_u64 allocs; /* starts at 2^63; +1 for every item popped */
};

/*
 * The cold half of an entry, at region - 8 * (entry + 1). Slot 0 of the array is the empty mark,
 * slots 1..cap hold items, slot cap+1 is the full tag. cap 0: no array is attached.
 */
struct uma_layout_cold {
  uma_u32 start; /* slot 0 of the array, in 8-byte words from the region */
  uma_u16 cap;
  uma_u16 last_miss; /* the region's miss clock when this entry last took the slow path */
};

/* A CPU's region. `region` is 0 for a CPU that never allocated. */
struct uma_layout_cpu {
  uma_u64 region;           /* address of entry 0 of this CPU */
  uma_u64 cached_bytes_max; /* sum of cap * size over the attached arrays: the worst case */
  uma_u64 budget;           /* bytes this CPU may hold */
  uma_u64 array_bytes;      /* memory of the arrays themselves */
};

/* A keg: slabs of one item size. Written under the keg's lock. */
struct uma_layout_keg {
  uma_u32 rsize;      /* bytes from one item to the next */
  uma_u32 ipers;      /* items per slab */
  uma_u32 slab_bytes; /* address space of one slab */
  uma_u32 align;      /* mask */
  uma_u64 slabs;      /* slabs held now */
  uma_u64 free_items; /* items in slabs that no zone holds */
  uma_u64 slab_allocs;
  uma_u64 slab_frees;
  uma_u64 purged_bytes; /* bytes of empty pages given back from inside partly used slabs */
};

/* A zone. What its counters add up to is in layout_read.h. */
struct uma_layout_zone {
  uma_u64 next; /* address of the next zone, 0 at the end */
  char name[UMA_LAYOUT_NAME_MAX];
  uma_u32 size; /* what the creator asked for, bytes */
  uma_u32 kind;
  uma_u32 flags;
  uma_u32 entry; /* index of the per-CPU entry, 0: the zone has none */
  uma_u64 keg;   /* address of its uma_layout_keg, 0: none */

  /* Written by slow paths, each with one atomic addition. */
  uma_u64 slow_allocs;
  uma_u64 slow_frees;
  uma_u64 moved_in;    /* items put into per-CPU arrays in batches, counted before the commit */
  uma_u64 moved_out;   /* items taken out of per-CPU arrays in batches, counted after it */
  uma_u64 corrections; /* pops that were counted and then restarted */
  uma_u64 fails;
  uma_u64 sleeps; /* requests that waited for an item */
  uma_u64 limit;  /* the most items there may be, 0: no limit */

  uma_u64 bucket_items; /* items in the zone's buckets, of which the first may be part full */
  uma_u32 ops_started;  /* slow operations begun and ended: equal when none is in flight */
  uma_u32 ops_finished;
  uma_u64 wss; /* working-set estimate of bucket_items, in items */
  uma_u64 pad_[5];
};

/* Blocks that no zone serves. */
struct uma_layout_large {
  uma_u64 allocs;
  uma_u64 frees;
  uma_u64 used_bytes;    /* bytes of live blocks, as malloc_usable_size counts them */
  uma_u64 run_bytes;     /* of these, in runs of the arena; the others are mappings of their own */
  uma_u64 cached_blocks; /* freed mappings kept for reuse */
  uma_u64 cached_bytes;
  uma_u64 fails;
};

/*
 * Pages. Reserved is address space, committed and mapped are readable and writable bytes; what they
 * add up to is in layout_read.h.
 */
struct uma_layout_pages {
  uma_u64 arena_base;
  uma_u64 arena_reserved;
  uma_u64 arena_committed;
  uma_u64 runs_free_dirty; /* bytes of free runs that may be resident */
  uma_u64 runs_used;       /* bytes of runs that slabs or blocks hold */
  uma_u64 purged_bytes;    /* ever given back */
  uma_u64 purge_calls;
  uma_u64 meta_mapped; /* memory of the allocator itself: mapped */
  uma_u64 meta_used;   /* and in use */
  uma_u64 side_mapped; /* tables: page map, slab headers, regions of CPUs, mappings */
  uma_u64 slab_idle;   /* bytes of free items in slabs that may be resident */
};

/* A named block that a higher layer publishes: mbuf counters, spans. */
struct uma_layout_extension {
  char name[16];
  uma_u64 address;
  uma_u32 size;
  uma_u32 version;
};

struct uma_layout {
  uma_u64 magic;
  uma_u32 version;
  uma_u32 size;      /* sizeof(struct uma_layout) */
  uma_u32 zone_size; /* sizeof(struct uma_layout_zone) */
  uma_u32 keg_size;
  uma_u32 cpu_count; /* length of the array at `cpus` */
  uma_u32 rseq;      /* 1: restartable sequences, 0: virtual CPUs */
  uma_u64 cpus;      /* address of uma_layout_cpu[cpu_count] */
  uma_u64 zones;     /* first zone */
  uma_u32 zone_count;
  uma_u32 generation; /* +1 for every zone created or destroyed */
  uma_u64 pid;
  struct uma_layout_large large;
  struct uma_layout_pages pages;
  struct uma_layout_extension extensions[UMA_LAYOUT_EXTENSIONS];
};

#endif /* UMA_BASE_LAYOUT_H_ */
