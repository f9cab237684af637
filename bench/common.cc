// SPDX-License-Identifier: BSD-2-Clause
#include "bench/common.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {
namespace {

constexpr int kWrongLibrary = 3;

bool Mapped(const char* path) {
  FILE* maps = fopen("/proc/self/maps", "re");
  if (maps == nullptr) return false;
  char line[4600];  // PATH_MAX and the columns before it
  bool found = false;
  while (!found && fgets(line, sizeof line, maps) != nullptr) {
    line[strcspn(line, "\n")] = '\0';
    const char* name = strchr(line, '/');
    found = name != nullptr && strcmp(name, path) == 0;
  }
  (void)fclose(maps);
  return found;
}

bool MallocIsLibc() {
  Dl_info info;
  void* symbol = dlsym(RTLD_DEFAULT, "malloc");
  return symbol != nullptr && dladdr(symbol, &info) != 0 && info.dli_fname != nullptr &&
         strstr(info.dli_fname, "/libc.so.6") != nullptr;
}

}  // namespace

void RequireLibrary() {
  const char* path = getenv("UMA_BENCH_LIB");
  if (path == nullptr || *path == '\0') {
    if (MallocIsLibc()) return;
    (void)fprintf(stderr, "malloc is not the C library's: unset LD_PRELOAD\n");
  } else {
    if (Mapped(path)) return;
    (void)fprintf(stderr, "%s is not loaded in this process\n", path);
  }
  exit(kWrongLibrary);
}

bool Quick() {
  static const bool quick = getenv("UMA_BENCH_QUICK") != nullptr;
  return quick;
}

}  // namespace bench
