// SPDX-License-Identifier: BSD-2-Clause
// The nodes of uma_sysctlbyname. A node's value is written to a Reply, which counts what there is
// no room for, so the same code tells the size.
#ifndef UMA_UMA_SYSCTL_H_
#define UMA_UMA_SYSCTL_H_

#include <stddef.h>
#include <stdint.h>

#include "alloc/uma/zone.h"

namespace uma {

class Reply {
 public:
  Reply(void* to, size_t room) : to_(static_cast<char*>(to)), room_(to ? room : 0) {}
  void bytes(const void* from, size_t size);
  void text(const char* s);  // with its end
  void number32(uint32_t n) { bytes(&n, sizeof n); }
  void number64(uint64_t n) { bytes(&n, sizeof n); }
  size_t size() const { return size_; }

 private:
  char* to_;
  size_t room_;
  size_t size_ = 0;
};

// vm.zone_stats: the stream of FreeBSD. No zone comes or goes meanwhile.
void stream_zones(Reply* reply);

// Nodes of one zone, below vm.uma.NAME. The name of number `index`, null: there is none.
const char* zone_node_name(unsigned index);
bool zone_has_node(const Zone* zone, unsigned index);
void zone_node(Zone* zone, unsigned index, Reply* reply);

}  // namespace uma

#endif  // UMA_UMA_SYSCTL_H_
