// SPDX-License-Identifier: BSD-2-Clause
//
// map_count PATTERN SEED [old]: whatever a program does with so many large blocks, they leave it
// half of the mappings that the kernel allows it, and what it freed goes back.
//   second   each second block is freed, by address
//   random   a random half is
//   replace  random blocks are freed and others of any size made
//   resize   random blocks are resized
//   aligned  as replace, with alignments of up to 2 MiB
//   old      a kernel without marks for guard pages
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>

#include "tests/conformance/old_kernel.h"
#include "tests/limits/status.h"
#include "tests/stress/stamp.h"

namespace {

constexpr size_t kMega = size_t{1} << 20;
constexpr size_t kPage = 4096;
constexpr size_t kLeast = kMega + kPage;
constexpr size_t kStaysMapped = 400 * kMega;

struct Block {
  char* p;
  size_t size;
};
Block* blocks;
size_t count, limit, most_seen;

void Look(size_t before) {
  most_seen = std::max(most_seen, limits::Mappings() - before);
  CHECK(most_seen <= limit / 2);
}

void Put(stress::Random& random, Block& block, size_t align) {
  block.size = kLeast + random.Below(random.Below(8) == 0 ? 5 * kMega : kMega);
  block.p = static_cast<char*>(check::Opaque(memalign(align, block.size)));
  REQUIRE(block.p != nullptr);
  // New, or kept without memory: zero. Written to, some of them, which ties a mapping to its
  // memory.
  if (random.Below(8) == 0) memset(block.p, 1, kPage);
  block.p[block.size - 1] = 1;
}

void Free(Block& block) {
  free(block.p);
  block.p = nullptr;
}

void Shrink(const char* pattern, stress::Random& random) {
  if (strcmp(pattern, "second") == 0) {
    std::sort(blocks, blocks + count, [](auto& a, auto& b) { return a.p < b.p; });
    for (size_t i = 0; i < count; i += 2) Free(blocks[i]);
  } else if (strcmp(pattern, "random") == 0) {
    for (size_t i = 0; i < count; i++)
      if (random.Below(2) == 0) Free(blocks[i]);
  } else if (strcmp(pattern, "resize") == 0) {
    for (size_t i = 0; i < limit * 2 / 15; i++) {
      Block& block = blocks[random.Below(count)];
      block.size = kLeast + random.Below(2 * kMega);
      char* moved = static_cast<char*>(realloc(block.p, block.size));
      REQUIRE(moved != nullptr);
      block.p = moved;
    }
  } else {
    const bool aligned = strcmp(pattern, "aligned") == 0;
    for (size_t i = 0; i < count; i++) {
      Block& block = blocks[random.Below(count)];
      Free(block);
      Put(random, block, aligned ? kPage << random.Below(10) : kPage);
    }
  }
}

void* Nothing(void*) { return nullptr; }

// What the program needs itself: mappings that join with no other, and threads.
void UseTheOtherHalf() {
  const size_t want = limit / 2 - 1000;
  char* base = static_cast<char*>(
      mmap(nullptr, want * kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  REQUIRE(base != MAP_FAILED);
  size_t cut = 0;
  while (cut < want && mprotect(base + cut * kPage, kPage, PROT_NONE) == 0) cut += 2;
  CHECK(cut >= want);
  pthread_t threads[8];
  for (pthread_t& thread : threads)
    REQUIRE(pthread_create(&thread, nullptr, Nothing, nullptr) == 0);
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
  munmap(base, want * kPage);
}

}  // namespace

int main(int argc, char** argv) {
  limit = limits::Number("/proc/sys/vm/max_map_count", "");
  if (limit > 100000 || limits::Number("/proc/sys/vm/overcommit_memory", "") == 2) {
    check::Say("SKIP: this system allows %zu mappings, or not so much memory", limit);
    return 0;
  }
  if (argc > 3) check::RefuseAdvice(check::kGuardInstall);
  stress::Random random(strtoul(argv[2], nullptr, 10));
  count = limit + random.Below(limit / 4);
  blocks = static_cast<Block*>(mmap(nullptr, count * sizeof(Block), PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  REQUIRE(blocks != MAP_FAILED);
  const size_t before = limits::Mappings(), mapped = limits::Status("VmSize:");
  for (size_t i = 0; i < count; i++) Put(random, blocks[i], kPage);
  Look(before);
  Shrink(argv[1], random);
  Look(before);
  UseTheOtherHalf();
  for (size_t i = 0; i < count; i++) {
    Free(blocks[i]);
    if (i % (count / 8) == 0) Look(before);
  }
  malloc_trim(0);
  const size_t left = limits::Status("VmSize:") - mapped;
  check::Say("%zu blocks, at most %zu mappings, %zu MiB mapped at last", count, most_seen,
             left / kMega);
  CHECK(left <= kStaysMapped);
  return check::Result();
}
