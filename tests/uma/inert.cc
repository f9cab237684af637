// SPDX-License-Identifier: BSD-2-Clause
// libuma.so.1 costs a program nothing until its first call: no mapping, no start-up.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

// Mappings of the process that no file and no kernel name stands behind.
int AnonymousMappings() {
  static char text[1 << 18];
  const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  size_t size = 0;
  for (ssize_t n; (n = read(fd, text + size, sizeof text - 1 - size)) > 0;) size += size_t(n);
  close(fd);
  text[size] = '\0';
  int count = 0;
  for (char* line = strtok(text, "\n"); line != nullptr; line = strtok(nullptr, "\n"))
    count += strstr(line, " 00:00 0 ") != nullptr && strchr(line, '[') == nullptr &&
             strchr(line, '/') == nullptr;
  return count;
}

TEST(Inert, UntilTheFirstCall) {
  EXPECT_EQ(uma_layout.magic, UMA_LAYOUT_MAGIC);
  EXPECT_EQ(uma_layout.version, UMA_LAYOUT_VERSION);
  EXPECT_EQ(uma_layout.zone_count, 0U);
  EXPECT_EQ(uma_layout.zones, 0U);
  EXPECT_EQ(uma_layout.cpus, 0U);
  EXPECT_EQ(uma_layout.pid, 0U) << "the library has started itself";
  EXPECT_EQ(uma_layout.pages.arena_base, 0U);
  EXPECT_EQ(uma_layout.pages.meta_mapped, 0U);
  const int before = AnonymousMappings();
  uma_zone_t zone = PlainZone("first", 64);
  EXPECT_GT(AnonymousMappings(), before);
  EXPECT_EQ(uma_layout.zone_count, 1U);
  EXPECT_EQ(uma_layout.pid, uma_u64(getpid()));
  EXPECT_NE(uma_layout.pages.arena_base, 0U);
  uma_zdestroy(zone);
}

}  // namespace
