// SPDX-License-Identifier: BSD-2-Clause
// The environment before libc has set it up: the first allocation may come from the loader.
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "alloc/base/util.h"
#include "alloc/os/os.h"

// The loader's copy of the initial stack pointer: argc, argv, a null, the environment, a null.
extern "C" [[gnu::weak]] void* __libc_stack_end;

namespace uma::os {
namespace {

char** initial_environment() {
  if (environ) return environ;
  if (!&__libc_stack_end || !__libc_stack_end) return nullptr;
  char** words = static_cast<char**>(__libc_stack_end);
  const uintptr_t argc = addr(words[0]);
  // Not the layout we expect (a loader started by hand moves the words): do without.
  if (argc == 0 || argc > 1u << 20 || words[argc + 1] != nullptr) return nullptr;
  return words + argc + 2;
}

}  // namespace

const char* environment(const char* name) {
  if (getauxval(AT_SECURE)) return nullptr;
  char** entry = initial_environment();
  if (!entry) return nullptr;
  const size_t length = strlen(name);
  for (; *entry; entry++)
    if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') return *entry + length + 1;
  return nullptr;
}

unsigned random16() {
  const unsigned long bytes = getauxval(AT_RANDOM);
  if (!bytes) return 0;
  uint16_t value;
  memcpy(&value, at<const char>(bytes) + 8, sizeof(value));
  return value;
}

}  // namespace uma::os
