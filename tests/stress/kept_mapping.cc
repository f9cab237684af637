// SPDX-License-Identifier: BSD-2-Clause
//
// A freed large block is kept for the next one of its size, which must not behave as the last owner
// asked: the kernel's flags of its memory are those of a block that nobody gave advice about. Every
// kind of advice, locks and protections, on the whole block and on a part.
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "tests/conformance/check.h"

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kSizes[] = {1500000, size_t{2} << 20, size_t{5} << 20, size_t{16} << 20};

// The flags and the protection of the mapping that holds an address, as the kernel lists them.
std::string FlagsOf(const char* p) {
  FILE* maps = fopen("/proc/self/smaps", "r");
  CHECK(maps != nullptr);
  char line[512], protection[8];
  std::string flags;
  bool here = false;
  while (fgets(line, sizeof line, maps) != nullptr) {
    unsigned long begin, end;
    if (sscanf(line, "%lx-%lx %7s", &begin, &end, protection) == 3) {
      const uintptr_t address = reinterpret_cast<uintptr_t>(p);
      here = begin <= address && address < end;
      if (here) flags = protection;
    } else if (here && strncmp(line, "VmFlags:", 8) == 0) {
      flags += line;
      // Where a page that faults lies in the same mapping, which is no matter of the block.
      const size_t guard = flags.find(" gu");
      if (guard != std::string::npos) flags.erase(guard, 3);
    }
  }
  fclose(maps);
  return flags;
}

struct Advice {
  const char* name;
  int (*give)(void* p, size_t size);
};

template <int kAdvice>
int Advise(void* p, size_t size) {
  return madvise(p, size, kAdvice);
}

const Advice kAdvice[] = {
    {"MADV_RANDOM", Advise<MADV_RANDOM>},
    {"MADV_SEQUENTIAL", Advise<MADV_SEQUENTIAL>},
    {"MADV_DONTFORK", Advise<MADV_DONTFORK>},
    {"MADV_DONTDUMP", Advise<MADV_DONTDUMP>},
    {"MADV_WIPEONFORK", Advise<MADV_WIPEONFORK>},
    {"MADV_MERGEABLE", Advise<MADV_MERGEABLE>},
    {"MADV_NOHUGEPAGE", Advise<MADV_NOHUGEPAGE>},
    {"mlock", [](void* p, size_t size) { return mlock(p, size); }},
    {"mlock2", [](void* p, size_t size) { return mlock2(p, size, MLOCK_ONFAULT); }},
    {"mprotect PROT_READ", [](void* p, size_t size) { return mprotect(p, size, PROT_READ); }},
    {"mprotect PROT_NONE", [](void* p, size_t size) { return mprotect(p, size, PROT_NONE); }},
    {"pkey_mprotect", [](void* p, size_t size) { return pkey_mprotect(p, size, PROT_READ, -1); }},
};

char* Block(size_t size) {
  char* block = static_cast<char*>(check::Opaque(malloc(size)));
  CHECK(block != nullptr);
  for (size_t i = 0; i < size; i += kPage) block[i] = 1;
  return block;
}

// From the second time on a size that comes again is kept.
void MakeKept(size_t size) {
  for (int i = 0; i < 4; i++) free(Block(size));
}

void Check(const Advice& advice, size_t size, bool part) {
  MakeKept(size);
  char* block = Block(size);
  const std::string plain = FlagsOf(block);
  char* first =
      reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(block) + kPage - 1) / kPage * kPage);
  const size_t whole = size / kPage * kPage;
  char* from = part ? first + 16 * kPage : first;
  if (advice.give(from, part ? 8 * kPage : whole) != 0) {
    printf("not on this kernel: %s: %s\n", advice.name, strerror(errno));
    free(block);
    return;
  }
  free(block);
  // Whatever is kept of this size, and more.
  char* next[4];
  for (char*& p : next) {
    p = Block(size);
    for (const size_t at : {size_t{0}, 20 * kPage, whole - kPage}) {
      const std::string flags = FlagsOf(p + at);
      if (flags == plain) continue;
      fprintf(stderr,
              "failed: %s on %s of %zu bytes, then %zu bytes into the next block:\n%snot\n%s",
              advice.name, part ? "a part" : "the whole", size, at, flags.c_str(), plain.c_str());
      exit(1);
    }
  }
  for (char* p : next) free(p);
}

}  // namespace

int main() {
  for (const Advice& advice : kAdvice)
    for (const size_t size : kSizes)
      for (const bool part : {false, true}) Check(advice, size, part);
  return check::Result();
}
