// SPDX-License-Identifier: BSD-2-Clause
//
// in_the_way WHERE SEED: pages of the program's own lie where the heap would grow: it goes on
// behind them, as densely as before, and they stay what they are.
//   above   a page next to the heap
//   many    pages all over the range ahead
//   wide    a reservation of many gigabytes
//   later   one page after the other, always just ahead of the heap
//   holes   pages where the heap was, after it gave addresses back
#include <malloc.h>
#include <stdio.h>
#include <sys/mman.h>

#include <algorithm>
#include <vector>

#include "tests/limits/status.h"
#include "tests/stress/stamp.h"

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kMega = size_t{1} << 20;
constexpr size_t kBlocks = 200000;
constexpr size_t kBlockMost = 4000;

struct Foreign {
  char* at;
  size_t size;
  char mark;
};
std::vector<Foreign> foreign;

// Only where nothing is mapped.
bool Put(char* where, size_t size, char mark) {
  where -= reinterpret_cast<uintptr_t>(where) % kPage;
  void* got = mmap(where, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (got == MAP_FAILED) return false;
  CHECK(got == where);
  memset(where, mark, kPage);
  foreign.push_back({where, size, mark});
  return true;
}

void CheckForeign() {
  for (const Foreign& f : foreign)
    CHECK(std::all_of(f.at, f.at + kPage, [&](char c) { return c == f.mark; }));
}

class Heap {
 public:
  explicit Heap(stress::Random& random) : random_(random) { blocks_.reserve(kBlocks); }

  // All new blocks lie where no foreign page does, and cost about what they hold.
  void Fill() {
    const size_t before = limits::Status("VmRSS:") + limits::Status("VmSwap:");
    size_t bytes = 0;
    while (blocks_.size() < kBlocks) {
      const size_t size = 1 + random_.Below(kBlockMost);
      blocks_.push_back(stress::Allocate(random_, size, 1));
      memset(blocks_.back().address, 1, size);
      stress::Stamp(blocks_.back());
      bytes += size;
      if (ahead_ && blocks_.size() % 20000 == 0) PutAhead();
    }
    const size_t cost = limits::Status("VmRSS:") + limits::Status("VmSwap:") - before;
    if (cost > bytes / 10 * 12 + 32 * kMega)
      check::Say("%zu KiB of blocks cost %zu KiB", bytes >> 10, cost >> 10);
    CHECK(cost <= bytes / 10 * 12 + 32 * kMega);
    CheckForeign();
  }

  // Whole rows of neighbours, as long as a few megabytes; returns their addresses.
  std::vector<char*> FreeRows() {
    std::vector<char*> freed;
    std::sort(blocks_.begin(), blocks_.end(),
              [](auto& a, auto& b) { return a.address < b.address; });
    std::vector<stress::Block> kept;
    for (size_t at = 0; at < blocks_.size();) {
      const size_t row = 2000 + random_.Below(6000);
      const bool goes = random_.Below(2) == 0;
      for (size_t i = at; i < std::min(at + row, blocks_.size()); i++) {
        if (!goes) {
          kept.push_back(blocks_[i]);
          continue;
        }
        freed.push_back(reinterpret_cast<char*>(blocks_[i].address));
        stress::Release(blocks_[i]);
      }
      at += row;
    }
    blocks_ = std::move(kept);
    blocks_.reserve(kBlocks);
    return freed;
  }

  void FreeAll() {
    for (stress::Block& block : blocks_) stress::Release(block);
    blocks_.clear();
    CheckForeign();
  }

  void KeepPuttingAhead() { ahead_ = true; }

 private:
  void PutAhead() {
    auto* highest = reinterpret_cast<char*>(blocks_.back().address);
    for (size_t over = 2 * kMega; over < 4096 * kMega; over *= 2)
      if (Put(highest + over + random_.Below(over), kPage, 'a')) return;
  }

  stress::Random& random_;
  std::vector<stress::Block> blocks_;
  bool ahead_ = false;
};

// The system refuses it; then the heap gives all that it can back, addresses included.
void AskForTooMuch() { CHECK(check::Opaque(malloc(size_t{1} << 42)) == nullptr); }

void Holes(Heap& heap, stress::Random& random) {
  if (limits::Number("/proc/sys/vm/overcommit_memory", "") == 1) {
    check::Say("SKIP: this system refuses nothing");
    exit(0);
  }
  heap.Fill();
  const std::vector<char*> freed = heap.FreeRows();
  AskForTooMuch();
  for (int i = 0; i < 2000 && foreign.size() < 20; i++)
    Put(freed[random.Below(freed.size())], kPage, 'h');
  CHECK(!foreign.empty());
  heap.Fill();
  heap.FreeAll();
  AskForTooMuch();
  CheckForeign();
}

void Place(const char* where, Heap& heap, stress::Random& random) {
  char* start = static_cast<char*>(check::Opaque(malloc(64)));
  if (strcmp(where, "above") == 0) {
    CHECK(Put(start + 64 * kMega + random.Below(300 * kMega), kPage, 'p'));
  } else if (strcmp(where, "many") == 0) {
    for (int i = 0; i < 300; i++) Put(start + random.Below(4096 * kMega), kPage, 'm');
  } else if (strcmp(where, "wide") == 0) {
    CHECK(Put(start + 64 * kMega + random.Below(100 * kMega), 20000 * kMega, 'w'));
  } else {
    heap.KeepPuttingAhead();
  }
  free(start);
}

}  // namespace

int main(int, char** argv) {
  stress::Random random(strtoul(argv[2], nullptr, 10));
  foreign.reserve(1000);
  Heap heap(random);
  if (strcmp(argv[1], "holes") == 0)
    Holes(heap, random);
  else
    Place(argv[1], heap, random);
  heap.Fill();
  heap.FreeAll();
  malloc_trim(0);
  heap.Fill();
  heap.FreeAll();
  return check::Result();
}
