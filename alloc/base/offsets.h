/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers that the assembly shares with C++, in bytes where nothing else is said. What they stand
 * for is in C++, with a static_assert beside it.
 */
#ifndef UMA_BASE_OFFSETS_H_
#define UMA_BASE_OFFSETS_H_

/* struct Hot */
#define UMA_HOT_BASE 0
#define UMA_HOT_LIMIT 8
#define UMA_HOT_RSEQ 16

/* The page map: how far below the arena it lies, and the shift from an address to its granule. */
#define UMA_MAP_BELOW 0x20000000
#define UMA_GRANULE_SHIFT 16

/* The slot of CPU 0 in uma_percpu_table: two sentinels come first. */
#define UMA_TABLE_CPU0 16
/* PercpuTls::aborts */
#define UMA_TLS_ABORTS 32
/* What the kernel wants before an abort handler: glibc's value. */
#define UMA_RSEQ_SIGNATURE 0x53053053

/* Size classes: the largest small one, and the largest of all. */
#define UMA_SMALL_MAX 1024
#define UMA_CLASS_MAX 0x100000

/* Zone::slow_flags and Zone::fast_offset. */
#define UMA_ZONE_SLOW_FLAGS 192
#define UMA_ZONE_FAST_OFFSET 196

#endif /* UMA_BASE_OFFSETS_H_ */
