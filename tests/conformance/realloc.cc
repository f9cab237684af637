// SPDX-License-Identifier: BSD-2-Clause
//
// realloc and reallocarray: content, failure that keeps the block, size zero.
#include <malloc.h>

#include <initializer_list>

#include "tests/conformance/sizes.h"

namespace {

using check::Opaque;

// The byte that belongs at an offset; the period has no common factor with a size class.
unsigned char Expected(size_t offset) { return static_cast<unsigned char>(offset % 251); }

void Fill(unsigned char* block, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) block[i] = Expected(i);
}

bool Holds(const unsigned char* block, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (block[i] != Expected(i)) return false;
  }
  return true;
}

unsigned char* Resize(unsigned char* block, size_t n) {
  void* moved = realloc(block, n);
  REQUIRE(moved != nullptr);
  CHECK_EQ(Address(moved) % 16, 0);
  CHECK(malloc_usable_size(moved) >= n);
  return static_cast<unsigned char*>(moved);
}

void GrowAndShrinkSlowly() {
  unsigned char* block = nullptr;
  size_t held = 0;
  EachSize(9000, [&](size_t n) {
    block = Resize(block, n);
    CHECK(Holds(block, held < n ? held : n));
    Fill(block, 0, n);
    held = n;
  });
  while (held > 1) {
    held -= held > 1000 ? 37 : 1;
    block = Resize(block, held);
    CHECK(Holds(block, held));
  }
  free(block);
}

// From every kind of size to every other kind.
void Pairs() {
  const size_t sizes[] = {1,
                          16,
                          24,
                          200,
                          1024,
                          1040,
                          4096,
                          9000,
                          32768,
                          65536,
                          65552,
                          200000,
                          1 << 20,
                          1048592,
                          2 << 20,
                          5 << 20,
                          (9 << 20) + 4096};
  for (size_t from : sizes) {
    for (size_t to : sizes) {
      unsigned char* block = static_cast<unsigned char*>(malloc(from));
      REQUIRE(block != nullptr);
      Fill(block, 0, from);
      block = Resize(block, to);
      CHECK(Holds(block, from < to ? from : to));
      block[to - 1] = 1;
      free(block);
    }
  }
}

void GrowLargeAmongNeighbours() {
  unsigned char* block = static_cast<unsigned char*>(malloc(2 << 20));
  Fill(block, 0, 2 << 20);
  size_t held = 2 << 20;
  for (int i = 0; i < 12; i++) {
    void* neighbour = malloc(3 << 20);
    block = Resize(block, held + (2 << 20));
    CHECK(Holds(block, held));
    Fill(block, held, held + (2 << 20));
    held += 2 << 20;
    free(neighbour);
  }
  while (held > (2 << 20)) {
    held -= 3 << 20;
    if (held < (1 << 20)) break;
    block = Resize(block, held);
    CHECK(Holds(block, held));
  }
  free(block);
}

void AlignedBlocks() {
  for (size_t alignment = 32; alignment <= (2 << 20); alignment *= 4) {
    for (size_t n : {10, 1000, 70000, 1500000}) {
      unsigned char* block = static_cast<unsigned char*>(memalign(alignment, n));
      REQUIRE(block != nullptr);
      Fill(block, 0, n);
      block = Resize(block, 2 * n);
      CHECK(Holds(block, n));
      block = Resize(block, n / 2);
      CHECK(Holds(block, n / 2));
      free(block);
    }
  }
}

void NullAndZero() {
  for (size_t n : {0, 1, 100, 5000, 2000000}) {
    void* block = realloc(nullptr, Opaque(n));
    CHECK(block != nullptr);
    errno = 4711;
    CHECK(realloc(Opaque(block), Opaque<size_t>(0)) == nullptr);
    CHECK_EQ(errno, 4711);
  }
  // Freed for real: a leak of the old block would need 10 GB.
  for (int i = 0; i < 10000; i++) {
    void* block = malloc(1 << 20);
    REQUIRE(block != nullptr);
    static_cast<char*>(block)[0] = 1;
    CHECK(realloc(Opaque(block), Opaque<size_t>(0)) == nullptr);
  }
}

void FailureKeepsTheBlock() {
  for (size_t n : {1, 100, 5000, 100000, 3000000}) {
    unsigned char* block = static_cast<unsigned char*>(malloc(n));
    Fill(block, 0, n);
    for (size_t huge : kTooLarge) {
      errno = 0;
      CHECK(realloc(Opaque(block), Opaque(huge)) == nullptr);
      CHECK_EQ(errno, ENOMEM);
    }
    errno = 0;
    CHECK(realloc(Opaque(block), Opaque(size_t{1} << 62)) == nullptr);
    CHECK_EQ(errno, ENOMEM);
    CHECK(Holds(block, n));
    free(block);
  }
  for (size_t huge : kTooLarge) {
    errno = 0;
    CHECK(realloc(nullptr, Opaque(huge)) == nullptr);
    CHECK_EQ(errno, ENOMEM);
  }
}

void Array() {
  unsigned char* block = static_cast<unsigned char*>(reallocarray(nullptr, 10, 100));
  REQUIRE(block != nullptr);
  Fill(block, 0, 1000);
  block = static_cast<unsigned char*>(reallocarray(block, 100, 100));
  REQUIRE(block != nullptr);
  CHECK(Holds(block, 1000));
  errno = 0;
  CHECK(reallocarray(Opaque(block), Opaque(size_t{1} << 32), Opaque(size_t{1} << 32)) == nullptr);
  CHECK_EQ(errno, ENOMEM);
  for (size_t huge : kTooLarge) {
    errno = 0;
    CHECK(reallocarray(Opaque(block), Opaque(huge), 1) == nullptr);
    CHECK_EQ(errno, ENOMEM);
  }
  CHECK(Holds(block, 1000));
  free(block);
}

}  // namespace

int main() {
  GrowAndShrinkSlowly();
  Pairs();
  GrowLargeAmongNeighbours();
  AlignedBlocks();
  NullAndZero();
  FailureKeepsTheBlock();
  Array();
  return check::Result();
}
