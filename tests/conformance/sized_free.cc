// SPDX-License-Identifier: BSD-2-Clause
//
// The ways to free that tell a size or have an old name: free_sized, free_aligned_sized, cfree and
// the sized forms of operator delete, whatever made the block.
#include <dlfcn.h>
#include <malloc.h>

#include <new>

#include "tests/conformance/sizes.h"

extern "C" {
[[gnu::weak]] void free_sized(void* block, size_t size);
[[gnu::weak]] void free_aligned_sized(void* block, size_t alignment, size_t size);
}

namespace {

using check::Opaque;

constexpr size_t kSizes[] = {1,     16,    17,     100,    1000,    1024,    1025,   4096,
                             10000, 65536, 100000, 700000, 1 << 20, 1500000, 5 << 20};

void FreeSized() {
  CHECK(free_sized != nullptr && free_aligned_sized != nullptr);
  if (free_sized == nullptr || free_aligned_sized == nullptr) return;
  for (int round = 0; round < 100; round++) {
    for (size_t n : kSizes) {
      errno = 31;
      free_sized(malloc(n), n);
      free_sized(calloc(1, n), n);
      free_sized(realloc(malloc(1), n), n);
      free_aligned_sized(aligned_alloc(256, n), 256, n);
      free_aligned_sized(aligned_alloc(8192, n), 8192, n);
      CHECK_EQ(errno, 31);
    }
  }
  free_sized(nullptr, 0);
  free_sized(nullptr, 100);
  free_aligned_sized(nullptr, 64, 100);
}

void SizedDelete() {
  for (size_t n : kSizes) {
    ::operator delete(::operator new(n), n);
    ::operator delete[](::operator new[](n), n);
    // The size class of such a block is not that of its size.
    ::operator delete(Opaque(memalign(4096, n)), n);
    ::operator delete(Opaque(memalign(64, n)), n);
    ::operator delete(Opaque(malloc(n)), n);
    ::operator delete(::operator new(n, std::align_val_t(512)), n, std::align_val_t(512));
    free(Opaque(::operator new(n)));
  }
}

void Cfree() {
  void (*cfree)(void*) = reinterpret_cast<void (*)(void*)>(dlsym(RTLD_DEFAULT, "cfree"));
  CHECK(cfree != nullptr);
  if (cfree == nullptr) return;
  for (size_t n : kSizes) cfree(malloc(n));
  cfree(nullptr);
}

}  // namespace

int main() {
  if (check::WithLibrary()) {
    FreeSized();
    Cfree();
  }
  SizedDelete();
  return check::Result();
}
