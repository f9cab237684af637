// SPDX-License-Identifier: BSD-2-Clause
//
// After a program freed most of its blocks at random and goes on quietly, what stays resident is
// bounded by the pages that still hold a live block: 1.15 times these, and 16 MB. Arguments: the
// percentage freed, the smallest and the largest size, and whether another thread frees (0 or 1).
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "tests/conformance/check.h"

namespace {

constexpr size_t kHeap = size_t{300} << 20;
constexpr size_t kPage = 4096;
constexpr size_t kSlack = 16000000;
constexpr int kSeconds = 15;

struct Block {
  char* p;
  size_t size;
};

uint64_t Random() {
  static uint64_t state = 88172645463325252u;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

// Memory that the library does not see, resident from the start.
template <typename T>
T* Table(size_t count) {
  void* p = mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  REQUIRE(p != MAP_FAILED);
  return static_cast<T*>(p);
}

size_t Resident() {
  char text[256] = {};
  const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0 && read(fd, text, sizeof text - 1) > 0);
  close(fd);
  return strtoul(strchr(text, ' '), nullptr, 10) * kPage;
}

struct Heap {
  size_t lowest, highest;
  size_t count, live;
  Block* block;

  size_t Size() const { return lowest + Random() % (highest - lowest + 1); }
  void Grow() {
    for (size_t i = 0; i < count; i++) {
      block[i] = {nullptr, Size()};
      block[i].p = static_cast<char*>(malloc(block[i].size));
      memset(block[i].p, 1, block[i].size);
    }
    for (size_t i = count; i > 1; i--) std::swap(block[i - 1], block[Random() % i]);
  }
  void Free() {
    for (size_t i = live; i < count; i++) free(block[i].p);
  }
  size_t BytesHeld() const {
    size_t most = 0;
    for (size_t i = 0; i < live; i++) most += block[i].size / kPage + 2;
    auto* page = Table<uintptr_t>(most);
    size_t pages = 0;
    for (size_t i = 0; i < live; i++) {
      const auto first = reinterpret_cast<uintptr_t>(block[i].p);
      for (uintptr_t at = first / kPage; at <= (first + block[i].size - 1) / kPage; at++)
        page[pages++] = at;
    }
    std::sort(page, page + pages);
    const size_t held = static_cast<size_t>(std::unique(page, page + pages) - page) * kPage;
    munmap(page, most * sizeof(*page));
    return held;
  }
  // A few blocks every hundredth of a second.
  void LittleWork() const {
    for (int i = 0; i < 20; i++) free(check::Opaque(malloc(Size())));
    const timespec nap = {0, 10000000};
    nanosleep(&nap, nullptr);
  }
};

void* FreeThere(void* heap) {
  static_cast<Heap*>(heap)->Free();
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  REQUIRE(argc == 5);
  const size_t percent = strtoul(argv[1], nullptr, 10);
  Heap heap{};
  heap.lowest = strtoul(argv[2], nullptr, 10);
  heap.highest = strtoul(argv[3], nullptr, 10);
  heap.count = kHeap * 2 / (heap.lowest + heap.highest);
  heap.live = heap.count * (100 - percent) / 100;
  heap.block = Table<Block>(heap.count);
  const size_t before = Resident();
  heap.Grow();
  const size_t grown = Resident() - before;
  pthread_t thread;
  if (strcmp(argv[4], "1") == 0) {
    REQUIRE(pthread_create(&thread, nullptr, FreeThere, &heap) == 0);
    pthread_join(thread, nullptr);
  } else {
    heap.Free();
  }
  const size_t held = heap.BytesHeld();
  const size_t bound = held + held * 15 / 100 + kSlack;
  CHECK(bound < grown / 2);  // else the test says nothing
  const time_t end = time(nullptr) + kSeconds;
  while (Resident() - before > bound && time(nullptr) < end) heap.LittleWork();
  const size_t resident = Resident() - before;
  check::Say("resident %zu kB of %zu, pages held %zu kB, bound %zu kB", resident / 1000,
             grown / 1000, held / 1000, bound / 1000);
  CHECK(resident <= bound);
  return check::Result();
}
