// SPDX-License-Identifier: BSD-2-Clause
//
// Loses one block of a size that nothing else uses.
#include <stdlib.h>
#include <string.h>

namespace {

[[gnu::noinline]] void Lose() {
  char* volatile block = static_cast<char*>(malloc(12345));
  memset(block, 1, 12345);
  block = nullptr;
}

// Overwrites what Lose left on the stack.
[[gnu::noinline]] void Overwrite() {
  volatile char stack[4096];
  for (size_t i = 0; i < sizeof stack; i++) stack[i] = 0;
}

}  // namespace

int main() {
  Lose();
  Overwrite();
  void* volatile kept = malloc(100);
  free(kept);
  return 0;
}
