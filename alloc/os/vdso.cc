// SPDX-License-Identifier: BSD-2-Clause
// A lookup by the GNU hash table, which every such library of x86-64 has. Whatever is not as
// expected counts as not found: the caller has the system call.
#include "alloc/os/vdso.h"

#include <elf.h>
#include <stdint.h>

#include "alloc/base/util.h"
#include "alloc/os/auxv.h"

namespace uma::os {
namespace {

constexpr size_t kMost = size_t{64} << 10;  // bytes of such a library; it has two pages

struct Library {
  const char* base = nullptr;
  size_t size = 0;
  const Elf64_Sym* symbols = nullptr;
  const char* names = nullptr;
  const uint32_t* hash = nullptr;
};

// Of an address in the tables, which count from where the file begins.
template <typename T>
const T* in(const Library& library, uint64_t offset) {
  return offset < library.size ? reinterpret_cast<const T*>(library.base + offset) : nullptr;
}

bool read_dynamic(Library& library, uint64_t offset, uint64_t load) {
  const auto* entry = in<Elf64_Dyn>(library, offset);
  for (; entry && entry->d_tag != DT_NULL; entry++) {
    const uint64_t where = entry->d_un.d_ptr - load;
    if (entry->d_tag == DT_SYMTAB) library.symbols = in<Elf64_Sym>(library, where);
    if (entry->d_tag == DT_STRTAB) library.names = in<char>(library, where);
    if (entry->d_tag == DT_GNU_HASH) library.hash = in<uint32_t>(library, where);
  }
  return library.symbols && library.names && library.hash;
}

bool read_headers(Library& library, const Elf64_Ehdr* header) {
  constexpr unsigned char kIdent[] = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB};
  for (unsigned i = 0; i < sizeof(kIdent); i++)
    if (header->e_ident[i] != kIdent[i]) return false;
  if (header->e_phentsize != sizeof(Elf64_Phdr)) return false;
  library.base = reinterpret_cast<const char*>(header);
  const auto* segment = reinterpret_cast<const Elf64_Phdr*>(library.base + header->e_phoff);
  uint64_t load = 0, dynamic = 0;
  for (unsigned i = 0; i < header->e_phnum; i++, segment++) {
    if (segment->p_type == PT_LOAD && segment->p_offset == 0) {
      load = segment->p_vaddr;
      library.size = min(segment->p_memsz, kMost);
    }
    if (segment->p_type == PT_DYNAMIC) dynamic = segment->p_offset;
  }
  return dynamic && read_dynamic(library, dynamic, load);
}

uint32_t hash_of(const char* name) {
  uint32_t hash = 5381;
  for (; *name; name++) hash = hash * 33 + static_cast<unsigned char>(*name);
  return hash;
}

bool same(const char* a, const char* b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

// The table: bucket count, first symbol, words of the filter, shift; filter, buckets, chains.
const Elf64_Sym* find(const Library& library, const char* name) {
  const uint32_t hash = hash_of(name);
  const uint32_t buckets = library.hash[0], first = library.hash[1];
  if (buckets == 0) return nullptr;
  const uint32_t* bucket = library.hash + 4 + size_t{2} * library.hash[2];
  const uint32_t* chain = bucket + buckets;
  uint32_t index = bucket[hash % buckets];
  if (index < first) return nullptr;
  for (;; index++) {
    const uint32_t word = chain[index - first];
    const Elf64_Sym& symbol = library.symbols[index];
    if ((word | 1) == (hash | 1) && same(library.names + symbol.st_name, name)) return &symbol;
    if (word & 1) return nullptr;
  }
}

}  // namespace

void* vdso_function(const char* name) {
  uintptr_t start;
  if (!auxiliary(AT_SYSINFO_EHDR, &start) || !start) return nullptr;
  Library library;
  if (!read_headers(library, at<const Elf64_Ehdr>(start))) return nullptr;
  const Elf64_Sym* symbol = find(library, name);
  if (!symbol || symbol->st_shndx == SHN_UNDEF || symbol->st_value >= library.size) return nullptr;
  return at<void>(start + symbol->st_value);
}

}  // namespace uma::os
