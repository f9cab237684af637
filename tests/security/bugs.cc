// SPDX-License-Identifier: BSD-2-Clause
//
// bugs USE ADDRESS DESCRIPTOR: a program with one bug. It writes the hexadecimal address that the
// report must name to the descriptor, makes the mistake and, if nothing stopped it, exits 0.
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <new>

namespace {

constexpr size_t kMany = 20000;

int address_fd;
int static_object[16];

// Hides where a pointer comes from, and tells the driver about it.
void* Bad(const void* p) {
  // Some dprintf allocate, which may take the very block.
  char line[20];
  const int length = snprintf(line, sizeof line, "%lx\n", reinterpret_cast<unsigned long>(p));
  if (write(address_fd, line, size_t(length)) != length) _exit(2);
  void* hidden = const_cast<void*>(p);
  asm volatile("" : "+r"(hidden) : : "memory");
  return hidden;
}

void* Hide(void* p) {
  asm volatile("" : "+r"(p) : : "memory");
  return p;
}

char* Block(size_t n) {
  char* block = static_cast<char*>(Hide(malloc(n)));
  if (block == nullptr) _exit(4);
  memset(block, 1, n);
  return block;
}

// The addresses. None of them may be freed.

void* OnStack() {
  static void* kept;
  char object[64];
  kept = Bad(object + 16 - reinterpret_cast<uintptr_t>(object) % 16);
  return kept;
}

void* InData() { return Bad(static_object); }

void* InText() { return Bad(reinterpret_cast<void*>(&InData)); }

// In the range where blocks are, but far beyond any of them.
void* BeyondBlocks() { return Bad(Block(64) + (static_cast<size_t>(900) << 20)); }

void* LowAddress() { return Bad(reinterpret_cast<void*>(0x1000)); }

void* Tagged() {
  return Bad(reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(Block(64)) | 0x2a00000000000000));
}

void* TopBit() {
  return Bad(reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(Block(64)) | 0x8000000000000000));
}

void* InsideLarge() { return Bad(Block(3 << 20) + 4096); }

void* InsideLargeFar() { return Bad(Block(3 << 20) + (2 << 20)); }

void* InsideLargeOdd() { return Bad(Block(3 << 20) + 16); }

void* InsideMedium() { return Bad(Block(200000) + 70000 / 16 * 16); }

void* InsideSmall() { return Bad(Block(480) + 16); }

void* InsideOdd() { return Bad(Block(480) + 7); }

// The last place of a slab from which one block was taken.
void* NeverAllocated() {
  const uintptr_t slab = reinterpret_cast<uintptr_t>(Block(960)) & ~static_cast<uintptr_t>(0xffff);
  return Bad(reinterpret_cast<void*>(slab + (65536 / 960 - 1) * 960));
}

void* JustFreed(size_t n) {
  void* block = Block(n);
  free(block);
  return Bad(block);
}

// One free, another free of the same size between.
void* FreedEarlier() {
  void* block = Block(480);
  void* other = Block(480);
  free(block);
  free(other);
  return Bad(block);
}

void* FreedSmall() { return JustFreed(64); }
void* FreedMedium() { return JustFreed(5000); }
void* FreedHalfMegabyte() { return JustFreed(500000); }
void* FreedLarge() { return JustFreed(3 << 20); }
void* FreedHuge() { return JustFreed(200 << 20); }

// Freed as a whole; then its middle is freed.
void* InsideFreedLarge() {
  char* block = Block(3 << 20);
  free(block);
  return Bad(block + (1 << 20));
}

// What is done with them.

void Free(void* p) { free(p); }
void Realloc(void* p) { Hide(realloc(p, 100)); }
void ReallocZero(void* p) { Hide(realloc(p, 0)); }
void ReallocLarge(void* p) { Hide(realloc(p, 10 << 20)); }
void UsableSize(void* p) {
  if (malloc_usable_size(p) == 1) _exit(5);
}
void Delete(void* p) { ::operator delete(p); }
void DeleteArray(void* p) { ::operator delete[](p); }
void DeleteSized(void* p) { ::operator delete(p, 64); }
void DeleteAligned(void* p) { ::operator delete(p, std::align_val_t(64)); }

// Frees, and then so many blocks of the same size that the bad one must reach its slab.
void FreeAndDrain(void* p) {
  static void* blocks[kMany];
  for (void*& block : blocks) block = Block(480);
  free(p);
  for (void* block : blocks) free(block);
  malloc_trim(0);
}

// The same with no further block: only the caches are emptied.
void FreeAndTrim(void* p) {
  free(p);
  malloc_trim(0);
}

struct Name {
  const char* name;
  void* (*make)();
};

struct Use {
  const char* name;
  void (*use)(void*);
};

const Name kAddresses[] = {
    {"stack", OnStack},
    {"data", InData},
    {"text", InText},
    {"beyond", BeyondBlocks},
    {"low", LowAddress},
    {"tagged", Tagged},
    {"top-bit", TopBit},
    {"inside-large", InsideLarge},
    {"inside-large-far", InsideLargeFar},
    {"inside-large-odd", InsideLargeOdd},
    {"inside-medium", InsideMedium},
    {"inside-small", InsideSmall},
    {"inside-odd", InsideOdd},
    {"never-allocated", NeverAllocated},
    {"freed-small", FreedSmall},
    {"freed-medium", FreedMedium},
    {"freed-half-megabyte", FreedHalfMegabyte},
    {"freed-large", FreedLarge},
    {"freed-huge", FreedHuge},
    {"freed-earlier", FreedEarlier},
    {"inside-freed-large", InsideFreedLarge},
};

const Use kUses[] = {
    {"free", Free},
    {"realloc", Realloc},
    {"realloc-zero", ReallocZero},
    {"realloc-large", ReallocLarge},
    {"usable-size", UsableSize},
    {"delete", Delete},
    {"delete-array", DeleteArray},
    {"delete-sized", DeleteSized},
    {"delete-aligned", DeleteAligned},
    {"free-drain", FreeAndDrain},
    {"free-trim", FreeAndTrim},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  address_fd = atoi(argv[3]);
  for (const Use& use : kUses) {
    for (const Name& address : kAddresses) {
      if (strcmp(use.name, argv[1]) != 0 || strcmp(address.name, argv[2]) != 0) continue;
      use.use(address.make());
      return 0;
    }
  }
  return 2;
}
