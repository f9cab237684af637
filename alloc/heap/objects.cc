// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/heap/objects.h"

#include <string.h>

#include "alloc/base/util.h"

namespace uma {
namespace {

constexpr ElfW(Half) kHiddenVersion = 0x8000;  // of a symbol that is there for old programs only

uint32_t gnu_hash(const char* name) {
  uint32_t h = 5381;
  for (; *name; name++) h = h * 33 + uint8_t(*name);
  return h;
}

uint32_t sysv_hash(const char* name) {
  uint32_t h = 0;
  for (; *name; name++) {
    h = (h << 4) + uint8_t(*name);
    h = (h ^ (h >> 24 & 0xf0)) & 0x0fffffff;
  }
  return h;
}

}  // namespace

Object::Object(const dl_phdr_info& info) : info_(info) {
  const ElfW(Dyn)* dynamic = nullptr;
  for (int i = 0; i < info.dlpi_phnum; i++)
    if (info.dlpi_phdr[i].p_type == PT_DYNAMIC)
      dynamic = at<const ElfW(Dyn)>(info.dlpi_addr + info.dlpi_phdr[i].p_vaddr);
  if (!dynamic) return;
  // The loader has relocated these addresses, except in sections that cannot be written.
  const auto address = [&](const ElfW(Dyn) * d) {
    return d->d_un.d_ptr < info.dlpi_addr ? info.dlpi_addr + d->d_un.d_ptr : d->d_un.d_ptr;
  };
  const ElfW(Dyn)* soname = nullptr;
  for (; dynamic->d_tag != DT_NULL; dynamic++) switch (dynamic->d_tag) {
      case DT_SYMTAB:
        symbols_ = at<const ElfW(Sym)>(address(dynamic));
        break;
      case DT_STRTAB:
        strings_ = at<const char>(address(dynamic));
        break;
      case DT_VERSYM:
        versions_ = at<const ElfW(Half)>(address(dynamic));
        break;
      case DT_GNU_HASH:
        gnu_hash_ = at<const uint32_t>(address(dynamic));
        break;
      case DT_HASH:
        sysv_hash_ = at<const ElfW(Word)>(address(dynamic));
        break;
      case DT_SONAME:
        soname = dynamic;
        break;
    }
  if (soname && strings_) soname_ = strings_ + soname->d_un.d_val;
}

bool Object::holds(const void* p) const {
  for (int i = 0; i < info_.dlpi_phnum; i++) {
    const ElfW(Phdr)& segment = info_.dlpi_phdr[i];
    if (segment.p_type == PT_LOAD &&
        addr(p) - (info_.dlpi_addr + segment.p_vaddr) < segment.p_memsz)
      return true;
  }
  return false;
}

bool Object::is_named(const char* soname) const { return soname_ && strcmp(soname_, soname) == 0; }

bool Object::matches(ElfW(Word) index, const char* name) const {
  const ElfW(Sym)& symbol = symbols_[index];
  const unsigned type = ELF64_ST_TYPE(symbol.st_info);
  return symbol.st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_NOTYPE) &&
         !(versions_ && (versions_[index] & kHiddenVersion)) &&
         strcmp(strings_ + symbol.st_name, name) == 0;
}

const ElfW(Sym) * Object::gnu_lookup(const char* name) const {
  const uint32_t buckets = gnu_hash_[0], first = gnu_hash_[1], filters = gnu_hash_[2];
  const uint32_t shift = gnu_hash_[3];
  const auto* filter = reinterpret_cast<const uint64_t*>(gnu_hash_ + 4);
  const auto* bucket = reinterpret_cast<const uint32_t*>(filter + filters);
  const uint32_t* chain = bucket + buckets;
  const uint32_t hash = gnu_hash(name);
  const uint64_t word = filter[hash / 64 % filters];
  if (!(word >> (hash % 64) & word >> ((hash >> shift) % 64) & 1)) return nullptr;
  const uint32_t start = bucket[hash % buckets];
  if (start < first) return nullptr;
  for (uint32_t i = start;; i++) {
    const uint32_t entry = chain[i - first];  // a hash, whose lowest bit ends the chain
    if ((entry | 1) == (hash | 1) && matches(i, name)) return symbols_ + i;
    if (entry & 1) return nullptr;
  }
}

const ElfW(Sym) * Object::sysv_lookup(const char* name) const {
  const ElfW(Word) buckets = sysv_hash_[0];
  const ElfW(Word)* bucket = sysv_hash_ + 2;
  const ElfW(Word)* chain = bucket + buckets;
  for (ElfW(Word) i = bucket[sysv_hash(name) % buckets]; i != STN_UNDEF; i = chain[i])
    if (matches(i, name)) return symbols_ + i;
  return nullptr;
}

void* Object::function(const char* name) const {
  if (!symbols_ || !strings_) return nullptr;
  const ElfW(Sym)* symbol = nullptr;
  if (gnu_hash_)
    symbol = gnu_lookup(name);
  else if (sysv_hash_)
    symbol = sysv_lookup(name);
  return symbol ? at<void>(info_.dlpi_addr + symbol->st_value) : nullptr;
}

bool is_this_object(const Object& object) {
  return object.holds(reinterpret_cast<const void*>(&is_this_object));
}

}  // namespace uma
