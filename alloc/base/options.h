// SPDX-License-Identifier: BSD-2-Clause
// Run-time options: UMA_OPTIONS=key:value,key:value. Declared once, in options.cc.
#ifndef UMA_BASE_OPTIONS_H_
#define UMA_BASE_OPTIONS_H_

#include <stdint.h>

namespace uma {

// By which column the zone table is sorted, the largest first; kList: not at all.
enum class TableOrder : uint8_t { kBytes, kUsed, kFree, kRequests, kFails, kSize, kItem, kList };
// What becomes of a pointer that was not allocated here: the next allocator gets it, and where
// there is none the process aborts, or goes on; or it aborts at once.
enum class Foreign : uint8_t { kNext, kAbort, kIgnore };

struct Options {
  uint64_t stats = 0;  // 0 off, 1 at every exit, else only in the process of that pid
  TableOrder sort = TableOrder::kBytes;
  bool human = false;  // bytes of the table in K, M, G
  bool rseq = true;    // off: virtual CPUs even where the kernel has rseq
  uint64_t cpus = 0;   // simulate so many CPUs (implies rseq off), 0: the machine's
  Foreign foreign = Foreign::kNext;
  bool deepbind = false;    // keep RTLD_DEEPBIND where the program asks for it
  bool invariants = false;  // check structures where items return to their slabs at once
  uint64_t trash = 1;       // of free items every so manieth is filled and looked at
  enum Background : uint8_t { kBackgroundAuto, kBackgroundOn, kBackgroundOff };
  Background background = kBackgroundAuto;  // may a thread give idle memory back
  uint64_t decay_ms = 1000;                 // how long memory is idle before it is given back
  uint64_t kmem_limit = 0;                  // bytes, 0: none
  bool kmem_limit_cgroup = false;           // as the control group's is
  bool help = false;                        // print the table of options once
};

extern Options options;

// Parses the text of UMA_OPTIONS. Unknown keys and malformed values give one warning line on
// stderr and keep the default. Called once, before threads exist.
void options_parse(const char* text);
// Prints the table of options on stderr.
void options_help();

}  // namespace uma

#endif  // UMA_BASE_OPTIONS_H_
