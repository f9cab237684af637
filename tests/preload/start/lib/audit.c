/* SPDX-License-Identifier: BSD-2-Clause */
/* The smallest audit library: it makes the dynamic linker load a second libc for itself. */
#define _GNU_SOURCE
#include <link.h>
#include <stdlib.h>

unsigned la_version(unsigned version) {
  free(malloc(100));
  return version;
}

unsigned la_objopen(struct link_map* map, Lmid_t id, uintptr_t* cookie) {
  (void)map, (void)id, (void)cookie;
  free(malloc(1000));
  return LA_FLG_BINDTO | LA_FLG_BINDFROM;
}
