/* SPDX-License-Identifier: BSD-2-Clause */
/* A section of safe memory reclamation as a compiler makes it, to be counted. */
#include "uma/smr.h"

void begin_section(smr_t smr);
void end_section(smr_t smr);

void begin_section(smr_t smr) { smr_enter(smr); }
void end_section(smr_t smr) { smr_exit(smr); }

int main(void) {
  smr_t smr = smr_create("sections");
  begin_section(smr);
  end_section(smr);
  smr_destroy(smr);
  return 0;
}
