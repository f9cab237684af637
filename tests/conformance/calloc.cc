// SPDX-License-Identifier: BSD-2-Clause
//
// calloc: zero bytes always, above all in memory that was used before; overflow.
#include <malloc.h>

#include <initializer_list>

#include "tests/conformance/sizes.h"

namespace {

using check::Opaque;

// Dirties blocks of one size, frees them, and wants zeros from the same memory.
void ZeroAfterReuse(size_t n) {
  constexpr int kMost = 8;
  const int count = n <= 65536 ? kMost : 2;
  void* blocks[kMost];
  for (int i = 0; i < count; i++) {
    blocks[i] = malloc(n);
    REQUIRE(blocks[i] != nullptr);
    memset(blocks[i], 0xa5, malloc_usable_size(blocks[i]));
  }
  for (int i = 0; i < count; i++) free(blocks[i]);
  for (int i = 0; i < count; i++) {
    blocks[i] = calloc(1, n);
    REQUIRE(blocks[i] != nullptr);
    CHECK(AllBytes(blocks[i], 0, n));
    CHECK_EQ(Address(blocks[i]) % 16, 0);
    memset(blocks[i], 0x5a, n);
  }
  for (int i = 0; i < count; i++) free(blocks[i]);
}

// The same through the release of memory to the system, which may or may not have happened.
void ZeroAfterTrim() {
  for (size_t n : {48, 1000, 8192, 65536, 600000, 1500000, 9000000}) {
    const size_t count = n < 65536 ? 4 * 65536 / n : 4;
    void** blocks = static_cast<void**>(malloc(count * sizeof(void*)));
    for (size_t i = 0; i < count; i++) {
      blocks[i] = malloc(n);
      memset(blocks[i], 0xff, n);
    }
    for (size_t i = 0; i < count; i++) free(blocks[i]);
    malloc_trim(0);
    for (size_t i = 0; i < count; i++) {
      blocks[i] = calloc(n, 1);
      CHECK(AllBytes(blocks[i], 0, n));
    }
    for (size_t i = 0; i < count; i++) free(blocks[i]);
    free(blocks);
  }
}

void Overflow() {
  const size_t half = static_cast<size_t>(1) << 32;
  const size_t pairs[][2] = {
      {half, half},         {half, half + 1},      {SIZE_MAX, 2},           {2, SIZE_MAX},
      {SIZE_MAX, SIZE_MAX}, {SIZE_MAX / 2 + 1, 2}, {SIZE_MAX / 16 + 1, 16}, {3, SIZE_MAX / 3 + 1},
  };
  for (const auto& pair : pairs) {
    errno = 0;
    CHECK(calloc(Opaque(pair[0]), Opaque(pair[1])) == nullptr);
    CHECK_EQ(errno, ENOMEM);
  }
  for (size_t n : kTooLarge) {
    errno = 0;
    CHECK(calloc(Opaque(n), 1) == nullptr);
    CHECK_EQ(errno, ENOMEM);
    errno = 0;
    CHECK(calloc(1, Opaque(n)) == nullptr);
    CHECK_EQ(errno, ENOMEM);
  }
}

void ZeroCounts() {
  const size_t pairs[][2] = {{0, 0}, {0, 100}, {100, 0}, {0, SIZE_MAX}, {SIZE_MAX, 0}};
  for (const auto& pair : pairs) {
    void* one = calloc(Opaque(pair[0]), Opaque(pair[1]));
    void* two = calloc(Opaque(pair[0]), Opaque(pair[1]));
    CHECK(one != nullptr && two != nullptr && one != two);
    free(one);
    free(two);
  }
}

}  // namespace

int main() {
  for (int round = 0; round < 2; round++) {
    EachSize(2 << 20, [](size_t n) {
      if (n <= 4096 && n % 8 > 1) return;
      ZeroAfterReuse(n);
    });
  }
  ZeroAfterReuse(40 << 20);
  ZeroAfterTrim();
  Overflow();
  ZeroCounts();
  return check::Result();
}
