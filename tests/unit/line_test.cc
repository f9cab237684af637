// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include <string>

#include "alloc/base/log.h"

namespace uma {
namespace {

TEST(Line, Numbers) {
  Line line;
  line.number(0).text(" ").number(42, 5).text(" ").number(1234567, 3).text(" ");
  line.number(UINT64_MAX);
  EXPECT_STREQ(line.c_str(), "0    42 1234567 18446744073709551615");
}

std::string Human(uint64_t n, int width = 0) {
  Line line;
  return line.bytes(n, width, true).c_str();
}

TEST(Line, Bytes) {
  Line line;
  line.bytes(1048576, 9, false).text("|").bytes(1536, 6, true).text("|").bytes(20480, 6, true);
  EXPECT_STREQ(line.c_str(), "  1048576|  1.5K|   20K");
  EXPECT_EQ(Human(0), "0");
  EXPECT_EQ(Human(1023), "1023");
  EXPECT_EQ(Human(1024), "1.0K");
  EXPECT_EQ(Human(10188), "9.9K");
  EXPECT_EQ(Human(10189), "10K");  // 9.95
  EXPECT_EQ(Human(1023 * 1024), "1023K");
  EXPECT_EQ(Human(1023 * 1024 + 511), "1023K");
  EXPECT_EQ(Human(1023 * 1024 + 512), "1.0M");
  EXPECT_EQ(Human(uint64_t{200} << 20), "200M");
  EXPECT_EQ(Human(uint64_t{3} << 39), "1.5T");
  EXPECT_EQ(Human(UINT64_MAX), "16E");
}

TEST(Line, Hexadecimal) {
  Line line;
  line.hex(0).text(" ").hex(0x10).text(" ").hex(0xfedcba9876543210).text(" ").hex(UINTPTR_MAX);
  EXPECT_STREQ(line.c_str(), "0x0 0x10 0xfedcba9876543210 0xffffffffffffffff");
}

TEST(Line, Columns) {
  Line line;
  line.padded("ab", 5).padded("longer", 3).text("|").pad_to(15).text("x").pad_to(4).text("y");
  EXPECT_STREQ(line.c_str(), "ab   longer|   xy");
  EXPECT_EQ(line.length(), 17U);
}

TEST(Line, WhatDoesNotFitIsCut) {
  const std::string much(2000, 'z');
  Line line;
  line.text(much.c_str()).number(5).hex(5).pad_to(3000);
  EXPECT_EQ(line.length(), 510U);
  testing::internal::CaptureStderr();
  line.write_stderr();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), much.substr(0, 510) + "\n");
}

TEST(Line, WritingStartsAnew) {
  Line line;
  testing::internal::CaptureStderr();
  line.text("first").write_stderr();
  line.write_stderr();
  line.text("third").write_stderr();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "first\n\nthird\n");
  EXPECT_EQ(line.length(), 0U);
}

}  // namespace
}  // namespace uma
