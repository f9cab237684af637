// SPDX-License-Identifier: BSD-2-Clause
//
// A program that brings its own operator new and nothing else: its blocks come from malloc and end
// in the operator delete of whoever has it.
#include <map>
#include <new>
#include <string>
#include <vector>

#include "tests/conformance/sizes.h"

namespace {
int calls;
}  // namespace

// NOLINTNEXTLINE(misc-new-delete-overloads): that delete is missing is the point
void* operator new(size_t n) {
  calls++;
  void* block = malloc(n);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

int main() {
  {
    std::map<int, std::string> words;
    for (int i = 0; i < 10000; i++) words[i] = std::string(static_cast<size_t>(i) % 300, 'x');
    for (int i = 0; i < 10000; i++) CHECK_EQ(words[i].size(), i % 300);
    CHECK(calls > 10000);
    std::vector<int> numbers(1 << 20, 7);
    CHECK_EQ(numbers.back(), 7);
  }
  for (size_t n : {1, 100, 5000, 2000000}) {
    const int before = calls;
    char* array = new char[n];
    memset(array, 1, n);
    delete[] array;
    ::operator delete(::operator new(n), n);
    CHECK(calls > before);
    ::operator delete(::operator new(n, std::nothrow));
    ::operator delete(::operator new(n, std::align_val_t(64)), std::align_val_t(64));
  }
  return check::Result();
}
