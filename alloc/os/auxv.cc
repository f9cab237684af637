// SPDX-License-Identifier: BSD-2-Clause
// The auxiliary vector from the stack, where it lies behind the environment. getauxval would be a
// function that a program may replace, and it is wanted while locks are held.
#include "alloc/os/auxv.h"

#include <elf.h>
#include <fcntl.h>

#include "alloc/base/syscall.h"
#include "alloc/base/util.h"

// The loader's copy of the initial stack pointer.
extern "C" [[gnu::weak]] void* __libc_stack_end;

namespace uma::os {
namespace {

constexpr uintptr_t kArgcMost = uintptr_t{1} << 20;
constexpr uintptr_t kTypeMost = 1024;  // far above any that exists, below any address
constexpr size_t kEntriesMost = 64;

// Whether a vector of entries lies here: small types up to the end mark, the page size among them.
bool is_vector(const Elf64_auxv_t* entry) {
  bool page_size = false;
  for (size_t i = 0; i < kEntriesMost; i++, entry++) {
    if (entry->a_type > kTypeMost) return false;
    page_size |= entry->a_type == AT_PAGESZ && entry->a_un.a_val == kPage;
    if (entry->a_type == AT_NULL) return page_size;
  }
  return false;
}

const Elf64_auxv_t* vector_on_stack() {
  char** words = initial_words();
  if (!words) return nullptr;
  words += addr(words[0]) + 2;
  while (*words) words++;
  // Each variable that was taken out of the environment in place left one null more.
  while (!*words) words++;
  auto* vector = reinterpret_cast<const Elf64_auxv_t*>(words);
  return is_vector(vector) ? vector : nullptr;
}

// The kernel's own copy, where the stack was not as expected.
bool read_copy(Elf64_auxv_t* vector, size_t size) {
  const long file =
      raw_syscall(SYS_openat, AT_FDCWD, long(addr("/proc/self/auxv")), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const long got = raw_syscall(SYS_read, file, long(addr(vector)), long(size));
  raw_syscall(SYS_close, file);
  return got > 0 && is_vector(vector);
}

}  // namespace

char** initial_words() {
  if (!&__libc_stack_end || !__libc_stack_end) return nullptr;
  char** words = static_cast<char**>(__libc_stack_end);
  const uintptr_t argc = addr(words[0]);
  return argc != 0 && argc <= kArgcMost && words[argc + 1] == nullptr ? words : nullptr;
}

bool auxiliary(uintptr_t type, uintptr_t* value) {
  Elf64_auxv_t copy[kEntriesMost];
  const Elf64_auxv_t* entry = vector_on_stack();
  if (!entry) {
    if (!read_copy(copy, sizeof(copy))) return false;
    entry = copy;
  }
  for (; entry->a_type != AT_NULL; entry++) {
    if (entry->a_type != type) continue;
    *value = entry->a_un.a_val;
    return true;
  }
  return false;
}

}  // namespace uma::os
