// SPDX-License-Identifier: BSD-2-Clause
//
// A block of more than 32 KiB that is freed twice is named at once: with another one freed between,
// with as many as are cached, with so many that it went back to its slab. Random numbers of blocks
// of all sizes; each mistake is made by a child, whose report the parent reads.
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/conformance/check.h"

namespace {

constexpr size_t kKiB = 1024;

uint64_t state = 20240614;
size_t Below(size_t n) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return static_cast<size_t>(state >> 33) % n;
}

// Classes: eight for each doubling.
std::vector<size_t> Classes() {
  std::vector<size_t> sizes;
  for (size_t base = 32 * kKiB; base < 1024 * kKiB; base *= 2)
    for (size_t i = 1; i <= 8; i++) sizes.push_back(base + base / 8 * i);
  return sizes;
}

// Of the usual sizes of buffers a CPU caches only two.
bool IsBuffer(size_t size) { return size == 64 * kKiB || size == 1024 * kKiB; }

// How many of a size are cached at least, after a program used some for a while.
size_t Cached(size_t size) {
  if (IsBuffer(size)) return 1;
  if (size < 128 * kKiB) return 6;
  return size <= 256 * kKiB ? 4 : 1;
}

struct Mistake {
  const char* name;
  size_t before;   // blocks freed first
  size_t between;  // blocks freed between the two frees of one
  bool taken;      // another one is asked for before the second
  bool resize;     // the second free is made by realloc
};

void Make(const Mistake& mistake, size_t size) {
  std::vector<char*> blocks(mistake.before + 1 + mistake.between);
  for (int i = 0; i < 500; i++) {  // the cache of this size grows
    for (char*& block : blocks) block = static_cast<char*>(check::Opaque(malloc(size)));
    for (char* block : blocks) free(block);
  }
  for (char*& block : blocks)
    block = static_cast<char*>(check::Opaque(malloc(size - Below(size / 16))));
  for (char* block : blocks) free(block);
  char* twice = blocks[mistake.before];
  if (mistake.taken && check::Opaque(malloc(size)) == twice) twice = blocks[mistake.before + 1];
  dprintf(STDERR_FILENO, "%p\n", static_cast<void*>(twice));
  if (mistake.resize)
    check::Opaque(realloc(twice, 16));
  else
    free(twice);
}

// With threads beside it that have taken what virtual CPUs there are.
[[noreturn]] void MakeInCrowd(const Mistake& mistake, size_t size) {
  std::atomic<int> here{0};
  for (int i = 0; i < 3; i++)
    std::thread([&here] {
      free(check::Opaque(malloc(16)));
      here++;
      for (;;) pause();
    }).detach();
  while (here < 3) sched_yield();
  std::thread([&] { Make(mistake, size); }).join();
  _exit(0);
}

// The caches of other CPUs are not looked through.
void StayHere() {
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(static_cast<unsigned>(sched_getcpu()), &here);
  CHECK(sched_setaffinity(0, sizeof here, &here) == 0);
}

void Expect(const Mistake& mistake, size_t size) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    const rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    StayHere();
    dup2(ends[1], STDERR_FILENO);
    MakeInCrowd(mistake, size);
  }
  close(ends[1]);
  char text[1000] = {};
  size_t length = 0;
  for (ssize_t got; (got = read(ends[0], text + length, sizeof text - 1 - length)) > 0;)
    length += static_cast<size_t>(got);
  close(ends[0]);
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  const std::string said = text;
  const std::string address = said.substr(0, said.find('\n'));
  const std::string call = (mistake.resize ? ": realloc(" : ": free(") + address + ")";
  // The second where nothing of its slab was left in use, so that this was given up.
  const bool named = said.find("uma: double free" + call) != std::string::npos ||
                     said.find("uma: invalid pointer" + call) != std::string::npos;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && named) return;
  check::Say("failed: %zu bytes, %s (%zu before, %zu between, %d taken, by %s): status %x: %s",
             size, mistake.name, mistake.before, mistake.between, mistake.taken,
             mistake.resize ? "realloc" : "free", static_cast<unsigned>(status), text);
  check::failures++;
}

void ExpectAll(size_t size) {
  for (int round = 0; round < 3; round++) {
    const bool resize = round == 2;
    Expect({"as many between as are cached", 0, Below(Cached(size) + 1), false, resize}, size);
    // However full the cache was, one other free does not hide the first.
    Expect({"one between", Below(40), 1, false, resize}, size);
  }
  Expect({"one between, an empty cache", 0, 1, false, false}, size);
  if (IsBuffer(size)) return;
  // The block went back to its slab, and the cache has room.
  Expect({"many between, one taken", Below(10), 40, true, false}, size);
}

}  // namespace

int main() {
  for (const size_t size : Classes()) ExpectAll(size);
  return check::Result();
}
