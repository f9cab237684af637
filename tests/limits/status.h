// SPDX-License-Identifier: BSD-2-Clause
//
// What the kernel says of this process and of the machine. Nothing here allocates.
#ifndef UMA_TESTS_LIMITS_STATUS_H_
#define UMA_TESTS_LIMITS_STATUS_H_

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/conformance/check.h"

namespace limits {

// The first number behind `name` in a file of /proc, 0: there is no such line. An empty name finds
// the number that the file begins with.
inline size_t Number(const char* path, const char* name) {
  static char text[16384];
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  text[length > 0 ? length : 0] = 0;
  const char* line = strstr(text, name);
  return line == nullptr ? 0 : strtoul(line + strlen(name), nullptr, 10);
}

// Bytes of a line like "VmRSS:" in the status of the process.
inline size_t Status(const char* name) { return Number("/proc/self/status", name) * 1024; }

// The mappings that the kernel counts against vm.max_map_count.
inline size_t Mappings() {
  static char text[65536];
  const int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  size_t lines = 0;
  for (ssize_t length; file >= 0 && (length = read(file, text, sizeof text)) > 0;)
    for (ssize_t i = 0; i < length; i++) lines += text[i] == '\n';
  close(file);
  return lines;
}

}  // namespace limits

#endif  // UMA_TESTS_LIMITS_STATUS_H_
