// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/os/libc_code.h"

#include <elf.h>
#include <link.h>

#include "alloc/base/util.h"
#include "alloc/os/auxv.h"

namespace uma::os {
namespace {

struct Code {
  uintptr_t begin;
  uintptr_t end;
};
constexpr unsigned kLibraries = 4;  // the loader, libc, and libpthread where it is apart
struct LibcCode {
  Code of[kLibraries];
  unsigned count;
  bool libc;
};
constinit LibcCode libc_code{};

// Whether the file's name, without folders, begins so.
bool is_named(const char* path, const char* prefix) {
  const char* name = path;
  for (; *path; path++)
    if (*path == '/') name = path + 1;
  while (*prefix && *name == *prefix) name++, prefix++;
  return !*prefix;
}

int find_code(dl_phdr_info* library, size_t, void* loader) {
  const char* path = library->dlpi_name;
  const bool libc = is_named(path, "libc.so") || is_named(path, "libc-2");
  if (!libc && !is_named(path, "libpthread") && library->dlpi_addr != addr(loader)) return 0;
  for (unsigned i = 0; i < library->dlpi_phnum; i++) {
    const ElfW(Phdr)& segment = library->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X) || libc_code.count == kLibraries)
      continue;
    const uintptr_t begin = library->dlpi_addr + segment.p_vaddr;
    libc_code.of[libc_code.count++] = {begin, begin + segment.p_memsz};
    libc_code.libc = libc_code.libc || libc;
  }
  return 0;
}

[[gnu::constructor]] void find() {
  // A static program has no loader.
  uintptr_t loader;
  if (auxiliary(AT_BASE, &loader) && loader) dl_iterate_phdr(find_code, at<void>(loader));
}

}  // namespace

bool libc_is_shared() { return libc_code.libc; }

bool code_of_libc(const void* address) {
  for (unsigned i = 0; i < libc_code.count; i++)
    if (addr(address) - libc_code.of[i].begin < libc_code.of[i].end - libc_code.of[i].begin)
      return true;
  return false;
}

}  // namespace uma::os
