// SPDX-License-Identifier: BSD-2-Clause
//
// posix_memalign, memalign, aligned_alloc, valloc, pvalloc.
#include <malloc.h>
#include <sys/resource.h>

#include <initializer_list>

#include "tests/conformance/sizes.h"

namespace {

using check::Opaque;

void Use(void* block, size_t alignment, size_t n) {
  if (block == nullptr) return CHECK(block != nullptr);
  CHECK_EQ(Address(block) % alignment, 0);
  CHECK(malloc_usable_size(block) >= n);
  memset(block, 0x3c, n);
  free(block);
}

void EveryAlignment() {
  for (size_t alignment = 1; alignment <= (2 << 20); alignment *= 2) {
    for (size_t n :
         {0, 1, 7, 16, 24, 100, 1000, 1024, 1025, 4095, 4096, 5000, 33000, 70000, 1100000}) {
      Use(memalign(alignment, n), alignment, n);
      Use(aligned_alloc(alignment, n), alignment, n);
      if (alignment < sizeof(void*)) continue;
      void* block = nullptr;
      CHECK_EQ(posix_memalign(&block, alignment, n), 0);
      Use(block, alignment, n);
    }
  }
}

// Live at the same time, so that padding of one is not memory of another.
void ManyAtOnce() {
  constexpr int kCount = 500;
  static void* blocks[kCount];
  for (size_t alignment : {64, 256, 4096, 16384}) {
    for (int i = 0; i < kCount; i++) {
      const size_t n = 1 + static_cast<size_t>(i) * 13 % 3000;
      CHECK_EQ(posix_memalign(&blocks[i], alignment, n), 0);
      CHECK_EQ(Address(blocks[i]) % alignment, 0);
      memset(blocks[i], i, n);
    }
    for (int i = 0; i < kCount; i++) {
      const size_t n = 1 + static_cast<size_t>(i) * 13 % 3000;
      CHECK(AllBytes(blocks[i], static_cast<unsigned char>(i), n));
      free(blocks[i]);
    }
  }
}

void PosixErrors() {
  void* const mark = reinterpret_cast<void*>(0x5a5a);
  // Powers of two too small, no powers of two, multiples of a pointer that are no power of two.
  for (size_t alignment : {0, 1, 2, 3, 4, 5, 7, 9, 12, 24, 40, 48, 56, 4104, 12288}) {
    void* block = mark;
    errno = 99;
    CHECK_EQ(posix_memalign(&block, Opaque(alignment), 64), EINVAL);
    CHECK(block == mark);
    CHECK_EQ(errno, 99);
  }
  for (size_t n : kTooLarge) {
    void* block = mark;
    errno = 99;
    CHECK_EQ(posix_memalign(&block, 64, Opaque(n)), ENOMEM);
    CHECK(block == mark);
    CHECK_EQ(errno, ENOMEM);  // beyond POSIX, as glibc's
  }
}

void MemalignRoundsUp() {
  const size_t pairs[][2] = {{0, 16},    {3, 16},      {24, 32},     {33, 64},    {48, 64},
                             {100, 128}, {1000, 1024}, {4097, 8192}, {5000, 8192}};
  for (const auto& pair : pairs) {
    for (int i = 0; i < 20; i++) Use(memalign(Opaque(pair[0]), 100), pair[1], 100);
  }
}

void AlignedAlloc() {
  // The size need not be a multiple of the alignment.
  for (size_t n : {1, 63, 65, 100, 1000}) Use(aligned_alloc(64, n), 64, n);
  // glibc started to refuse these with 2.38.
  if (!check::WithLibrary()) return;
  for (size_t alignment : {0, 3, 6, 12, 24, 48, 100, 4097}) {
    errno = 0;
    CHECK(aligned_alloc(Opaque(alignment), 100) == nullptr);
    CHECK_EQ(errno, EINVAL);
  }
}

void TooLarge() {
  for (size_t n : kTooLarge) {
    for (size_t alignment : {16, 64, 4096, 1 << 21}) {
      errno = 0;
      CHECK(memalign(alignment, Opaque(n)) == nullptr);
      CHECK_EQ(errno, ENOMEM);
      errno = 0;
      CHECK(aligned_alloc(alignment, Opaque(n)) == nullptr);
      CHECK_EQ(errno, ENOMEM);
    }
    errno = 0;
    CHECK(valloc(Opaque(n)) == nullptr);
    CHECK_EQ(errno, ENOMEM);
    errno = 0;
    CHECK(pvalloc(Opaque(n)) == nullptr);
    CHECK_EQ(errno, ENOMEM);
  }
}

long MaxResidentKib() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

// Address space may be there or not; memory must not be spent on the gap.
void HugeAlignment() {
  const long before = MaxResidentKib();
  for (int shift : {22, 25, 28, 30, 32, 36, 40, 46, 62, 63}) {
    const size_t alignment = static_cast<size_t>(1) << shift;
    for (size_t n : {1, 100, 5000, 3000000}) {
      errno = 0;
      void* block = memalign(Opaque(alignment), n);
      if (block == nullptr) {
        CHECK(errno == ENOMEM || errno == EINVAL);
        continue;
      }
      CHECK_EQ(Address(block) % alignment, 0);
      static_cast<char*>(block)[0] = 1;
      static_cast<char*>(block)[n - 1] = 1;
      free(block);
    }
    void* block = nullptr;
    const int error = posix_memalign(&block, alignment, 10);
    CHECK(error == 0 ? block != nullptr : error == ENOMEM && block == nullptr);
    free(block);
  }
  // No power of two lies above this one.
  errno = 0;
  CHECK(memalign(Opaque((static_cast<size_t>(1) << 63) + 1), 10) == nullptr);
  CHECK(errno == EINVAL || errno == ENOMEM);
  CHECK(MaxResidentKib() - before < 64 << 10);
}

void Pages() {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  for (size_t n : {0, 1, 100, 4095, 4096, 4097, 70000, 2000000}) Use(valloc(n), page, n);
  for (size_t n : {0, 1, 100, 4095, 4096, 4097, 70000, 2000000}) {
    void* block = pvalloc(n);
    const size_t whole = n == 0 ? page : (n + page - 1) / page * page;
    // glibc gives no byte for pvalloc(0).
    Use(block, page, check::WithLibrary() || n != 0 ? whole : 0);
  }
}

}  // namespace

int main() {
  EveryAlignment();
  ManyAtOnce();
  PosixErrors();
  MemalignRoundsUp();
  AlignedAlloc();
  TooLarge();
  Pages();
  HugeAlignment();
  return check::Result();
}
