// SPDX-License-Identifier: BSD-2-Clause
//
// malloc and free: zero sizes, alignment, sizes that cannot be, errno.
#include <malloc.h>

#include <initializer_list>

#include "tests/conformance/sizes.h"

namespace {

using check::Opaque;

void ZeroSize() {
  void* blocks[100];
  for (void*& block : blocks) {
    block = malloc(Opaque<size_t>(0));
    CHECK(block != nullptr);
    for (void** earlier = blocks; earlier < &block; earlier++) CHECK(*earlier != block);
  }
  for (void* block : blocks) free(block);
}

void Alignment() {
  EachSize(64 << 20, [](size_t n) {
    char* block = static_cast<char*>(malloc(n));
    if (block == nullptr) return CHECK(block != nullptr);
    CHECK_EQ(Address(block) % 16, 0);
    block[0] = 1;
    block[n - 1] = 2;
    CHECK(malloc_usable_size(block) >= n);
    free(block);
  });
}

// Neighbours that are live at the same time must not share a byte.
void Distinct() {
  constexpr int kCount = 64;
  unsigned char* blocks[kCount];
  for (size_t n : {1, 8, 15, 16, 17, 24, 32, 100, 1000, 1024, 1025, 5000, 40000, 100000, 1200000}) {
    for (int i = 0; i < kCount; i++) {
      blocks[i] = static_cast<unsigned char*>(malloc(n));
      REQUIRE(blocks[i] != nullptr);
      memset(blocks[i], i + 1, n);
    }
    for (int i = 0; i < kCount; i++) CHECK(AllBytes(blocks[i], i + 1, n));
    for (unsigned char* block : blocks) free(block);
  }
}

void TooLarge() {
  for (size_t n : kTooLarge) {
    errno = 0;
    CHECK(malloc(Opaque(n)) == nullptr);
    CHECK_EQ(errno, ENOMEM);
  }
  // A size that is allowed but exceeds any machine.
  errno = 0;
  CHECK(malloc(Opaque(size_t{1} << 62)) == nullptr);
  CHECK_EQ(errno, ENOMEM);
  free(malloc(100));
}

void SuccessLeavesErrno() {
  EachSize(4 << 20, [](size_t n) {
    if (n < 4096 && n % 7 != 0) return;
    errno = 12345;
    void* block = malloc(n);
    CHECK_EQ(errno, 12345);
    free(block);
  });
}

void FreeLeavesErrno() {
  EachSize(64 << 20, [](size_t n) {
    if (n < 4096 && n % 7 != 0) return;
    void* block = malloc(n);
    errno = 54321;
    free(block);
    CHECK_EQ(errno, 54321);
  });
  errno = 0;
  free(nullptr);
  CHECK_EQ(errno, 0);
}

// Many large blocks at once: giving them back makes system calls.
void FreeManyLarge() {
  constexpr int kCount = 200;
  void* blocks[kCount];
  for (void*& block : blocks) {
    block = malloc(3 << 20);
    REQUIRE(block != nullptr);
  }
  errno = 777;
  for (void* block : blocks) free(block);
  CHECK_EQ(errno, 777);
}

}  // namespace

int main() {
  ZeroSize();
  Alignment();
  Distinct();
  TooLarge();
  SuccessLeavesErrno();
  FreeLeavesErrno();
  FreeManyLarge();
  return check::Result();
}
