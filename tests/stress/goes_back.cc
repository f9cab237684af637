// SPDX-License-Identifier: BSD-2-Clause
//
// goes_back KEEP THEN [SEED]
// A program frees all but KEEP percent of its blocks, at random, and then for ten seconds is idle,
// or makes pairs of one hot size, or of mixed sizes, or replaces blocks among a thousand (THEN).
// Within these seconds its resident memory falls to 1.05 times the pages that still hold a block
// and 8 MB, and stays there. Once with 300,000 blocks that the same thread frees; once with a
// random number of them, freed by this thread or another one, beside waiting threads, or in a child
// of fork.
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "tests/conformance/check.h"

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kSlack = 8000000;
constexpr int kRounds = 100;  // of a tenth of a second each
constexpr int kSettled = 5;   // rounds inside the bound that end the test
constexpr int kPairs = 2000;  // in each round
constexpr size_t kSlots = 1000;
constexpr int kWaiting = 4;  // threads

enum class Then { kIdle, kHot, kMixed, kReplace };
constexpr const char* kThens[] = {"idle", "hot", "mixed", "replace"};
enum class Who { kSelf, kOther, kBesideWaiting, kForkChild };
constexpr const char* kWhos[] = {"this thread", "another thread", "this thread beside others",
                                 "a child of fork"};

uint64_t state = 88172645463325252u;

uint64_t Random(uint64_t below) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state % below;
}

size_t SmallSize() { return 16 + Random(1009); }
size_t Size() { return Random(10) < 7 ? 16 + Random(600) : 16 + Random(10000); }

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

struct Block {
  char* p;
  size_t size;
};

Block* blocks;
size_t count, live;
char* slots[kSlots];

void Grow() {
  for (size_t i = 0; i < count; i++) {
    blocks[i].size = Size();
    blocks[i].p = static_cast<char*>(malloc(blocks[i].size));
    REQUIRE(blocks[i].p != nullptr);
    memset(blocks[i].p, 1, blocks[i].size);
  }
  for (size_t i = count; i > 1; i--) std::swap(blocks[i - 1], blocks[Random(i)]);
  for (char*& slot : slots) slot = static_cast<char*>(malloc(SmallSize()));
}

void* Free(void*) {
  for (size_t i = live; i < count; i++) free(blocks[i].p);
  return nullptr;
}

// Fills arrays of its own and waits for the end.
void* Wait(void*) {
  void* volatile pair[50];
  for (int i = 0; i < 200; i++) {
    for (int j = 0; j < 50; j++) pair[j] = malloc(16 + size_t(j) * 20);
    for (int j = 0; j < 50; j++) free(pair[j]);
  }
  pause();
  return nullptr;
}

size_t BytesHeld() {
  size_t most = kSlots;
  for (size_t i = 0; i < live; i++) most += blocks[i].size / kPage + 2;
  auto* page = Table<uintptr_t>(most);
  size_t pages = 0;
  for (size_t i = 0; i < live; i++) {
    const auto first = reinterpret_cast<uintptr_t>(blocks[i].p);
    for (uintptr_t at = first / kPage; at <= (first + blocks[i].size - 1) / kPage; at++)
      page[pages++] = at;
  }
  for (const char* slot : slots) page[pages++] = reinterpret_cast<uintptr_t>(slot) / kPage;
  std::sort(page, page + pages);
  const auto different = size_t(std::unique(page, page + pages) - page);
  munmap(page, most * sizeof(uintptr_t));
  return different * kPage;
}

void Go(Then then) {
  for (int i = 0; i < kPairs && then != Then::kIdle; i++) {
    char*& slot = slots[then == Then::kReplace ? Random(kSlots) : 0];
    free(slot);
    slot = static_cast<char*>(malloc(then == Then::kHot ? 200 : SmallSize()));
  }
}

void StartWaiting() {
  pthread_t thread;
  for (int i = 0; i < kWaiting; i++) REQUIRE(pthread_create(&thread, nullptr, Wait, nullptr) == 0);
}

struct Seen {
  size_t resident, held, bound;
};

Seen Look(size_t before) {
  const size_t now = Resident(), held = BytesHeld();
  return {now > before ? now - before : 0, held, held + held / 20 + kSlack};
}

// The number of the round after which the memory stays inside the bound, 0: it does not.
int Settle(Then then, size_t before, Seen* seen) {
  int inside = 0;
  for (int round = 1; round <= kRounds; round++) {
    Go(then);
    const timespec tenth = {0, 100000000};
    nanosleep(&tenth, nullptr);
    *seen = Look(before);
    inside = seen->resident <= seen->bound ? inside + 1 : 0;
    if (inside == kSettled) return round - kSettled + 1;
  }
  return 0;
}

int Case(unsigned keep, Then then, Who who) {
  blocks = Table<Block>(count);
  if (who == Who::kBesideWaiting) StartWaiting();
  const size_t before = Resident();
  Grow();
  live = count * keep / 100;
  const size_t grown = Resident() - before;
  if (who == Who::kForkChild)
    if (const pid_t child = fork()) {
      int status;
      REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
      return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    }
  pthread_t thread;
  if (who != Who::kOther)
    Free(nullptr);
  else
    REQUIRE(pthread_create(&thread, nullptr, Free, nullptr) == 0 &&
            pthread_join(thread, nullptr) == 0);
  Seen seen;
  const int round = Settle(then, before, &seen);
  check::Say(
      "%zu blocks, freed by %s: %zu MB, pages held %zu KB, resident %zu KB of %zu after %d.%d s",
      count, kWhos[int(who)], grown / 1000000, seen.held / 1000, seen.resident / 1000,
      seen.bound / 1000, round / 10, round % 10);
  CHECK(round != 0);
  return check::Result();
}

// In a process of its own: how much memory there was before must not matter.
void Separately(unsigned keep, Then then, Who who) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) exit(Case(keep, then, who));
  int status;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK_EQ(status, 0);
}

}  // namespace

int main(int argc, char** argv) {
  REQUIRE(argc == 3 || argc == 4);
  const auto keep = unsigned(atoi(argv[1]));
  size_t then = 0;
  while (then < std::size(kThens) && strcmp(argv[2], kThens[then]) != 0) then++;
  REQUIRE(keep < 100 && then < std::size(kThens));
  const uint64_t seed = argc == 4 ? strtoull(argv[3], nullptr, 10) : uint64_t(time(nullptr));
  check::Say("seed %llu", static_cast<unsigned long long>(seed));
  state ^= seed * 0x9e3779b97f4a7c15u;
  Random(1);
  count = 300000;
  Separately(keep, Then(then), Who::kSelf);
  count = 40000 + Random(260000);
  Separately(keep, Then(then), Who(Random(4)));
  return check::Result();
}
