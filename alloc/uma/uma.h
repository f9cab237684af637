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
#define M_NOWAIT 0x0001 /* never sleep */
#define M_WAITOK 0x0002 /* may sleep; unlike in the kernel the answer may still be null */
#define M_ZERO 0x0100   /* zero the item before ctor runs */

/* Alignment masks for uma_zcreate. */
#define UMA_ALIGN_PTR (sizeof(void*) - 1)
#define UMA_ALIGN_LONG (sizeof(long) - 1)
#define UMA_ALIGN_INT (sizeof(int) - 1)
#define UMA_ALIGN_SHORT (sizeof(short) - 1)
#define UMA_ALIGN_CHAR (sizeof(char) - 1)
#define UMA_ALIGN_CACHE 63

/* Zone flags, FreeBSD's values. */
#define UMA_ZONE_ZINIT 0x0002  /* items are zero when they leave the keg for the first time */
#define UMA_ZONE_NOFREE 0x0020 /* slabs are never given back */

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

/*
 * Makes a zone. `name` is copied (31 bytes are kept). `size` is in bytes, 1 to 1 MiB. `align` is a
 * mask, 0 to 4095, one less than a power of two. All four functions may be null.
 * Returns the zone, or null with errno EINVAL (size, align, flags) or ENOMEM. The caller owns it.
 * Semantics: uma_zcreate of zone(9); unlike there null is possible.
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
 * Makes slabs for at least `items` more items ahead of need. Stops early where memory is refused.
 * Semantics: uma_prealloc of zone(9).
 */
UMA_EXPORT void uma_prealloc(uma_zone_t zone, int items);

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
/* Prints the zone table (columns of vmstat -z) on stderr. Allocates nothing. */
UMA_EXPORT void uma_print_stats(void);

#ifdef __cplusplus
}
#endif

#endif /* UMA_UMA_H_ */
