// SPDX-License-Identifier: BSD-2-Clause
//
// after_free WHEN WHAT SEED: a process that may map only so much frees blocks and needs the room
// for itself: a mapping, or the stacks of threads. It gets it at once where blocks of one size were
// freed in the order in which they were made; within ten seconds where the sizes differ and the
// order is any, so that cached ones lie everywhere. Blocks that stay were made one after the other.
//   WHEN  start: the limit is there from the start; later: set after the blocks were freed
//   WHAT  as, data: which limit
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <vector>

#include "tests/limits/status.h"
#include "tests/stress/stamp.h"

namespace {

constexpr size_t kMega = size_t{1} << 20;
constexpr size_t kSpare = 64 * kMega;  // for what the allocator keeps, and for all else
constexpr int kThreads = 16;

bool is_data, any_order;

size_t Used() { return limits::Status(is_data ? "VmData:" : "VmSize:"); }

rlimit Limit(size_t bytes) { return {bytes, RLIM_INFINITY}; }

void SetLimit(size_t bytes, bool by_prlimit) {
  const rlimit limit = Limit(bytes);
  const auto which = is_data ? RLIMIT_DATA : RLIMIT_AS;
  CHECK_EQ(by_prlimit ? prlimit(0, which, &limit, nullptr) : setrlimit(which, &limit), 0);
}

void* Nothing(void*) { return nullptr; }

void TakeMapping(size_t bytes, int tries) {
  for (; tries > 0; tries--) {
    void* mapping =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping != MAP_FAILED) {
      munmap(mapping, bytes);
      return;
    }
    const timespec tenth = {0, 100000000};
    if (tries > 1) nanosleep(&tenth, nullptr);
  }
  check::Say("%zu MiB refused beside %zu, in any order: %d", bytes / kMega, Used() / kMega,
             any_order);
  CHECK(tries > 0);
}

void TakeStacks(size_t bytes) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, bytes / kThreads / 4096 * 4096);
  pthread_t threads[kThreads];
  for (pthread_t& thread : threads)
    REQUIRE(pthread_create(&thread, &attributes, Nothing, nullptr) == 0);
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
}

struct Heap {
  std::vector<stress::Block> blocks;
  size_t bytes = 0;

  void Grow(stress::Random& random, size_t total) {
    const size_t most = size_t{1024} << random.Below(7);
    blocks.reserve(blocks.size() + total / most * 5 / 2);
    while (bytes < total) {
      blocks.push_back(stress::Allocate(random, any_order ? 1 + random.Below(most) : most, 1));
      bytes += blocks.back().size;
    }
  }
  // All but a tenth of them.
  void Shrink(stress::Random& random) {
    const size_t keep = blocks.size() / 10, from = random.Below(blocks.size() - keep);
    std::rotate(blocks.begin(), blocks.begin() + from, blocks.end());
    for (size_t i = blocks.size(); i > keep + 1; i--) {
      if (any_order) std::swap(blocks[i - 1], blocks[keep + random.Below(i - keep)]);
      stress::Release(blocks[i - 1]);
    }
    stress::Release(blocks[keep]);
    blocks.resize(keep);
  }
};

int Run(bool later, stress::Random& random) {
  const size_t total = (200 + random.Below(500)) * kMega;
  const size_t base = Used(), limit = base + total * 2 + 2 * kSpare;
  if (!later) SetLimit(limit, random.Below(2) == 0);
  Heap heap;
  heap.Grow(random, total);
  any_order = random.Below(2) == 0;
  heap.Shrink(random);
  if (later) SetLimit(limit, random.Below(2) == 0);
  const size_t stays = total / 10 * 2 + heap.blocks.capacity() * sizeof(stress::Block) + kSpare;
  TakeMapping(limit - base - stays, any_order ? 100 : 1);
  TakeStacks(limit - base - stays);
  heap.Grow(random, heap.bytes + 10 * kMega);
  for (stress::Block& block : heap.blocks) stress::Release(block);
  return check::Result();
}

}  // namespace

int main(int, char** argv) {
  is_data = strcmp(argv[2], "data") == 0;
  stress::Random random(strtoul(argv[3], nullptr, 10));
  return Run(strcmp(argv[1], "later") == 0, random);
}
