// SPDX-License-Identifier: BSD-2-Clause
// The malloc family under libc's names, with glibc's semantics and errno values. malloc and free
// themselves are in entry_x86_64.S.
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "alloc/base/log.h"
#include "alloc/base/util.h"
#include "alloc/heap/heap.h"
#include "alloc/uma/background.h"
#include "alloc/uma/uma.h"
#include "preload/visible.h"

namespace uma {
extern "C" {

void* uma_malloc(size_t size);

// Where the fast path of malloc continues.
void* uma_malloc_miss(size_t offset);
void* uma_malloc_locked(size_t offset);
void* uma_malloc_large(size_t size);
int uma_vfork_failed(int error);

}  // extern "C"

namespace {

void* or_enomem(void* p) {
  if (unlikely(!p)) errno = ENOMEM;
  return p;
}

size_t power_of_two_from(size_t n) {
  return n <= 1 ? 1 : size_t{1} << (64 - __builtin_clzll(n - 1));
}

}  // namespace

extern "C" {

void* uma_malloc_miss(size_t offset) {
  void* p = or_enomem(uma_heap_alloc_miss(offset));
  background_poll(__builtin_return_address(0));
  return p;
}
void* uma_malloc_locked(size_t offset) { return or_enomem(uma_heap_alloc_locked(offset)); }
void* uma_malloc_large(size_t size) { return or_enomem(uma_heap_alloc_large(size)); }

int uma_vfork_failed(int error) {
  errno = -error;
  return -1;
}

UMA_LIBC void* calloc(size_t count, size_t size) {
  size_t total;
  if (unlikely(__builtin_mul_overflow(count, size, &total))) return or_enomem(nullptr);
  if (unlikely(total > kSmallMax)) return or_enomem(heap_alloc_zeroed(total));
  void* p = uma_malloc(total);
  return likely(p != nullptr) ? memset(p, 0, total) : nullptr;
}

// Apart, so that the usual case of realloc saves no register.
[[gnu::noinline]] static void* move(void* p, size_t size, const void* caller) {
  if (!p) return uma_malloc(size);
  if (unlikely(size == 0)) {
    heap_free(p, "realloc");
    return nullptr;
  }
  void* moved = or_enomem(heap_resize(p, size));
  background_poll(caller);
  return moved;
}

UMA_LIBC void* realloc(void* p, size_t size) {
  return likely(heap_keeps(p, size)) ? p : move(p, size, __builtin_return_address(0));
}

UMA_LIBC void* memalign(size_t align, size_t size) {
  if (align > size_t{1} << 63) {
    errno = EINVAL;
    return nullptr;
  }
  return or_enomem(heap_alloc_aligned(power_of_two_from(align), size));
}

UMA_LIBC int posix_memalign(void** out, size_t align, size_t size) {
  if (!is_power_of_two(align) || align % sizeof(void*) != 0) return EINVAL;
  void* p = heap_alloc_aligned(align, size);
  if (!p) return errno = ENOMEM;  // POSIX does not ask for errno, programs of glibc do
  *out = p;
  return 0;
}

UMA_LIBC void* aligned_alloc(size_t align, size_t size) {
  if (!is_power_of_two(align)) {
    errno = EINVAL;
    return nullptr;
  }
  return or_enomem(heap_alloc_aligned(align, size));
}

UMA_LIBC void* valloc(size_t size) { return or_enomem(heap_alloc_aligned(kPage, size)); }

UMA_LIBC void* pvalloc(size_t size) {
  if (size > PTRDIFF_MAX) return or_enomem(nullptr);
  return or_enomem(heap_alloc_aligned(kPage, round_up(max(size, size_t{1}), kPage)));
}

UMA_LIBC size_t malloc_usable_size(void* p) { return heap_usable_size(p, "malloc_usable_size"); }

UMA_LIBC int malloc_trim(size_t pad) {
  const int saved = errno;
  const bool given = heap_trim(pad);
  errno = saved;
  return given;
}

// The parameters that glibc knows are accepted, and none has an effect: they set what has no
// counterpart here.
UMA_LIBC int mallopt(int parameter, int) {
  return parameter == M_MXFAST || (parameter <= M_TRIM_THRESHOLD && parameter >= M_ARENA_MAX);
}

UMA_LIBC struct mallinfo2 mallinfo2() {
  const HeapStats stats = heap_stats();
  struct mallinfo2 info = {};
  info.arena = stats.mapped - stats.large_bytes;
  info.hblks = stats.large_blocks;
  info.hblkhd = stats.large_bytes;
  info.uordblks = stats.in_use - stats.large_bytes;
  info.fordblks = stats.small_free;
  return info;
}

UMA_LIBC struct mallinfo mallinfo() {
  const struct mallinfo2 wide = mallinfo2();
  struct mallinfo info = {};
  info.arena = int(wide.arena);
  info.hblks = int(wide.hblks);
  info.hblkhd = int(wide.hblkhd);
  info.uordblks = int(wide.uordblks);
  info.fordblks = int(wide.fordblks);
  return info;
}

// The last lines are glibc's.
UMA_LIBC void malloc_stats() {
  uma_print_stats();
  const HeapStats stats = heap_stats();
  Line line;
  line.text("max mmap regions = ").number(stats.most_mappings, 10).write_stderr();
  line.text("max mmap bytes   = ").number(stats.most_mapping_bytes, 10).write_stderr();
}

UMA_LIBC int malloc_info(int options, FILE* out) {
  if (options != 0) return EINVAL;
  const HeapStats stats = heap_stats();
  fprintf(out,
          "<malloc version=\"uma-1\">\n"
          "<total type=\"in-use\" size=\"%zu\"/>\n"
          "<total type=\"free\" size=\"%zu\"/>\n"
          "<total type=\"mmap\" count=\"%zu\" size=\"%zu\"/>\n"
          "<system type=\"current\" size=\"%zu\"/>\n"
          "</malloc>\n",
          stats.in_use, stats.small_free, stats.large_blocks, stats.large_bytes, stats.mapped);
  return 0;
}

}  // extern "C"
}  // namespace uma
