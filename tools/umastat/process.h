// SPDX-License-Identifier: BSD-2-Clause
// A running process seen from outside: its maps, its memory, its size. Nothing here stops it.
#ifndef TOOLS_UMASTAT_PROCESS_H_
#define TOOLS_UMASTAT_PROCESS_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace umastat {

// One line of /proc/PID/maps that is backed by a file.
struct Mapping {
  uint64_t start;
  uint64_t end;
  uint64_t offset;
  bool executable;
  std::string file;  // device and inode: the identity of the object
  std::string path;
};

// One piece of memory to fetch.
struct Piece {
  uint64_t address;
  void* into;
  size_t size;
};

class Process {
 public:
  // Throws Error when there is no such process.
  explicit Process(pid_t pid);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }

  // Readable once the process has ended; -1 where the kernel has no such descriptor.
  int end_fd() const { return end_fd_; }
  bool HasEnded() const;

  std::vector<Mapping> FileMappings() const;
  // The address of the main program's program headers, 0 when unknown.
  uint64_t ProgramHeaders() const;
  std::string ExePath() const;
  std::string Command() const;
  uint64_t ResidentBytes() const;
  // The process ids under which the process knows itself, outermost namespace first.
  std::vector<uint64_t> NamespacePids() const;

  // Fetches every piece or throws Error.
  void Read(std::span<const Piece> pieces) const;

  template <typename T>
  T Read(uint64_t address) const {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    const Piece piece{address, &value, sizeof(value)};
    Read(std::span(&piece, 1));
    return value;
  }

 private:
  std::string ProcPath(const char* name) const;
  std::string ProcFile(const char* name) const;
  void ReadThroughFile(std::span<const Piece> pieces) const;
  [[noreturn]] void FailRead(uint64_t address, int error) const;

  pid_t pid_;
  int end_fd_ = -1;
  mutable int mem_fd_ = -1;  // open once process_vm_readv was refused
};

}  // namespace umastat

#endif  // TOOLS_UMASTAT_PROCESS_H_
