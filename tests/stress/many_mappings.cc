// SPDX-License-Identifier: BSD-2-Clause
//
// A process that has as many mappings as it may cannot unmap a part of one. Large blocks freed then
// give their memory back all the same, serve as other blocks, and their addresses go back once
// there is room.
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "tests/conformance/check.h"

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kBlock = size_t{2} << 20;
constexpr size_t kBlocks = 60;

// A line "NAME: number kB" of the status, in bytes.
size_t Status(const char* name) {
  FILE* status = fopen("/proc/self/status", "r");
  CHECK(status != nullptr);
  char line[256];
  size_t found = 0;
  while (fgets(line, sizeof line, status) != nullptr)
    if (strncmp(line, name, strlen(name)) == 0)
      found = strtoul(line + strlen(name) + 1, nullptr, 10);
  fclose(status);
  return found * 1024;
}

// Uses up all mappings but `spare`: each second page of a range is made unreadable.
class Crowd {
 public:
  Crowd() {
    constexpr size_t kPages = 400000;
    size_ = kPages * kPage;
    base_ = static_cast<char*>(
        mmap(nullptr, size_, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    CHECK(base_ != MAP_FAILED);
    for (size_t i = 0; i < kPages; i += 2)
      if (mprotect(base_ + i * kPage, kPage, PROT_NONE) != 0) return;
    puts("SKIP: this system allows any number of mappings");
    exit(0);
  }
  void Leave() { CHECK(munmap(base_, size_) == 0); }

 private:
  char* base_;
  size_t size_;
};

}  // namespace

int main() {
  std::vector<char*> blocks(kBlocks);
  for (char*& block : blocks) {
    block = static_cast<char*>(check::Opaque(malloc(kBlock)));
    CHECK(block != nullptr);
    memset(block, 1, kBlock);
  }
  std::sort(blocks.begin(), blocks.end());
  const size_t full = Status("VmRSS"), mapped = Status("VmSize");
  Crowd crowd;
  // Each second one first: they lie within others.
  for (size_t i = 1; i < kBlocks; i += 2) free(blocks[i]);
  const size_t half = Status("VmRSS");
  if (half > full - kBlocks / 2 * kBlock / 10 * 8) {
    fprintf(stderr, "failed: %zu of %zu bytes are resident after half was freed\n", half, full);
    return 1;
  }
  for (size_t i = 1; i < kBlocks; i += 2) {
    blocks[i] = static_cast<char*>(check::Opaque(calloc(1, kBlock)));
    if (blocks[i] == nullptr) continue;
    CHECK(std::all_of(blocks[i], blocks[i] + kBlock, [](char c) { return c == 0; }));
    memset(blocks[i], 2, kBlock);
  }
  for (size_t i = 0; i < kBlocks; i++) free(blocks[i]);
  crowd.Leave();
  for (size_t i = 0; i < 20; i++) free(check::Opaque(malloc(kBlock + i * kBlock)));
  malloc_trim(0);
  const size_t left = Status("VmSize");
  if (left > mapped - kBlocks * kBlock / 10 * 8) {
    fprintf(stderr, "failed: %zu of %zu bytes are mapped after all was freed\n", left, mapped);
    return 1;
  }
  return check::Result();
}
