// SPDX-License-Identifier: BSD-2-Clause
// Where in a process the published layout is.
#ifndef TOOLS_UMASTAT_LOCATE_H_
#define TOOLS_UMASTAT_LOCATE_H_

#include <cstdint>

#include "tools/umastat/process.h"

namespace umastat {

// The address of the root in use. Throws Error when the process has none, when none has started
// or when its version is not the one of this program.
uint64_t LocateLayout(const Process& process);

}  // namespace umastat

#endif  // TOOLS_UMASTAT_LOCATE_H_
