// SPDX-License-Identifier: BSD-2-Clause
// The statistics of one process at one instant, as plain numbers.
#ifndef TOOLS_UMASTAT_SNAPSHOT_H_
#define TOOLS_UMASTAT_SNAPSHOT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tools/umastat/process.h"

namespace umastat {

struct ZoneStat {
  uint64_t address;  // tells two zones of one name apart
  std::string name;  // printable ASCII
  uint32_t kind;
  uint64_t size;
  uint64_t limit;
  uint64_t used;
  uint64_t free;
  uint64_t requests;
  uint64_t fail;
  uint64_t sleep;
  uint64_t bytes;        // of the items that are used
  uint64_t working_set;  // items in buckets that are used by turns
};

struct LargeStat {
  uint64_t used;
  uint64_t used_bytes;
  uint64_t cached;
  uint64_t cached_bytes;
  uint64_t requests;
  uint64_t fail;
};

struct PageStat {
  uint64_t reserved;
  uint64_t committed;
  uint64_t runs_used;
  uint64_t runs_free_dirty;
  uint64_t purged;
  uint64_t purge_calls;
  uint64_t meta_mapped;
  uint64_t meta_used;
  uint64_t side_mapped;
};

struct TotalStat {
  uint64_t mapped;    // as layout_read.h has it
  uint64_t resident;  // memory of the whole process
  uint64_t in_use;    // bytes of items and blocks that are allocated
};

struct Snapshot {
  uint64_t pid;
  std::string command;
  bool exact;          // no counter moved and no operation was in flight while this was read
  uint64_t in_flight;  // slow operations
  std::vector<ZoneStat> zones;  // malloc's by size, then the others in the order of the registry
  LargeStat large;
  PageStat pages;
  TotalStat total;
};

// Reads the layout at `root` until it stands still, a few times at most. Throws Error when what
// is there cannot be a layout.
Snapshot TakeSnapshot(const Process& process, uint64_t root);

}  // namespace umastat

#endif  // TOOLS_UMASTAT_SNAPSHOT_H_
