// SPDX-License-Identifier: BSD-2-Clause
//
// malloc_usable_size: enough, constant, and every byte of it belongs to the block.
#include <malloc.h>

#include <initializer_list>

#include "tests/conformance/sizes.h"

namespace {

void Constant() {
  EachSize(8 << 20, [](size_t n) {
    if (n < 4096 && n % 3 != 0) return;
    void* block = malloc(n);
    const size_t usable = malloc_usable_size(block);
    CHECK(usable >= n);
    void* other = malloc(n);
    free(malloc(n / 2 + 1));
    CHECK_EQ(malloc_usable_size(block), usable);
    memset(block, 0xee, usable);
    CHECK_EQ(malloc_usable_size(block), usable);
    free(other);
    CHECK_EQ(malloc_usable_size(block), usable);
    CHECK(AllBytes(block, 0xee, usable));
    free(block);
  });
}

// Neighbours filled to the last usable byte keep their content.
void Writable() {
  constexpr int kCount = 40;
  unsigned char* blocks[kCount];
  for (size_t n : {0, 1, 17, 40, 100, 513, 1025, 3000, 9000, 33000, 66000, 300000, 1048577}) {
    for (int i = 0; i < kCount; i++) {
      blocks[i] = static_cast<unsigned char*>(i % 2 == 0 ? malloc(n) : memalign(64, n));
      memset(blocks[i], i + 1, malloc_usable_size(blocks[i]));
    }
    for (int i = 0; i < kCount; i++) {
      CHECK(AllBytes(blocks[i], i + 1, malloc_usable_size(blocks[i])));
    }
    for (unsigned char* block : blocks) free(block);
  }
}

// realloc must carry over what the program wrote behind the size that it asked for.
void SurvivesRealloc() {
  for (size_t n : {1, 20, 1030, 5000, 70000, 1100000}) {
    unsigned char* block = static_cast<unsigned char*>(malloc(n));
    const size_t usable = malloc_usable_size(block);
    memset(block, 0x77, usable);
    void* moved = realloc(block, usable * 2);
    REQUIRE(moved != nullptr);
    CHECK(AllBytes(moved, 0x77, usable));
    free(moved);
  }
}

}  // namespace

int main() {
  CHECK_EQ(malloc_usable_size(nullptr), 0);
  Constant();
  Writable();
  SurvivesRealloc();
  return check::Result();
}
