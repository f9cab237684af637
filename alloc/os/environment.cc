// SPDX-License-Identifier: BSD-2-Clause
// The environment before libc has set it up: the first allocation may come from the loader.
#include <elf.h>
#include <unistd.h>

#include "alloc/base/util.h"
#include "alloc/os/auxv.h"
#include "alloc/os/os.h"

namespace uma::os {
namespace {

char** initial_environment() {
  if (environ) return environ;
  char** words = initial_words();
  return words ? words + addr(words[0]) + 2 : nullptr;
}

// The value of an entry "NAME=VALUE", null: it is another name's.
const char* value_of(const char* entry, const char* name) {
  while (*name && *name == *entry) name++, entry++;
  return *name == 0 && *entry == '=' ? entry + 1 : nullptr;
}

}  // namespace

const char* environment(const char* name) {
  uintptr_t raised;
  if (!auxiliary(AT_SECURE, &raised) || raised) return nullptr;
  char** entry = initial_environment();
  if (!entry) return nullptr;
  for (; *entry; entry++)
    if (const char* value = value_of(*entry, name)) return value;
  return nullptr;
}

unsigned random16() {
  uintptr_t bytes;
  if (!auxiliary(AT_RANDOM, &bytes) || !bytes) return 0;
  const unsigned char* random = at<const unsigned char>(bytes) + 8;
  return unsigned(random[0] | random[1] << 8);
}

}  // namespace uma::os
