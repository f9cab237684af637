// SPDX-License-Identifier: BSD-2-Clause
//
// workload [--unaligned]: every way into the allocator from several threads, with a mass free
// between, a fork and giving back. Under the library that replaces functions of libc its clock must
// not have been read. Prints "ok". --unaligned: without blocks of a chosen alignment, which glibc's
// memusage takes for blocks of glibc's with a header before them.
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>
#include <thread>
#include <vector>

#include "tests/support/random.h"

extern "C" [[gnu::weak]] long replaced_clock_calls();

namespace {

constexpr size_t kBlocks = 3000;
constexpr int kThreads = 4;
bool unaligned;

[[noreturn]] void Fail(const char* what) {
  fprintf(stderr, "failed: %s\n", what);
  _exit(1);
}

using support::Random;

// A few large blocks, so that these are cached, given back and resized as well.
size_t Size(Random& random) {
  const size_t kind = random.Below(1000);
  if (kind == 0) return (size_t{1} << 20) + random.Below(size_t{4} << 20);
  return 1 + random.Below(kind < 20 ? 200000 : 4000);
}

unsigned char* Block(Random& random) {
  const size_t size = Size(random);
  void* block = nullptr;
  switch (random.Below(4)) {
    case 0:
      block = calloc(1, size);
      break;
    case 1:
      block = unaligned ? malloc(size) : aligned_alloc(64, (size + 63) / 64 * 64);
      break;
    default:
      block = malloc(size);
  }
  if (block == nullptr) Fail("no memory");
  static_cast<unsigned char*>(block)[0] = static_cast<unsigned char>(size);
  static_cast<unsigned char*>(block)[size - 1] = static_cast<unsigned char>(size);
  return static_cast<unsigned char*>(block);
}

void Work(uint64_t seed) {
  Random random(seed);
  std::vector<unsigned char*> blocks(kBlocks);
  for (int round = 0; round < 3; round++) {
    for (unsigned char*& block : blocks) block = Block(random);
    for (size_t i = 0; i < kBlocks; i++) {
      unsigned char*& block = blocks[random.Below(kBlocks)];
      const unsigned char first = block[0];
      auto* moved = static_cast<unsigned char*>(realloc(block, Size(random)));
      if (moved == nullptr || moved[0] != first) Fail("realloc");
      block = moved;
    }
    for (unsigned char* block : blocks) free(block);
    for (int i = 0; i < 20000; i++) delete new std::vector<int>(random.Below(3000));
    malloc_trim(0);
  }
}

void Child() {
  const pid_t child = fork();
  if (child == 0) {
    Work(99);
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) Fail("the child of fork");
}

}  // namespace

int main(int argc, char** argv) {
  unaligned = argc == 2 && strcmp(argv[1], "--unaligned") == 0;
  if (argc > (unaligned ? 2 : 1)) return 2;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; i++) threads.emplace_back(Work, i);
  for (std::thread& thread : threads) thread.join();
  Child();
  if (replaced_clock_calls != nullptr && replaced_clock_calls() != 0) {
    fprintf(stderr, "failed: a clock that is not the kernel's was read %ld times\n",
            replaced_clock_calls());
    return 1;
  }
  puts("ok");
  return 0;
}
