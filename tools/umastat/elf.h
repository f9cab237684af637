// SPDX-License-Identifier: BSD-2-Clause
// Symbols of the objects in a process.
#ifndef TOOLS_UMASTAT_ELF_H_
#define TOOLS_UMASTAT_ELF_H_

#include <cstdint>
#include <optional>
#include <string>

#include "tools/umastat/process.h"

namespace umastat {

// The address of a data symbol that the object loaded at `base` exports. It is looked up in the
// object's own hash table in memory, so that a file deleted, replaced or out of sight in another
// mount namespace does not matter. Damaged tables give no symbol.
std::optional<uint64_t> FindExportedSymbol(const Process& process, uint64_t base,
                                           const std::string& name);

// The same from the full symbol table of the file `path`, which is the object loaded at `base`:
// a program that exports nothing keeps its symbols only there.
std::optional<uint64_t> FindFileSymbol(const Process& process, uint64_t base,
                                       const std::string& path, const std::string& name);

}  // namespace umastat

#endif  // TOOLS_UMASTAT_ELF_H_
