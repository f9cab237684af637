// SPDX-License-Identifier: BSD-2-Clause
// What tools read from other processes: a change of any offset needs a new version number, and then
// this table is written anew.
#include <gtest/gtest.h>
#include <stddef.h>
#include <string.h>

#include "alloc/base/layout.h"

namespace {

static_assert(UMA_LAYOUT_VERSION == 2);
static_assert(UMA_LAYOUT_NAME_MAX == 32);
static_assert(UMA_LAYOUT_EXTENSIONS == 8);
static_assert(UMA_LAYOUT_KIND_MALLOC == 1);
static_assert(UMA_LAYOUT_KIND_ZONE == 2);
static_assert(UMA_LAYOUT_KIND_INTERNAL == 3);
static_assert(UMA_LAYOUT_ZONE_SECONDARY == 1);

static_assert(sizeof(uma_layout_entry) == 16);
static_assert(offsetof(uma_layout_entry, top) == 0);
static_assert(offsetof(uma_layout_entry, allocs) == 8);

static_assert(sizeof(uma_layout_cold) == 8);
static_assert(offsetof(uma_layout_cold, start) == 0);
static_assert(offsetof(uma_layout_cold, cap) == 4);
static_assert(offsetof(uma_layout_cold, last_miss) == 6);

static_assert(sizeof(uma_layout_cpu) == 32);
static_assert(offsetof(uma_layout_cpu, region) == 0);
static_assert(offsetof(uma_layout_cpu, cached_bytes_max) == 8);
static_assert(offsetof(uma_layout_cpu, budget) == 16);
static_assert(offsetof(uma_layout_cpu, array_bytes) == 24);

static_assert(sizeof(uma_layout_keg) == 56);
static_assert(offsetof(uma_layout_keg, rsize) == 0);
static_assert(offsetof(uma_layout_keg, ipers) == 4);
static_assert(offsetof(uma_layout_keg, slab_bytes) == 8);
static_assert(offsetof(uma_layout_keg, align) == 12);
static_assert(offsetof(uma_layout_keg, slabs) == 16);
static_assert(offsetof(uma_layout_keg, free_items) == 24);
static_assert(offsetof(uma_layout_keg, slab_allocs) == 32);
static_assert(offsetof(uma_layout_keg, slab_frees) == 40);
static_assert(offsetof(uma_layout_keg, purged_bytes) == 48);

static_assert(sizeof(uma_layout_zone) == 192);
static_assert(offsetof(uma_layout_zone, next) == 0);
static_assert(offsetof(uma_layout_zone, name) == 8);
static_assert(offsetof(uma_layout_zone, size) == 40);
static_assert(offsetof(uma_layout_zone, kind) == 44);
static_assert(offsetof(uma_layout_zone, flags) == 48);
static_assert(offsetof(uma_layout_zone, entry) == 52);
static_assert(offsetof(uma_layout_zone, keg) == 56);
static_assert(offsetof(uma_layout_zone, slow_allocs) == 64);
static_assert(offsetof(uma_layout_zone, slow_frees) == 72);
static_assert(offsetof(uma_layout_zone, moved_in) == 80);
static_assert(offsetof(uma_layout_zone, moved_out) == 88);
static_assert(offsetof(uma_layout_zone, corrections) == 96);
static_assert(offsetof(uma_layout_zone, fails) == 104);
static_assert(offsetof(uma_layout_zone, sleeps) == 112);
static_assert(offsetof(uma_layout_zone, limit) == 120);
static_assert(offsetof(uma_layout_zone, bucket_items) == 128);
static_assert(offsetof(uma_layout_zone, ops_started) == 136);
static_assert(offsetof(uma_layout_zone, ops_finished) == 140);
static_assert(offsetof(uma_layout_zone, wss) == 144);

static_assert(sizeof(uma_layout_large) == 56);
static_assert(offsetof(uma_layout_large, allocs) == 0);
static_assert(offsetof(uma_layout_large, frees) == 8);
static_assert(offsetof(uma_layout_large, used_bytes) == 16);
static_assert(offsetof(uma_layout_large, run_bytes) == 24);
static_assert(offsetof(uma_layout_large, cached_blocks) == 32);
static_assert(offsetof(uma_layout_large, cached_bytes) == 40);
static_assert(offsetof(uma_layout_large, fails) == 48);

static_assert(sizeof(uma_layout_pages) == 88);
static_assert(offsetof(uma_layout_pages, arena_base) == 0);
static_assert(offsetof(uma_layout_pages, arena_reserved) == 8);
static_assert(offsetof(uma_layout_pages, arena_committed) == 16);
static_assert(offsetof(uma_layout_pages, runs_free_dirty) == 24);
static_assert(offsetof(uma_layout_pages, runs_used) == 32);
static_assert(offsetof(uma_layout_pages, purged_bytes) == 40);
static_assert(offsetof(uma_layout_pages, purge_calls) == 48);
static_assert(offsetof(uma_layout_pages, meta_mapped) == 56);
static_assert(offsetof(uma_layout_pages, meta_used) == 64);
static_assert(offsetof(uma_layout_pages, side_mapped) == 72);
static_assert(offsetof(uma_layout_pages, slab_idle) == 80);

static_assert(sizeof(uma_layout_extension) == 32);
static_assert(offsetof(uma_layout_extension, name) == 0);
static_assert(offsetof(uma_layout_extension, address) == 16);
static_assert(offsetof(uma_layout_extension, size) == 24);
static_assert(offsetof(uma_layout_extension, version) == 28);

static_assert(offsetof(struct uma_layout, magic) == 0);
static_assert(offsetof(struct uma_layout, version) == 8);
static_assert(offsetof(struct uma_layout, size) == 12);
static_assert(offsetof(struct uma_layout, zone_size) == 16);
static_assert(offsetof(struct uma_layout, keg_size) == 20);
static_assert(offsetof(struct uma_layout, cpu_count) == 24);
static_assert(offsetof(struct uma_layout, rseq) == 28);
static_assert(offsetof(struct uma_layout, cpus) == 32);
static_assert(offsetof(struct uma_layout, zones) == 40);
static_assert(offsetof(struct uma_layout, zone_count) == 48);
static_assert(offsetof(struct uma_layout, generation) == 52);
static_assert(offsetof(struct uma_layout, pid) == 56);
static_assert(offsetof(struct uma_layout, large) == 64);
static_assert(offsetof(struct uma_layout, pages) == 120);
static_assert(offsetof(struct uma_layout, extensions) == 208);
static_assert(sizeof(struct uma_layout) == 464);

TEST(PublishedLayout, MagicReadsAsText) {
  const uma_u64 magic = UMA_LAYOUT_MAGIC;
  EXPECT_EQ(memcmp(&magic, "UUMSTAT1", 8), 0);
}

}  // namespace
