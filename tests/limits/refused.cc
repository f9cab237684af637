// SPDX-License-Identifier: BSD-2-Clause
//
// refused SEED: requests of more memory than the machine has are refused by every function, as the
// system's rule of overcommitment would refuse a mapping of the program's own, and what was there
// before is as it was.
#include <errno.h>
#include <malloc.h>
#include <sys/mman.h>

#include <new>

#include "tests/limits/status.h"
#include "tests/stress/stamp.h"

namespace {

constexpr int kRounds = 200;
constexpr size_t kLeast = size_t{4} << 20;

size_t BeyondMachine(stress::Random& random, size_t machine) {
  const size_t size = machine + machine / 4 + (size_t{1} << (33 + random.Below(13)));
  return size + random.Below(4096);
}

// One of the functions; `old` is a block that realloc may move.
void* Ask(size_t way, size_t size, void* old) {
  void* aligned = nullptr;
  switch (way) {
    case 0:
      return malloc(size);
    case 1:
      return calloc(size / 64, 64);
    case 2:
      return realloc(old, size);
    case 3:
      return memalign(size_t{1} << 21, size);
    case 4:
      return posix_memalign(&aligned, size_t{1} << 16, size) == 0 ? aligned : nullptr;
    case 5:
      return aligned_alloc(64, size & ~size_t{63});
    default:
      return ::operator new(size, std::nothrow);
  }
}

}  // namespace

int main(int, char** argv) {
  if (limits::Number("/proc/sys/vm/overcommit_memory", "") == 1) {
    check::Say("SKIP: this system refuses nothing");
    return 0;
  }
  const size_t machine = (limits::Number("/proc/meminfo", "MemTotal:") +
                          limits::Number("/proc/meminfo", "SwapTotal:")) *
                         1024;
  stress::Random random(strtoul(argv[1], nullptr, 10));
  for (int i = 0; i < kRounds; i++) {
    const size_t size = BeyondMachine(random, machine), way = random.Below(7);
    stress::Block old = stress::Allocate(random, kLeast + random.Below(kLeast), 1);
    errno = 0;
    const void* granted = check::Opaque(Ask(way, size, old.address));
    if (granted != nullptr) check::Say("way %zu: %zu MiB granted", way, size >> 20);
    CHECK(granted == nullptr);
    if (way < 6) CHECK_EQ(errno, ENOMEM);
    stress::Release(old);
  }
  // What the machine has is granted as before.
  void* fits = check::Opaque(malloc(machine / 4));
  CHECK(fits != nullptr);
  free(fits);
  return check::Result();
}
