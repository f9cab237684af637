// SPDX-License-Identifier: BSD-2-Clause
//
// overflow [old-kernel]: behind every block of more than a megabyte lies a page that faults,
// however the block came about. A child writes upward from the block's end; the fault must be at
// the first byte after what malloc_usable_size tells. old-kernel: madvise refuses the marks of
// Linux 6.13.
#include <errno.h>
#include <linux/audit.h>
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "tests/conformance/check.h"
#include "tests/conformance/old_kernel.h"

namespace {

constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kPage = 4096;
const char* expected;

void OnFault(int, siginfo_t* info, void*) { _exit(info->si_addr == expected ? 0 : 2); }

void Expect(void* p, size_t size, const char* what) {
  CHECK(p != nullptr);
  char* block = static_cast<char*>(p);
  const size_t usable = malloc_usable_size(p);
  CHECK(usable >= size);
  block[0] = block[usable - 1] = 1;
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    struct sigaction action = {};
    action.sa_sigaction = OnFault;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, nullptr);
    expected = block + usable;
    for (volatile char* at = block + usable - 64; at < block + usable + 64 * kPage; at++) *at = 1;
    _exit(3);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  if (status == 0) return;
  fprintf(stderr, "failed: %s of %zu bytes: %s (%x)\n", what, size,
          WEXITSTATUS(status) == 3 ? "a long overflow ran on" : "a fault elsewhere", status);
  exit(1);
}

// Random sizes from just above a megabyte.
size_t Size(uint64_t* state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return kMiB + 1 + (*state >> 33) % (8 * kMiB);
}

void Round(uint64_t* random) {
  const size_t size = Size(random), other = Size(random);
  void* p = check::Opaque(malloc(size));
  Expect(p, size, "malloc");
  p = check::Opaque(realloc(p, size + other));
  Expect(p, size + other, "realloc to more");
  p = check::Opaque(realloc(p, size + 5 * kPage));
  Expect(p, size + 5 * kPage, "realloc to less");
  p = check::Opaque(realloc(p, size + 6 * kPage));
  Expect(p, size + 6 * kPage, "realloc by one page");
  free(p);
  p = check::Opaque(calloc(1, other));
  Expect(p, other, "calloc");
  free(p);
  for (int i = 0; i < 4; i++) {  // the later ones are kept mappings
    p = check::Opaque(malloc(other));
    Expect(p, other, "malloc again");
    free(p);
  }
  p = check::Opaque(malloc(other - other / 20));
  Expect(p, other - other / 20, "malloc of a little less");
  free(p);
  for (const size_t align : {kPage, 128 * size_t{1024}, kMiB, 2 * kMiB, 8 * kMiB}) {
    p = check::Opaque(memalign(align, size));
    CHECK(reinterpret_cast<uintptr_t>(p) % align == 0);
    Expect(p, size, "memalign");
    free(p);
  }
  void* three[3];
  for (void*& each : three) each = check::Opaque(memalign(kMiB, kMiB));
  for (void* each : three) {
    CHECK(reinterpret_cast<uintptr_t>(each) % kMiB == 0);
    Expect(each, kMiB, "memalign of a megabyte");
  }
  for (void* each : three) free(each);
}

}  // namespace

int main(int argc, char** argv) {
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (argc == 2 && strcmp(argv[1], "old-kernel") == 0) check::RefuseAdvice(check::kGuardInstall);
  // Neighbours, so that no block ends where nothing is mapped.
  std::vector<void*> neighbours;
  for (int i = 0; i < 64; i++) neighbours.push_back(check::Opaque(malloc(2 * kMiB + 4096)));
  for (size_t i = 0; i < neighbours.size(); i += 2) free(neighbours[i]);
  uint64_t random = 20240613;
  for (int i = 0; i < 8; i++) Round(&random);
  for (size_t i = 1; i < neighbours.size(); i += 2) free(neighbours[i]);
  return check::Result();
}
