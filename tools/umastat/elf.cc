// SPDX-License-Identifier: BSD-2-Clause
#include "tools/umastat/elf.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "tools/umastat/error.h"

namespace umastat {
namespace {

constexpr size_t kMaxProgramHeaders = 128;
constexpr size_t kMaxDynamicEntries = 512;
constexpr size_t kMaxChain = 4096;  // symbols in one hash bucket

bool IsOurElf(const Elf64_Ehdr& header) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
         header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
         (header.e_type == ET_DYN || header.e_type == ET_EXEC);
}

// An object in memory: what its program headers say.
struct Object {
  uint64_t bias = 0;
  uint64_t dynamic = 0;  // address, 0: none
  uint64_t dynamic_bytes = 0;
};

std::optional<Object> ReadObject(const Process& process, uint64_t base) {
  const auto header = process.Read<Elf64_Ehdr>(base);
  if (!IsOurElf(header) || header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 ||
      header.e_phnum > kMaxProgramHeaders) {
    return std::nullopt;
  }
  std::array<Elf64_Phdr, kMaxProgramHeaders> headers;
  const Piece piece{base + header.e_phoff, headers.data(), header.e_phnum * sizeof(Elf64_Phdr)};
  process.Read(std::span(&piece, 1));
  Object object;
  bool loaded = false;
  for (size_t i = 0; i < header.e_phnum; i++) {
    if (headers[i].p_type == PT_LOAD && headers[i].p_offset == 0) {
      object.bias = base - headers[i].p_vaddr;
      loaded = true;
    }
    if (headers[i].p_type == PT_DYNAMIC) {
      object.dynamic = headers[i].p_vaddr;
      object.dynamic_bytes = headers[i].p_memsz;
    }
  }
  if (!loaded) return std::nullopt;
  if (object.dynamic != 0) object.dynamic += object.bias;
  return object;
}

// The three tables that a lookup needs.
struct Tables {
  uint64_t hash = 0;
  uint64_t symbols = 0;
  uint64_t strings = 0;
};

Tables ReadTables(const Process& process, const Object& object) {
  std::vector<Elf64_Dyn> entries(
      std::min<uint64_t>(object.dynamic_bytes / sizeof(Elf64_Dyn), kMaxDynamicEntries));
  const Piece piece{object.dynamic, entries.data(), entries.size() * sizeof(Elf64_Dyn)};
  process.Read(std::span(&piece, 1));
  Tables tables;
  for (const Elf64_Dyn& entry : entries) {
    if (entry.d_tag == DT_NULL) break;
    // glibc relocates these addresses in place, other loaders leave them alone.
    const uint64_t raw = entry.d_un.d_ptr;
    const uint64_t address = raw < object.bias ? raw + object.bias : raw;
    if (entry.d_tag == DT_GNU_HASH) tables.hash = address;
    if (entry.d_tag == DT_SYMTAB) tables.symbols = address;
    if (entry.d_tag == DT_STRTAB) tables.strings = address;
  }
  return tables;
}

uint32_t GnuHash(const std::string& name) {
  uint32_t hash = 5381;
  for (const char c : name) hash = hash * 33 + static_cast<unsigned char>(c);
  return hash;
}

bool IsNamed(const Process& process, uint64_t string, const std::string& name) {
  std::vector<char> text(name.size() + 1);
  const Piece piece{string, text.data(), text.size()};
  process.Read(std::span(&piece, 1));
  return std::memcmp(text.data(), name.c_str(), text.size()) == 0;
}

std::optional<uint64_t> LookUp(const Process& process, const Tables& tables, uint64_t bias,
                               const std::string& name) {
  struct Header {
    uint32_t buckets, first, bloom_words, bloom_shift;
  };
  const auto header = process.Read<Header>(tables.hash);
  if (header.buckets == 0 || header.bloom_words == 0) return std::nullopt;
  const uint32_t hash = GnuHash(name);
  const uint64_t bloom = tables.hash + sizeof(Header);
  const auto word = process.Read<uint64_t>(bloom + 8 * ((hash / 64) % header.bloom_words));
  if (((word >> (hash % 64)) & (word >> ((hash >> (header.bloom_shift % 32)) % 64)) & 1) == 0) {
    return std::nullopt;
  }
  const uint64_t buckets = bloom + uint64_t{8} * header.bloom_words;
  const uint64_t chains = buckets + uint64_t{4} * header.buckets;
  uint32_t index = process.Read<uint32_t>(buckets + 4 * (hash % header.buckets));
  if (index < header.first) return std::nullopt;
  for (size_t i = 0; i < kMaxChain; i++, index++) {
    const auto link = process.Read<uint32_t>(chains + uint64_t{4} * (index - header.first));
    if ((link | 1) == (hash | 1)) {
      const auto symbol = process.Read<Elf64_Sym>(tables.symbols + sizeof(Elf64_Sym) * index);
      if (ELF64_ST_TYPE(symbol.st_info) == STT_OBJECT && symbol.st_shndx != SHN_UNDEF &&
          IsNamed(process, tables.strings + symbol.st_name, name)) {
        return bias + symbol.st_value;
      }
    }
    if ((link & 1) != 0) break;
  }
  return std::nullopt;
}

// A file mapped for reading; every access is checked against its size.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd >= 0 && fstat(fd, &status) == 0 && status.st_size > 0) {
      void* at = mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
      if (at != MAP_FAILED) {
        data_ = static_cast<const char*>(at);
        size_ = static_cast<size_t>(status.st_size);
      }
    }
    if (fd >= 0) close(fd);
  }
  ~MappedFile() {
    if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  template <typename T>
  bool Get(uint64_t offset, T& value) const {
    if (offset > size_ || size_ - offset < sizeof(T)) return false;
    std::memcpy(&value, data_ + offset, sizeof(T));
    return true;
  }

  bool Equals(uint64_t offset, const std::string& text) const {
    return offset <= size_ && size_ - offset > text.size() &&
           std::memcmp(data_ + offset, text.c_str(), text.size() + 1) == 0;
  }

  uint64_t size() const { return size_; }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

std::optional<uint64_t> ScanSymbols(const MappedFile& file, const Elf64_Shdr& symbols,
                                    const Elf64_Shdr& strings, const std::string& name) {
  const uint64_t end = symbols.sh_offset + std::min(symbols.sh_size, file.size());
  Elf64_Sym symbol;
  for (uint64_t at = symbols.sh_offset; at + sizeof(symbol) <= end && file.Get(at, symbol);
       at += sizeof(symbol)) {
    if (ELF64_ST_TYPE(symbol.st_info) == STT_OBJECT && symbol.st_shndx != SHN_UNDEF &&
        symbol.st_name < strings.sh_size && file.Equals(strings.sh_offset + symbol.st_name, name)) {
      return symbol.st_value;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<uint64_t> FindExportedSymbol(const Process& process, uint64_t base,
                                           const std::string& name) {
  try {
    const std::optional<Object> object = ReadObject(process, base);
    if (!object || object->dynamic == 0) return std::nullopt;
    const Tables tables = ReadTables(process, *object);
    if (tables.hash == 0 || tables.symbols == 0 || tables.strings == 0) return std::nullopt;
    return LookUp(process, tables, object->bias, name);
  } catch (const UnreadableError&) {
    return std::nullopt;
  }
}

std::optional<uint64_t> FindFileSymbol(const Process& process, uint64_t base,
                                       const std::string& path, const std::string& name) {
  const MappedFile file(path);
  Elf64_Ehdr header;
  if (!file.Get(0, header) || !IsOurElf(header)) return std::nullopt;
  const std::optional<Object> object = ReadObject(process, base);
  if (!object) return std::nullopt;
  for (size_t i = 0; i < header.e_shnum; i++) {
    Elf64_Shdr section;
    Elf64_Shdr strings;
    if (!file.Get(header.e_shoff + i * sizeof(section), section)) return std::nullopt;
    if (section.sh_type != SHT_SYMTAB) continue;
    if (!file.Get(header.e_shoff + section.sh_link * sizeof(strings), strings)) continue;
    const std::optional<uint64_t> value = ScanSymbols(file, section, strings, name);
    if (value) return object->bias + *value;
  }
  return std::nullopt;
}

}  // namespace umastat
