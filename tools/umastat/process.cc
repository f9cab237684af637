// SPDX-License-Identifier: BSD-2-Clause
#include "tools/umastat/process.h"

#include <elf.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <system_error>

#include "tools/umastat/error.h"

namespace umastat {
namespace {

constexpr size_t kPiecesPerCall = 1024;  // UIO_MAXIOV

// Above this size the exact figure costs the kernel too long a walk, and the error of the quick
// one is far below a percent.
constexpr uint64_t kExactResidentLimit = uint64_t{1} << 30;

std::string ErrorText(int error) { return std::generic_category().message(error); }

// Empty where the kernel has no such setting.
std::string YamaScope() {
  std::array<char, 8> text{};
  const int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  const ssize_t got = read(fd, text.data(), text.size() - 1);
  close(fd);
  std::string scope(text.data(), got > 0 ? static_cast<size_t>(got) : 0);
  scope.erase(std::remove(scope.begin(), scope.end(), '\n'), scope.end());
  return scope;
}

std::string DeniedText(pid_t pid) {
  std::string text = "may not read the memory of process " + std::to_string(pid);
  const std::string scope = YamaScope();
  if (!scope.empty() && scope != "0") {
    text += ": kernel.yama.ptrace_scope is " + scope + ", run umastat as root or set it to 0";
  } else {
    text += ": run umastat as its user or as root (with CAP_SYS_PTRACE; see also ptrace_scope)";
  }
  return text;
}

std::string NoMemoryText(pid_t pid) {
  return "process " + std::to_string(pid) + " has no memory: it is a kernel thread or has ended";
}

// The value in kB behind "key:" in a file of such lines, 0 when absent.
uint64_t KilobytesAfter(const std::string& text, const std::string& key) {
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    if (line.starts_with(key + ":")) {
      return std::strtoull(line.c_str() + key.size() + 1, nullptr, 10);
    }
  }
  return 0;
}

// Fills `mapping` from one line of maps; false for a line without a file behind it.
bool ParseMapping(const std::string& line, Mapping& mapping) {
  unsigned long long start = 0;
  unsigned long long end = 0;
  unsigned long long offset = 0;
  std::array<char, 8> rights{};
  std::array<char, 24> device{};
  std::array<char, 24> inode{};
  int path_at = 0;
  if (std::sscanf(line.c_str(), "%llx-%llx %7s %llx %23s %23s %n", &start, &end, rights.data(),
                  &offset, device.data(), inode.data(), &path_at) < 6) {
    return false;
  }
  if (path_at <= 0 || line[static_cast<size_t>(path_at)] != '/') return false;
  mapping.start = start;
  mapping.end = end;
  mapping.offset = offset;
  mapping.executable = std::strchr(rights.data(), 'x') != nullptr;
  mapping.file = std::string(device.data()) + ':' + inode.data();
  mapping.path = line.substr(static_cast<size_t>(path_at));
  return true;
}

}  // namespace

Process::Process(pid_t pid) : pid_(pid) {
  end_fd_ = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  // A thread's id and an old kernel fail in other ways and can be read all the same.
  if (end_fd_ < 0 && errno == ESRCH) throw Error("no process " + std::to_string(pid));
}

Process::~Process() {
  if (end_fd_ >= 0) close(end_fd_);
  if (mem_fd_ >= 0) close(mem_fd_);
}

bool Process::HasEnded() const {
  if (end_fd_ < 0) return access(ProcPath("").c_str(), F_OK) != 0;
  pollfd ended{end_fd_, POLLIN, 0};
  return poll(&ended, 1, 0) > 0;
}

std::string Process::ProcPath(const char* name) const {
  return "/proc/" + std::to_string(pid_) + "/" + name;
}

std::string Process::ExePath() const { return ProcPath("exe"); }

std::string Process::ProcFile(const char* name) const {
  const int fd = open(ProcPath(name).c_str(), O_RDONLY | O_CLOEXEC);
  int error = errno;
  std::string text;
  if (fd >= 0) {
    std::array<char, 65536> block;
    ssize_t got = 0;
    while ((got = read(fd, block.data(), block.size())) > 0) {
      text.append(block.data(), static_cast<size_t>(got));
    }
    error = errno;
    close(fd);
    if (got == 0) return text;
  }
  if (error == ESRCH) throw Error(NoMemoryText(pid_));
  if (error == ENOENT) throw Error("no process " + std::to_string(pid_));
  if (error == EACCES || error == EPERM) throw Error(DeniedText(pid_));
  throw Error(ProcPath(name) + ": " + ErrorText(error));
}

std::vector<Mapping> Process::FileMappings() const {
  const std::string text = ProcFile("maps");
  if (text.empty()) throw Error(NoMemoryText(pid_));
  std::vector<Mapping> mappings;
  std::istringstream lines(text);
  std::string line;
  Mapping mapping;
  while (std::getline(lines, line)) {
    if (ParseMapping(line, mapping)) mappings.push_back(mapping);
  }
  return mappings;
}

uint64_t Process::ProgramHeaders() const {
  const std::string auxv = ProcFile("auxv");
  for (size_t at = 0; at + sizeof(Elf64_auxv_t) <= auxv.size(); at += sizeof(Elf64_auxv_t)) {
    Elf64_auxv_t entry;
    std::memcpy(&entry, auxv.data() + at, sizeof(entry));
    if (entry.a_type == AT_PHDR) return entry.a_un.a_val;
  }
  return 0;
}

std::string Process::Command() const {
  std::string name = ProcFile("comm");
  if (name.ends_with('\n')) name.pop_back();
  return name;
}

uint64_t Process::ResidentBytes() const {
  uint64_t pages = 0;
  std::istringstream statm(ProcFile("statm"));
  statm >> pages >> pages;
  const uint64_t quick = pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  if (quick > kExactResidentLimit) return quick;
  try {
    const uint64_t exact = KilobytesAfter(ProcFile("smaps_rollup"), "Rss") * 1024;
    return exact != 0 ? exact : quick;
  } catch (const Error&) {
    return quick;  // a kernel without that file
  }
}

std::vector<uint64_t> Process::NamespacePids() const {
  std::vector<uint64_t> pids{static_cast<uint64_t>(pid_)};
  std::istringstream lines(ProcFile("status"));
  std::string line;
  while (std::getline(lines, line)) {
    if (!line.starts_with("NSpid:")) continue;
    std::istringstream values(line.substr(6));
    for (uint64_t value = 0; values >> value;) pids.push_back(value);
  }
  return pids;
}

void Process::FailRead(uint64_t address, int error) const {
  if (error == ESRCH) throw Error("process " + std::to_string(pid_) + " has ended");
  if (error == EPERM || error == EACCES) throw Error(DeniedText(pid_));
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(address));
  throw UnreadableError("process " + std::to_string(pid_) + ": corrupt data: nothing readable at " +
                        text.data());
}

void Process::ReadThroughFile(std::span<const Piece> pieces) const {
  if (mem_fd_ < 0) {
    mem_fd_ = open(ProcPath("mem").c_str(), O_RDONLY | O_CLOEXEC);
    if (mem_fd_ < 0) FailRead(0, errno == ENOENT ? ESRCH : errno);
  }
  for (const Piece& piece : pieces) {
    size_t done = 0;
    while (done < piece.size) {
      const ssize_t got = pread(mem_fd_, static_cast<char*>(piece.into) + done, piece.size - done,
                                static_cast<off_t>(piece.address + done));
      // The end of the file means that the address space is gone.
      if (got <= 0) FailRead(piece.address + done, got < 0 ? errno : ESRCH);
      done += static_cast<size_t>(got);
    }
  }
}

void Process::Read(std::span<const Piece> pieces) const {
  while (!pieces.empty() && mem_fd_ < 0) {
    const std::span<const Piece> batch = pieces.first(std::min(pieces.size(), kPiecesPerCall));
    std::array<iovec, kPiecesPerCall> local;
    std::array<iovec, kPiecesPerCall> remote;
    size_t wanted = 0;
    for (size_t i = 0; i < batch.size(); i++) {
      local[i] = {batch[i].into, batch[i].size};
      remote[i] = {reinterpret_cast<void*>(batch[i].address), batch[i].size};
      wanted += batch[i].size;
    }
    const ssize_t got =
        process_vm_readv(pid_, local.data(), batch.size(), remote.data(), batch.size(), 0);
    if (got < 0 && (errno == EPERM || errno == ENOSYS))
      break;  // a filter may refuse this call only
    if (got < 0) FailRead(batch.front().address, errno);
    size_t left = static_cast<size_t>(got);
    if (left < wanted) {
      size_t i = 0;
      while (left >= batch[i].size) left -= batch[i++].size;
      FailRead(batch[i].address + left, EFAULT);
    }
    pieces = pieces.subspan(batch.size());
  }
  if (!pieces.empty()) ReadThroughFile(pieces);
}

}  // namespace umastat
