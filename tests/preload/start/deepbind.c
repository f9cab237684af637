/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin (argv[1]) opened with RTLD_DEEPBIND. Where that makes it allocate from libc, the free of
 * its block here is what the allocator must report.
 */
#include "tests/preload/start/start.h"

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  void* plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  if (plugin == NULL) {
    dprintf(2, "%s\n", dlerror());
    return 1;
  }
  void* (*give)(size_t) = (void* (*)(size_t))dlsym(plugin, "plugin_give");
  void (*take)(void*) = (void (*)(void*))dlsym(plugin, "plugin_take");
  REQUIRE(give != NULL && take != NULL);
  take(give(200));
  use_heap(500);
  free(give(100));
  finish();
  return 0;
}
