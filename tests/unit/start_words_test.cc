// SPDX-License-Identifier: BSD-2-Clause
// What the process finds at its start without libc, compared with what libc says.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#include <string>

#include "alloc/os/auxv.h"
#include "alloc/os/os.h"
#include "alloc/os/vdso.h"

namespace uma {
namespace {

TEST(Auxiliary, IsWhatLibcSays) {
  for (const unsigned long type : {AT_PAGESZ, AT_RANDOM, AT_SYSINFO_EHDR, AT_PHNUM, AT_ENTRY}) {
    uintptr_t value = 0;
    EXPECT_TRUE(os::auxiliary(type, &value)) << type;
    EXPECT_EQ(value, getauxval(type)) << type;
  }
  uintptr_t value;
  EXPECT_FALSE(os::auxiliary(1000, &value));
}

TEST(Auxiliary, IsFoundBehindAShorterEnvironment) {
  while (*environ != nullptr) {
    const std::string entry = *environ;
    ASSERT_EQ(unsetenv(entry.substr(0, entry.find('=')).c_str()), 0) << entry;
  }
  uintptr_t value = 0;
  EXPECT_TRUE(os::auxiliary(AT_ENTRY, &value));
  EXPECT_EQ(value, getauxval(AT_ENTRY));
}

TEST(Vdso, HasTheClockWhereTheKernelHasIt) {
  if (getauxval(AT_SYSINFO_EHDR) == 0) GTEST_SKIP() << "this kernel maps no library";
  EXPECT_NE(os::vdso_function("__vdso_clock_gettime"), nullptr);
  EXPECT_EQ(os::vdso_function("__vdso_no_such_function"), nullptr);
  EXPECT_EQ(os::vdso_function(""), nullptr);
}

TEST(Clock, IsTheMonotonicOne) {
  constexpr uint64_t kCoarse = 20000000;  // ns; a tick of the slowest kernel
  for (int i = 0; i < 1000; i++) {
    const uint64_t coarse = os::clock_coarse_ns(), before = os::clock_ns();
    timespec now;
    ASSERT_EQ(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    const uint64_t libc = uint64_t(now.tv_sec) * 1000000000u + uint64_t(now.tv_nsec);
    EXPECT_LE(before, libc);
    EXPECT_LE(libc, os::clock_ns());
    EXPECT_LE(coarse, before);
    EXPECT_LE(before, os::clock_coarse_ns() + kCoarse);
  }
}

}  // namespace
}  // namespace uma
