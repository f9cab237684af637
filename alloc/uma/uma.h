/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UMA: zones of items of one size, as in FreeBSD's uma(9), in user space.
 *
 * A zone hands out items from per-CPU caches, those from buckets of the zone, those from the slabs
 * of its keg. Constructing and initialising differ: init runs once when an item's slab is made and
 * fini when it is given back, so an item stays initialised while it is cached; ctor runs at every
 * allocation and dtor at every free.
 *
 * Order for a fresh item: init (keg), zinit (a secondary zone's init, when the item enters that
 * zone), ctor (each allocation). For a free: dtor (each free), then the item rests in caches;
 * zfini when it goes back to the keg, fini when the slab is released.
 *
 * Thread safety: every function may be called by any thread at any time, except where it says
 * otherwise. After fork the child may use all zones. None may be called from a signal handler.
 * No function prints on stdout; proven misuse (an item freed twice in a row, an item of another
 * zone) aborts with one line on stderr.
 */
#ifndef UMA_UMA_H_
#define UMA_UMA_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UMA_EXPORT __attribute__((visibility("default")))

/* Allocation flags, FreeBSD's values. */
#define M_NOWAIT 0x0001      /* never sleep */
#define M_WAITOK 0x0002      /* may sleep; unlike in the kernel the answer may still be null */
#define M_ZERO 0x0100        /* zero the item before ctor runs */
#define M_NOVM 0x0200        /* make no new slab: only what is cached or free in slabs */
#define M_USE_RESERVE 0x0400 /* also what uma_zone_reserve keeps */

/* Alignment masks for uma_zcreate. */
#define UMA_ALIGN_PTR (sizeof(void*) - 1)
#define UMA_ALIGN_LONG (sizeof(long) - 1)
#define UMA_ALIGN_INT (sizeof(int) - 1)
#define UMA_ALIGN_SHORT (sizeof(short) - 1)
#define UMA_ALIGN_CHAR (sizeof(char) - 1)
#define UMA_ALIGN_CACHE (-1) /* a cache line: uma_get_cache_align_mask */

/* Zone flags, FreeBSD's values. */
#define UMA_ZONE_ZINIT 0x0002  /* items are zero when they leave the keg for the first time */
#define UMA_ZONE_CONTIG 0x0004 /* slabs are huge pages */
#define UMA_ZONE_NOTOUCH                                                                         \
  0x0008                       /* items are not written to, which is so without M_ZERO and ZINIT \
                                */
#define UMA_ZONE_NOFREE 0x0020 /* slabs are never given back */
#define UMA_ZONE_NOBUCKET                                                                         \
  0x0400                          /* nothing is cached: items come from the keg and go back to it \
                                   */
#define UMA_ZONE_MAXBUCKET 0x0800 /* caches begin as large as they may be */
#define UMA_ZONE_NODUMP 0x4000    /* slabs are not part of a core file */
#define UMA_ZONE_PCPU 0x8000      /* an item is a slot for every CPU: uma_zalloc_pcpu */
#define UMA_ZONE_SMR 0x40000      /* freed items wait for readers: smr.h */
#define UMA_ZONE_REFCNT                                                     \
  0x100000 /* a count beside each item: uma_find_refcnt; a value of our own \
            */
/*
 * Accepted, and without effect here: headers never lie in slabs and are found without a hash, no
 * allocation comes back to the allocator, there is one domain.
 */
#define UMA_ZONE_UNMANAGED 0x0001
#define UMA_ZONE_MALLOC 0x0010
#define UMA_ZONE_MTXCLASS 0x0040
#define UMA_ZONE_VM 0x0080
#define UMA_ZONE_NOTPAGE 0x0100
#define UMA_ZONE_CACHESPREAD 0x2000
#define UMA_ZONE_FIRSTTOUCH 0x10000
#define UMA_ZONE_ROUNDROBIN 0x20000
#define UMA_ZONE_NOKASAN 0x80000
#define UMA_ZONE_OFFPAGE 0x200000
#define UMA_ZONE_HASH 0x400000

typedef struct uma_zone* uma_zone_t;

/*
 * Called for every item that uma_zalloc returns. `size` is the zone's item size in bytes, `arg`
 * what the caller of uma_zalloc_arg gave, `flags` its flags. Returns 0, or another value to make
 * the allocation fail: dtor is then not called, zfini is.
 */
typedef int (*uma_ctor)(void* mem, int size, void* arg, int flags);
/* Called for every item given to uma_zfree, before it is cached. */
typedef void (*uma_dtor)(void* mem, int size, void* arg);
/*
 * Called once for every item of a new slab (or, for a secondary zone, when the item enters the
 * zone). Returns 0, or another value: the items already initialised are given to fini and the slab
 * is released.
 */
typedef int (*uma_init)(void* mem, int size, int flags);
/* The opposite of init. */
typedef void (*uma_fini)(void* mem, int size);

/* Any NUMA domain. */
#define UMA_ANYDOMAIN (-1)

/*
 * The source of a cache-only zone: stores up to `count` items in `store` and returns how many.
 * `flags` are those of uma_zalloc. Several threads may call it, and release, at once. Called with
 * no lock held; it may allocate, also from other zones.
 */
typedef int (*uma_import)(void* arg, void** store, int count, int domain, int flags);
/*
 * Takes `count` items back. It may write to `store`. Whoever reclaims calls it too, from any
 * thread: it must not reclaim or destroy zones.
 */
typedef void (*uma_release)(void* arg, void** store, int count);

/*
 * Sets what UMA_ALIGN_CACHE means from now on: a mask, 0 to 4095, one less than a power of two; -1
 * changes nothing, any other value neither. At first 63, the line of this architecture.
 * Semantics: uma_set_align of the kernel's start.
 */
UMA_EXPORT void uma_set_align(int align);
UMA_EXPORT int uma_get_cache_align_mask(void);

/*
 * Makes a zone. `name` is copied (31 bytes are kept). `size` is in bytes, 1 to 1 MiB. `align` is a
 * mask, 0 to 4095, one less than a power of two, or UMA_ALIGN_CACHE. All four functions may be
 * null. Returns the zone, or null with errno EINVAL (size, align, flags) or ENOMEM. The caller owns
 * it. Semantics: uma_zcreate of zone(9); unlike there null is possible.
 */
UMA_EXPORT uma_zone_t uma_zcreate(const char* name, size_t size, uma_ctor ctor, uma_dtor dtor,
                                  uma_init init, uma_fini fini, int align, uint32_t flags);

/*
 * Makes a secondary zone: its own caches, ctor and dtor on the keg of `primary`, with zinit and
 * zfini run when an item enters and leaves this zone. Same size and alignment. Null with errno
 * EINVAL (no primary) or ENOMEM. The keg lives until the last of its zones is destroyed.
 * Semantics: uma_zsecond_create of zone(9).
 */
UMA_EXPORT uma_zone_t uma_zsecond_create(const char* name, uma_ctor ctor, uma_dtor dtor,
                                         uma_init zinit, uma_fini zfini, uma_zone_t primary);

/*
 * Makes a zone without a keg: per-CPU caches and buckets over `import` and `release`, which are
 * given `arg`. Items may be anything, memory or not, but null and above 2^63: descriptors,
 * identifiers, addresses. `size` is what ctor, dtor, zinit and zfini are told, and what the caches
 * are measured by, 0 or more bytes. ctor, dtor, zinit, zfini may be null; `flags` must be 0.
 * Null with errno EINVAL or ENOMEM. What is cached goes to `release` by uma_reclaim and
 * uma_zdestroy, but not by itself. Semantics: uma_zcache_create of FreeBSD.
 */
UMA_EXPORT uma_zone_t uma_zcache_create(const char* name, int size, uma_ctor ctor, uma_dtor dtor,
                                        uma_init zinit, uma_fini zfini, uma_import import,
                                        uma_release release, void* arg, int flags);

/*
 * Destroys a zone; null does nothing. All its items must have been freed and no thread may be
 * using it. Items still in use are reported on stderr and their memory is lost, not reused.
 * Semantics: uma_zdestroy of zone(9).
 */
UMA_EXPORT void uma_zdestroy(uma_zone_t zone);

/*
 * Returns an item, or null: no memory, or ctor (or init) refused; the zone counts the failure.
 * errno is ENOMEM where memory was refused. The caller owns the item until uma_zfree to this zone.
 * `arg` goes to ctor. Semantics: uma_zalloc_arg of zone(9), with two differences: with M_WAITOK,
 * too, null is possible, because a process cannot wait until the system has memory again; and
 * M_ZERO clears the item before ctor runs, so a constructed item stays constructed.
 */
UMA_EXPORT void* uma_zalloc_arg(uma_zone_t zone, void* arg, int flags);
UMA_EXPORT void* uma_zalloc(uma_zone_t zone, int flags);

/*
 * Gives an item back to the zone it came from; null is ignored. `arg` goes to dtor. errno is kept.
 * Semantics: uma_zfree_arg of zone(9).
 */
UMA_EXPORT void uma_zfree_arg(uma_zone_t zone, void* item, void* arg);
UMA_EXPORT void uma_zfree(uma_zone_t zone, void* item);

/*
 * Up to `count` items into `items`, as so many calls of uma_zalloc would give, but for the price of
 * a few: caches, buckets and slabs hand over batches. Returns how many; fewer than `count` where
 * uma_zalloc would have returned null, with errno set as there. 0 with EINVAL: no zone, or a
 * negative count. The caller owns them; each may be freed alone.
 */
UMA_EXPORT int uma_zalloc_bulk(uma_zone_t zone, void** items, int count, int flags);
/* Gives `count` items back to the zone they came from; none may be null. */
UMA_EXPORT void uma_zfree_bulk(uma_zone_t zone, void* const* items, int count);

/*
 * Makes slabs for `items` more items ahead of need, whatever the limit. Returns for how many: fewer
 * where memory or init is refused, 0 with errno EINVAL for a zone without a keg.
 * Semantics: uma_prealloc of zone(9), which returns nothing.
 */
UMA_EXPORT int uma_prealloc(uma_zone_t zone, int items);

/*
 * Sets the most items that there may be, 0: no limit. It counts exactly, over all zones of the keg,
 * and with what is cached; but an allocation that finds the limit reached takes what other caches
 * of the zone hold. Then, with M_NOWAIT, null is returned with errno ENOMEM; with M_WAITOK the
 * thread sleeps until an item comes back: first in, first out. May be called at any time; lowered
 * below what is in use, it is met as items come back. Without restartable sequences a zone with a
 * limit has no per-CPU caches, and what other threads hold in theirs from before counts until they
 * use the zone again. Returns nitems, or -1 with errno EINVAL (negative, no zone).
 * Semantics: uma_zone_set_max of zone(9).
 */
UMA_EXPORT int uma_zone_set_max(uma_zone_t zone, int nitems);
/* The limit, 0: none. -1 with errno EINVAL: no zone. */
UMA_EXPORT int uma_zone_get_max(uma_zone_t zone);
/*
 * Sets the most items that the zone's caches and buckets may hold together, about: a few for each
 * CPU, or none. Semantics: uma_zone_set_maxcache of zone(9).
 */
UMA_EXPORT void uma_zone_set_maxcache(uma_zone_t zone, int nitems);
/*
 * Whether the limit is reached, items in caches counted, or somebody waits. Neither takes a lock.
 * Semantics: uma_zone_exhausted and uma_zone_exhausted_nolock of zone(9).
 */
UMA_EXPORT int uma_zone_exhausted(uma_zone_t zone);
UMA_EXPORT int uma_zone_exhausted_nolock(uma_zone_t zone);
/* Sleeps until the zone is below its limit. Allocates nothing. As uma_zwait of FreeBSD. */
UMA_EXPORT void uma_zwait(uma_zone_t zone);
/*
 * Prints "uma: [zone: NAME] WARNING" on stderr when an allocation finds the limit reached, at most
 * every 300 seconds. `warning` is kept, not copied; null: nothing is printed.
 * Semantics: uma_zone_set_warning of zone(9).
 */
UMA_EXPORT void uma_zone_set_warning(uma_zone_t zone, const char* warning);
/*
 * Calls `action` when an allocation finds the limit reached, in that thread and with no lock held,
 * one thread at a time; then the allocation tries again. It may free items of this zone and
 * allocate; its second argument is 0. Null: nothing is called.
 * Semantics: uma_zone_set_maxaction of zone(9), where a kernel task calls it.
 */
typedef void (*uma_maxaction_t)(uma_zone_t zone, int unused);
UMA_EXPORT void uma_zone_set_maxaction(uma_zone_t zone, uma_maxaction_t action);

/*
 * Keeps `nitems` items that only M_USE_RESERVE gives out, in slabs that are not given back. They
 * are made by uma_prealloc or as items come back. Semantics: uma_zone_reserve of zone(9).
 */
UMA_EXPORT void uma_zone_reserve(uma_zone_t zone, int nitems);

/*
 * Replace callbacks: init and fini of the keg, zinit and zfini of the zone. Only before the zone
 * has items: then 0, else -1 with errno EBUSY; EINVAL: no zone, or no keg. Semantics: the functions
 * of these names of zone(9), which return nothing and panic.
 */
UMA_EXPORT int uma_zone_set_init(uma_zone_t zone, uma_init init);
UMA_EXPORT int uma_zone_set_fini(uma_zone_t zone, uma_fini fini);
UMA_EXPORT int uma_zone_set_zinit(uma_zone_t zone, uma_init zinit);
UMA_EXPORT int uma_zone_set_zfini(uma_zone_t zone, uma_fini zfini);

/* How much uma_reclaim gives back, FreeBSD's values. */
#define UMA_RECLAIM_DRAIN 1     /* all buckets of all zones, then all free slabs */
#define UMA_RECLAIM_DRAIN_CPU 2 /* per-CPU caches too */
#define UMA_RECLAIM_TRIM 3      /* only what was not used since the last trim */

/*
 * Gives cached memory of all zones back to the system. An unknown request does nothing.
 * Semantics: uma_reclaim of zone(9).
 */
UMA_EXPORT void uma_reclaim(int request);
UMA_EXPORT void uma_zone_reclaim(uma_zone_t zone, int request);

/*
 * Where the keg's slabs come from and go to: `alloc` returns `size` bytes, aligned to a page and
 * anywhere, or null, and notes in `*flag` what `free` will be told. With UMA_ZONE_ZINIT `wait`
 * contains M_ZERO, but the memory is cleared in any case. Both are called with no lock held.
 * Without `free` slabs are never given back. Only before the zone has slabs: then 0, else -1 with
 * errno EBUSY; EINVAL (no zone, no keg), ENOMEM. Semantics: uma_zone_set_allocf and
 * uma_zone_set_freef of zone(9), which return nothing.
 */
typedef void* (*uma_alloc)(uma_zone_t zone, size_t size, int domain, uint8_t* flag, int wait);
typedef void (*uma_free)(void* memory, size_t size, uint8_t flag);
UMA_EXPORT int uma_zone_set_allocf(uma_zone_t zone, uma_alloc allocf);
UMA_EXPORT int uma_zone_set_freef(uma_zone_t zone, uma_free freef);
/*
 * Reserves address space for `count` items at once, which becomes memory slab by slab and is never
 * given back, and makes `count` the limit. 1, or 0 with errno: EBUSY (there are slabs), ENOMEM,
 * EINVAL. Semantics: uma_zone_reserve_kva of FreeBSD, and uma_zone_set_obj before it.
 */
UMA_EXPORT int uma_zone_reserve_kva(uma_zone_t zone, int count);

/*
 * The count that belongs to an item of a zone with UMA_ZONE_REFCNT: 0 when the item's slab is made,
 * then what its users make it; it stays where it is while the item is allocated. Null with errno
 * EINVAL: no such item or zone. Semantics: uma_find_refcnt of the kernel.
 */
UMA_EXPORT uint32_t* uma_find_refcnt(uma_zone_t zone, void* item);

/*
 * Items of a zone with UMA_ZONE_PCPU: the slot of CPU c lies UMA_PCPU_ALLOC_SIZE * c bytes behind
 * what is returned. `size` of the zone is that of a slot, a page at most; M_ZERO clears all of
 * them. Null with errno EINVAL: another zone. uma_zcreate refuses the flag where all CPUs do not
 * fit in 2 MiB. Semantics: uma_zalloc_pcpu and uma_zfree_pcpu of FreeBSD.
 */
#define UMA_PCPU_ALLOC_SIZE 4096
UMA_EXPORT void* uma_zalloc_pcpu_arg(uma_zone_t zone, void* arg, int flags);
UMA_EXPORT void* uma_zalloc_pcpu(uma_zone_t zone, int flags);
UMA_EXPORT void uma_zfree_pcpu_arg(uma_zone_t zone, void* item, void* arg);
UMA_EXPORT void uma_zfree_pcpu(uma_zone_t zone, void* item);
/*
 * The slot that the calling thread uses now, 0 to uma_mp_maxid: of the CPU that it runs on, or,
 * where there are no restartable sequences, of its own. The thread may be moved before it writes,
 * so a slot is written with atomic instructions, which nobody else contends for.
 */
UMA_EXPORT int uma_curcpu(void);
UMA_EXPORT int uma_mp_maxid(void);
static inline void* zpcpu_get_cpu(void* base, int cpu) {
  return (char*)base + (size_t)UMA_PCPU_ALLOC_SIZE * (size_t)cpu;
}
static inline void* zpcpu_get(void* base) { return zpcpu_get_cpu(base, uma_curcpu()); }

/*
 * Memory that belongs to no zone, in whole pages and zero, and its return; null is ignored. Null
 * with errno ENOMEM or EINVAL (size 0). `flags` as of uma_zalloc; it never sleeps.
 * Semantics: uma_large_malloc and uma_large_free of the kernel.
 */
UMA_EXPORT void* uma_large_malloc(size_t size, int flags);
UMA_EXPORT void uma_large_free(void* memory);

/*
 * The most bytes that may be held from the system, 0: no limit; the allocator's own tables count
 * but are never refused. Beyond it memory is refused as if the system had refused it: what is free
 * goes back first, then malloc and M_NOWAIT return null with errno ENOMEM, M_WAITOK calls the
 * handlers below and tries again for a second. It holds to about 2 MiB, or the largest block that
 * another thread maps at the same time. At first the option kmemlimit. As vm.uma_kmem_limit of
 * FreeBSD.
 */
UMA_EXPORT uint64_t uma_kmem_limit(void);
UMA_EXPORT void uma_set_kmem_limit(uint64_t bytes);
/* Bytes held from the system, as vm.uma_kmem_total of FreeBSD. */
UMA_EXPORT uint64_t uma_kmem_total(void);

/*
 * Adds a function that frees what a program can do without; `priority`: the highest is called
 * first. Called when memory is refused to an allocation with M_WAITOK, in its thread, with no lock
 * held, one thread at a time and not from within itself; it may allocate and free. 0, or -1 with
 * errno EINVAL (null) or ENOMEM (32 are there). As the event vm_lowmem of FreeBSD.
 */
#define UMA_LOWMEM_MEMORY 1 /* reason: memory was refused */
typedef void (*uma_lowmem_handler)(void* arg, int reason);
UMA_EXPORT int uma_lowmem_register(uma_lowmem_handler handler, void* arg, int priority);
/* Takes it away; it may be running in another thread still. -1 with errno ENOENT: it is not there.
 */
UMA_EXPORT int uma_lowmem_deregister(uma_lowmem_handler handler, void* arg);

/*
 * Begins and ends a section of the calling thread in which it must not sleep. With the option
 * invariants each call of uma_zalloc with M_WAITOK in one is named on stderr, once for each place.
 * Sections nest. As WITNESS_WARN of the kernel for locks that are held.
 */
UMA_EXPORT void uma_nosleep_enter(void);
UMA_EXPORT void uma_nosleep_exit(void);

/* Counters of one zone. Exact when no thread is using the zone, else as of about now. */
struct uma_zone_stats {
  uint64_t allocs;
  uint64_t frees;
  uint64_t fails;
  uint64_t used;      /* allocs - frees */
  uint64_t cached;    /* items in per-CPU caches and buckets */
  uint64_t keg_free;  /* items in slabs */
  uint64_t keg_bytes; /* address space of the keg's slabs */
};

/* Fills `stats`. */
UMA_EXPORT void uma_zone_get_stats(uma_zone_t zone, struct uma_zone_stats* stats);
/* Items in use, as uma_zone_get_cur of FreeBSD. */
UMA_EXPORT int uma_zone_get_cur(uma_zone_t zone);
/* Bytes of address space that the zone's slabs take, as uma_zone_memory of FreeBSD. */
UMA_EXPORT size_t uma_zone_memory(uma_zone_t zone);

/* Takes one line of text, without a newline; it may allocate, but not destroy a zone. */
typedef void (*uma_sink)(void* arg, const char* line);
/*
 * Prints the zone table (columns of vmstat -z) on stderr, or to `sink`, null: stderr. Allocates
 * nothing. Semantics: uma_print_stats of the kernel.
 */
UMA_EXPORT void uma_print_stats(void);
UMA_EXPORT void uma_print_stats_to(uma_sink sink, void* arg);
/*
 * Prints all about one zone: sizes, limit, counts, the slabs of its keg, the cache of each CPU.
 * errno EINVAL: no zone. Semantics: uma_print_zone of the kernel.
 */
UMA_EXPORT void uma_print_zone(uma_zone_t zone);
UMA_EXPORT void uma_print_zone_to(uma_zone_t zone, uma_sink sink, void* arg);
/* Prints the zones by the memory that they hold, as `show uma` of the kernel's debugger. */
UMA_EXPORT void uma_show_stats_to(uma_sink sink, void* arg);

/*
 * Reads the node `name` into `oldp` (null: only its size is asked for), of which *oldlenp bytes are
 * there; *oldlenp becomes the size of the value. `newp` with `newlen` bytes, if not null, is the
 * new value. 0, or -1 with errno as sysctl(3) has it: ENOENT (no such node), ENOMEM (too little
 * room; what fits was copied), EPERM (read-only), EINVAL (not a value of this node). vm.zone_count
 * int vm.zone_stats        the zones with all counters, in FreeBSD's format of that name
 *   vm.uma.ZONE.*        one zone; what does not fit in a name is _, the second of a name is NAME_1
 *   vm.uma_kmem_limit    uint64_t, writable: uma_kmem_limit
 *   vm.uma_kmem_total    uint64_t: bytes held from the system
 *   vm.zone_warnings     int, writable: whether uma_zone_set_warning's are printed
 *   vm.debug.trashed     uint64_t: free items that invariants filled; skipped: that trash left out
 *   vm.debug.divisor     int: the option trash
 *   debug.uma_reclaim    int, writable: a request for uma_reclaim
 * Numbers are int or, where the kernel has a long, uint64_t. Zones may come and go meanwhile.
 */
UMA_EXPORT int uma_sysctlbyname(const char* name, void* oldp, size_t* oldlenp, const void* newp,
                                size_t newlen);
/*
 * The name after `previous`, null: the first, in `name` of `size` bytes; 128 are enough. 0, or -1
 * with errno ENOENT: there are no more, or `previous` is not there; ENOMEM: too little room.
 */
UMA_EXPORT int uma_sysctl_next(const char* previous, char* name, size_t size);

/*
 * A node of a library on top. `handler` is called with no lock held and returns 0 or an errno
 * value; uma_sysctl_handle does all that there is to do for a plain variable.
 */
struct uma_sysctl_node {
  const char* name;
  int (*handler)(void* arg, void* oldp, size_t* oldlenp, const void* newp, size_t newlen);
  void* arg;
};
struct uma_sysctl_set {
  const struct uma_sysctl_node* nodes;
  size_t count;
  struct uma_sysctl_set* next; /* the library's */
};
/*
 * Adds nodes, and takes them away again, after which none may be in use. The caller owns the set;
 * it stays where it is in between.
 */
UMA_EXPORT void uma_sysctl_register(struct uma_sysctl_set* set);
UMA_EXPORT void uma_sysctl_deregister(struct uma_sysctl_set* set);
/* Reads and writes a variable of `size` bytes. Returns 0, ENOMEM or EINVAL. */
UMA_EXPORT int uma_sysctl_handle(void* value, size_t size, void* oldp, size_t* oldlenp,
                                 const void* newp, size_t newlen);

#ifdef __cplusplus
}
#endif

#endif /* UMA_UMA_H_ */
