// SPDX-License-Identifier: BSD-2-Clause
// The limit of memory of the control group that this process is in.
#include <fcntl.h>

#include "alloc/base/syscall.h"
#include "alloc/base/util.h"
#include "alloc/os/os.h"

namespace uma::os {
namespace {

constexpr char kRoot[] = "/sys/fs/cgroup";
constexpr char kFile[] = "/memory.max";

// A file's beginning as text. False: it cannot be read.
bool read_text(const char* path, char* text, size_t size) {
  const long file = raw_syscall(SYS_openat, AT_FDCWD, long(addr(path)), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const long n = raw_syscall(SYS_read, file, long(addr(text)), long(size - 1));
  raw_syscall(SYS_close, file);
  text[max(n, 0L)] = 0;
  return n > 0;
}

// Appends up to the end of the line; false: it does not fit.
bool append(char* path, size_t size, size_t* length, const char* more) {
  for (; *more && *more != '\n'; more++) {
    if (*length + 1 >= size) return false;
    path[(*length)++] = *more;
  }
  path[*length] = 0;
  return true;
}

}  // namespace

uint64_t cgroup_limit() {
  constexpr uint64_t kNone = ~uint64_t{0};
  char text[1024], path[1024];
  if (!read_text("/proc/self/cgroup", text, sizeof text)) return kNone;
  // Of the lines that of the unified hierarchy: 0::/path
  const char* line = text;
  while (*line && !(line[0] == '0' && line[1] == ':' && line[2] == ':')) {
    while (*line && *line != '\n') line++;
    if (*line) line++;
  }
  size_t length = 0;
  if (!*line || !append(path, sizeof path, &length, kRoot) ||
      !append(path, sizeof path, &length, line + 3) || !append(path, sizeof path, &length, kFile) ||
      !read_text(path, text, sizeof text))
    return kNone;
  uint64_t limit = 0;
  const char* digit = text;
  for (; *digit >= '0' && *digit <= '9'; digit++) limit = limit * 10 + uint64_t(*digit - '0');
  return digit == text ? kNone : limit;
}

}  // namespace uma::os
