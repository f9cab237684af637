// SPDX-License-Identifier: BSD-2-Clause
//
// A program that replaces the plain operator new and operator delete alone and keeps a header in
// front of each block. The other forms are defined to come down to these two: a sized or array
// delete must not reach the allocator with a pointer behind the header.
#include <new>
#include <string>
#include <vector>

#include "tests/conformance/sizes.h"

#pragma GCC diagnostic ignored "-Wsized-deallocation"

namespace {
constexpr size_t kHeader = 16;
constexpr unsigned long kMark = 0x1122334455667788;
long live;
}  // namespace

void* operator new(size_t n) {
  char* block = static_cast<char*>(malloc(n + kHeader));
  if (block == nullptr) throw std::bad_alloc();
  memcpy(block, &kMark, sizeof kMark);
  live++;
  return block + kHeader;
}

void operator delete(void* p) noexcept {
  if (p == nullptr) return;
  char* block = static_cast<char*>(p) - kHeader;
  CHECK(memcmp(block, &kMark, sizeof kMark) == 0);
  live--;
  free(block);
}

int main() {
  const long before = live;
  {
    std::vector<std::string> words;
    for (int i = 0; i < 5000; i++) words.emplace_back(static_cast<size_t>(i) % 200, 'y');
    CHECK(live > before + 4000);
  }
  for (size_t n : {1, 100, 5000, 2000000}) {
    delete[] check::Opaque(new char[n]);
    ::operator delete(::operator new(n), n);
    ::operator delete[](::operator new[](n), n);
    ::operator delete(::operator new(n, std::nothrow), std::nothrow);
  }
  CHECK_EQ(live, before);
  return check::Result();
}
