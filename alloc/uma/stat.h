// SPDX-License-Identifier: BSD-2-Clause
// The counters of a zone, summed over all CPUs.
#ifndef UMA_UMA_STAT_H_
#define UMA_UMA_STAT_H_

#include "alloc/uma/zone.h"

namespace uma {

void zone_stat(const Zone* zone, uma_zone_stats* stats);

}  // namespace uma

#endif  // UMA_UMA_STAT_H_
