// SPDX-License-Identifier: BSD-2-Clause
//
// locked WHAT KEEP SEED [old]: a program that locks its memory, as real-time programs do, locks
// what it uses and little more; what it frees goes back, and is zero when calloc hands it out
// again.
//   WHAT  current: what is mapped now; future: what will be; both
//   KEEP  percent of the blocks that stay
//   old   a kernel that does not let go of locked memory on advice
#include <sys/mman.h>
#include <time.h>

#include <algorithm>

#include "tests/conformance/old_kernel.h"
#include "tests/limits/status.h"
#include "tests/stress/stamp.h"

namespace {

constexpr size_t kMega = size_t{1} << 20;
constexpr size_t kPage = 4096;
constexpr size_t kLockedAtStart = 10 * kMega;  // half of it the program and its libraries
constexpr size_t kSlack = 8 * kMega;
constexpr size_t kBlocks = 30000;
constexpr size_t kBlockMost = 12000;
constexpr int kTenths = 100;

stress::Block blocks[kBlocks];
uintptr_t pages[kBlocks * (kBlockMost / kPage + 2)];

size_t BytesHeld() {
  size_t count = 0;
  for (const stress::Block& block : blocks) {
    if (block.address == nullptr) continue;
    const auto first = reinterpret_cast<uintptr_t>(block.address);
    for (uintptr_t at = first / kPage; at <= (first + block.size - 1) / kPage; at++)
      pages[count++] = at;
  }
  std::sort(pages, pages + count);
  return static_cast<size_t>(std::unique(pages, pages + count) - pages) * kPage;
}

void Fill(stress::Random& random) {
  for (stress::Block& block : blocks) {
    if (block.address != nullptr) continue;
    block = stress::Allocate(random, 1 + random.Below(kBlockMost), 1);
    memset(block.address, 0xa5, block.size);
    stress::Stamp(block);
  }
}

void GoesBack(size_t before, bool ask) {
  const size_t bound = BytesHeld() / 20 * 21 + kSlack;
  size_t resident = 0;
  for (int i = 0; i < kTenths; i++) {
    const timespec tenth = {0, 100000000};
    nanosleep(&tenth, nullptr);
    if (ask) malloc_trim(0);  // beside a filter of system calls there is no helper
    const size_t now = limits::Status("VmRSS:");
    resident = now > before ? now - before : 0;
    if (resident <= bound) return;
  }
  check::Say("%zu KiB stay, of %zu", resident >> 10, bound >> 10);
  CHECK(resident <= bound);
}

// What was given back or was not, small blocks and mappings.
void IsZero(stress::Random& random) {
  for (stress::Block& block : blocks) {
    if (block.address != nullptr) continue;
    block.size = 1 + random.Below(random.Below(200) == 0 ? 3 * kMega : kBlockMost);
    block.address = static_cast<unsigned char*>(calloc(1, block.size));
    REQUIRE(block.address != nullptr);
    stress::VerifyZero(block);
    memset(block.address, 0x5a, block.size);
    free(block.address);
    block.address = nullptr;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const size_t keep = strtoul(argv[2], nullptr, 10);
  stress::Random random(strtoul(argv[3], nullptr, 10));
  if (argc > 4) check::RefuseAdvice(check::kDontneedLocked);
  const int flags = strcmp(argv[1], "current") == 0  ? MCL_CURRENT
                    : strcmp(argv[1], "future") == 0 ? MCL_FUTURE
                                                     : MCL_CURRENT | MCL_FUTURE;
  memset(pages, 0, sizeof pages);
  if (flags & MCL_CURRENT) {
    free(check::Opaque(malloc(100)));
    if (mlockall(flags) != 0) {
      check::Say("SKIP: this user may not lock memory");
      return 0;
    }
    const size_t ours = sizeof pages + sizeof blocks, locked = limits::Status("VmLck:");
    if (locked > kLockedAtStart + ours) check::Say("%zu KiB are locked", (locked - ours) >> 10);
    CHECK(locked <= kLockedAtStart + ours);
  } else {
    REQUIRE(mlockall(flags) == 0);
  }
  const size_t before = limits::Status("VmRSS:");
  Fill(random);
  if (flags == MCL_CURRENT) REQUIRE(mlockall(flags) == 0);
  for (stress::Block& block : blocks)
    if (random.Below(100) >= keep) stress::Release(block);
  GoesBack(before, argc > 4);
  IsZero(random);
  Fill(random);
  for (stress::Block& block : blocks) stress::Release(block);
  CHECK_EQ(munlockall(), 0);
  return check::Result();
}
