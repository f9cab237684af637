// SPDX-License-Identifier: BSD-2-Clause
// The version of all commands, which is written in tools/common.sh.
#ifndef TOOLS_UMASTAT_VERSION_H_
#define TOOLS_UMASTAT_VERSION_H_

namespace umastat {

extern const char kVersion[];

}  // namespace umastat

#endif  // TOOLS_UMASTAT_VERSION_H_
