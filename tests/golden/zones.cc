// SPDX-License-Identifier: BSD-2-Clause
// zones malloc|zone|callbacks|bulk COUNT: so many pairs of an allocation of 256 bytes and its free
// (bulk: of 32 each), for an instruction counter.
#include <stdlib.h>
#include <string.h>

#include "uma/uma.h"

namespace {

int Ctor(void* item, int, void*, int) {
  *static_cast<char*>(item) = 1;
  return 0;
}
void Dtor(void* item, int, void*) { *static_cast<char*>(item) = 2; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 1;
  const long count = atol(argv[2]);
  const bool callbacks = strcmp(argv[1], "callbacks") == 0;
  uma_zone_t zone = uma_zcreate("zones", 256, callbacks ? Ctor : nullptr,
                                callbacks ? Dtor : nullptr, nullptr, nullptr, UMA_ALIGN_PTR, 0);
  if (strcmp(argv[1], "malloc") == 0) {
    for (long i = 0; i < count; i++) {
      void* volatile p = malloc(256);
      free(p);
    }
  } else if (strcmp(argv[1], "bulk") == 0) {
    void* items[32];
    for (long i = 0; i < count; i++)
      uma_zfree_bulk(zone, items, uma_zalloc_bulk(zone, items, 32, M_NOWAIT));
  } else {
    for (long i = 0; i < count; i++) {
      void* volatile p = uma_zalloc(zone, M_NOWAIT);
      uma_zfree(zone, p);
    }
  }
  return 0;
}
