// SPDX-License-Identifier: BSD-2-Clause
// A C++ program that wants its operator new to be this tree's, and bad_alloc when memory is out.
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>

#include <map>
#include <new>
#include <string>

namespace {

int fail(const char* what) {
  fprintf(stderr, "failed: %s\n", what);
  return 1;
}

bool runs_out() {
  try {
    volatile size_t impossible = PTRDIFF_MAX;
    char* volatile p = new char[impossible];
    delete[] p;
  } catch (const std::bad_alloc&) {
    return true;
  }
  return false;
}

bool runs_out_quietly() {
  volatile size_t impossible = PTRDIFF_MAX;
  return new (std::nothrow) char[impossible] == nullptr;
}

}  // namespace

int main() {
  std::map<std::string, std::string> names;
  for (int i = 0; i < 10000; i++) names[std::to_string(i)] = std::string(size_t(i % 300), 'x');
  for (int i = 0; i < 10000; i++)
    if (names[std::to_string(i)].size() != size_t(i % 300)) return fail("the content of a map");
  // A class of this allocator serves 100 bytes with 112, glibc's with 104.
  char* volatile p = new char[100];
  if (malloc_usable_size(p) != 112) return fail("operator new is not this tree's");
  delete[] p;
  if (!runs_out()) return fail("no bad_alloc");
  if (!runs_out_quietly()) return fail("new (std::nothrow) without memory is not null");
  return 0;
}
