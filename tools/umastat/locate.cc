// SPDX-License-Identifier: BSD-2-Clause
#include "tools/umastat/locate.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "alloc/base/layout.h"
#include "tools/umastat/elf.h"
#include "tools/umastat/error.h"

namespace umastat {
namespace {

constexpr const char* kSymbol = "uma_layout";
constexpr const char* kPreferred = "libuma_malloc";

enum class State { kUnreadable, kWrongMagic, kWrongVersion, kNotStarted, kInUse };

struct Candidate {
  uint64_t address = 0;
  State state = State::kUnreadable;
  uint32_t version = 0;
  bool own_pid = false;  // it names the process it was found in
  bool preferred = false;

  // The greatest is the one to show.
  auto Rank() const { return std::tuple(state, own_pid, preferred); }
};

std::string Name(const Process& process) { return "process " + std::to_string(process.pid()); }

Candidate Judge(const Process& process, uint64_t address, const std::string& path) {
  Candidate candidate;
  candidate.address = address;
  candidate.preferred = path.find(kPreferred) != std::string::npos;
  try {
    // The fields up to `version` are the same in every version.
    struct Head {
      uma_u64 magic;
      uma_u32 version;
    };
    const Head head = process.Read<Head>(address);
    candidate.state = State::kWrongMagic;
    if (head.magic != UMA_LAYOUT_MAGIC) return candidate;
    candidate.state = State::kWrongVersion;
    candidate.version = head.version;
    if (head.version != UMA_LAYOUT_VERSION) return candidate;
    const auto root = process.Read<uma_layout>(address);
    candidate.state = root.zone_count == 0 ? State::kNotStarted : State::kInUse;
    const std::vector<uint64_t> pids = process.NamespacePids();
    candidate.own_pid = std::find(pids.begin(), pids.end(), root.pid) != pids.end();
  } catch (const UnreadableError&) {
    candidate.state = State::kUnreadable;
  }
  return candidate;
}

// The mappings that begin a loaded object: the first page of a file of which a part is code, and
// of the main program, whose code may have been moved to huge pages without a file.
std::vector<Mapping> LoadedObjects(const Process& process, uint64_t main_headers) {
  const std::vector<Mapping> mappings = process.FileMappings();
  std::set<std::string> with_code;
  for (const Mapping& mapping : mappings) {
    if (mapping.executable) with_code.insert(mapping.file);
  }
  std::vector<Mapping> objects;
  for (const Mapping& mapping : mappings) {
    const bool is_main = mapping.start <= main_headers && main_headers < mapping.end;
    if (mapping.offset == 0 && (is_main || with_code.contains(mapping.file))) {
      objects.push_back(mapping);
    }
  }
  return objects;
}

void Consider(const Process& process, const Mapping& object, std::optional<uint64_t> address,
              std::optional<Candidate>& best) {
  if (!address) return;
  const Candidate candidate = Judge(process, *address, object.path);
  if (!best || candidate.Rank() > best->Rank()) best = candidate;
}

[[noreturn]] void Refuse(const Process& process, const Candidate& candidate) {
  switch (candidate.state) {
    case State::kNotStarted:
      throw Error(Name(process) + " has loaded UMA but has not used it");
    case State::kWrongVersion:
      throw Error(Name(process) + " publishes layout version " + std::to_string(candidate.version) +
                  ", this umastat reads version " + std::to_string(UMA_LAYOUT_VERSION));
    default:
      throw Error(Name(process) + ": corrupt data: uma_layout has a wrong magic number");
  }
}

}  // namespace

uint64_t LocateLayout(const Process& process) {
  const uint64_t main_headers = process.ProgramHeaders();
  const std::vector<Mapping> objects = LoadedObjects(process, main_headers);
  std::optional<Candidate> best;
  for (const Mapping& object : objects) {
    Consider(process, object, FindExportedSymbol(process, object.start, kSymbol), best);
  }
  if (!best || best->state != State::kInUse) {
    for (const Mapping& object : objects) {
      if (main_headers < object.start || main_headers >= object.end) continue;
      Consider(process, object, FindFileSymbol(process, object.start, process.ExePath(), kSymbol),
               best);
    }
  }
  if (!best) throw Error("no UMA in process " + std::to_string(process.pid()));
  if (best->state != State::kInUse) Refuse(process, *best);
  return best->address;
}

}  // namespace umastat
