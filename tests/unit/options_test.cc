// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/base/options.h"

#include <gtest/gtest.h>

#include <string>

namespace uma {
namespace {

// What parsing says on stderr.
std::string Parse(const char* text) {
  options = Options{};
  testing::internal::CaptureStderr();
  options_parse(text);
  return testing::internal::GetCapturedStderr();
}

std::string Warning(const std::string& what, const std::string& item) {
  return "uma: UMA_OPTIONS: " + what + " '" + item + "' (UMA_OPTIONS=help lists the options)\n";
}

TEST(Options, EmptyTextAndEmptyItemsAreFine) {
  for (const char* text : {"", ",", ",,,", ",cpus:3,"}) EXPECT_EQ(Parse(text), "") << text;
  EXPECT_EQ(options.cpus, 3U);
}

TEST(Options, EveryKeyIsRead) {
  EXPECT_EQ(Parse("stats:exit,sort:free,human:on,rseq:off,cpus:2,foreign:ignore,deepbind:keep,"
                  "invariants:on,background:off,decay:5"),
            "");
  EXPECT_EQ(options.stats, 1U);
  EXPECT_EQ(options.sort, TableOrder::kFree);
  EXPECT_TRUE(options.human);
  EXPECT_FALSE(options.rseq);
  EXPECT_EQ(options.cpus, 2U);
  EXPECT_EQ(options.foreign, Foreign::kIgnore);
  EXPECT_TRUE(options.deepbind);
  EXPECT_TRUE(options.invariants);
}

TEST(Options, TheLastOneCounts) {
  EXPECT_EQ(Parse("cpus:1,rseq:off,cpus:7,rseq:on"), "");
  EXPECT_EQ(options.cpus, 7U);
  EXPECT_TRUE(options.rseq);
}

TEST(Options, CpusMayBeMoreThanTheMachineHas) {
  EXPECT_EQ(Parse("cpus:512"), "");
  EXPECT_EQ(options.cpus, 512U);
  EXPECT_EQ(Parse("cpus:4096"), "");
  EXPECT_EQ(options.cpus, 4096U);
}

TEST(Options, StatsNamesAProcess) {
  EXPECT_EQ(Parse("stats:4711"), "");
  EXPECT_EQ(options.stats, 4711U);
  EXPECT_EQ(Parse("stats:off"), "");
  EXPECT_EQ(options.stats, 0U);
}

TEST(Options, SortNamesAColumn) {
  const std::pair<const char*, TableOrder> columns[] = {
      {"bytes", TableOrder::kBytes},  {"used", TableOrder::kUsed},  {"free", TableOrder::kFree},
      {"req", TableOrder::kRequests}, {"fail", TableOrder::kFails}, {"size", TableOrder::kSize},
      {"item", TableOrder::kItem},    {"list", TableOrder::kList}};
  for (const auto& [name, order] : columns) {
    EXPECT_EQ(Parse((std::string("sort:") + name).c_str()), "");
    EXPECT_EQ(options.sort, order) << name;
  }
}

TEST(Options, UnknownKeysWarn) {
  EXPECT_EQ(Parse("nonsense:1"), Warning("unknown option", "nonsense:1"));
  EXPECT_EQ(Parse("cpu:1"), Warning("unknown option", "cpu:1"));
  EXPECT_EQ(Parse("cpuss:1"), Warning("unknown option", "cpuss:1"));
  EXPECT_EQ(Parse(":1"), Warning("unknown option", ":1"));
  EXPECT_EQ(options.cpus, 0U);
}

TEST(Options, KeysWithoutAValueWarn) {
  EXPECT_EQ(Parse("cpus"), Warning("no value in", "cpus"));
  EXPECT_EQ(Parse("helpp"), Warning("no value in", "helpp"));
}

TEST(Options, MalformedValuesWarnAndKeepTheDefault) {
  for (const char* text :
       {"cpus:",     "cpus:x",          "cpus:1x",     "cpus:-1",      "cpus: 1",
        "cpus:4097", "cpus:9999999999", "rseq:",       "rseq:yes",     "rseq:offf",
        "rseq:o",    "foreign:on",      "deepbind:on", "invariants:1", "stats:0",
        "stats:1",   "stats:yes",       "sort:bytess", "sort:",        "sort:limit",
        "human:yes", "background:yes",  "decay:",      "decay:3600001"}) {
    EXPECT_EQ(Parse(text), Warning("malformed value in", text));
    EXPECT_EQ(options.cpus, 0U) << text;
    EXPECT_TRUE(options.rseq) << text;
    EXPECT_EQ(options.foreign, Foreign::kNext) << text;
    EXPECT_FALSE(options.deepbind) << text;
    EXPECT_FALSE(options.invariants) << text;
    EXPECT_EQ(options.stats, 0U) << text;
    EXPECT_EQ(options.sort, TableOrder::kBytes) << text;
    EXPECT_FALSE(options.human) << text;
  }
}

TEST(Options, GoodItemsBesideBadOnesCount) {
  EXPECT_EQ(Parse("bad:1,cpus:5,rseq:maybe"),
            Warning("unknown option", "bad:1") + Warning("malformed value in", "rseq:maybe"));
  EXPECT_EQ(options.cpus, 5U);
}

TEST(Options, WarningsAreCutAndPrintable) {
  const std::string longest(64, 'a');
  EXPECT_EQ(Parse((longest + "aaaa").c_str()), Warning("no value in", longest));
  EXPECT_EQ(Parse("a\x1b[1m\n\xff"), Warning("no value in", "a?[1m??"));
}

TEST(Options, HelpListsEveryOption) {
  EXPECT_EQ(Parse("help"), "");
  EXPECT_TRUE(options.help);
  testing::internal::CaptureStderr();
  options_help();
  const std::string help = testing::internal::GetCapturedStderr();
  for (const char* key :
       {"\n  stats ", "\n  sort ", "\n  human ", "\n  rseq ", "\n  cpus ", "\n  foreign ",
        "\n  deepbind ", "\n  background ", "\n  decay ", "\n  invariants "})
    EXPECT_NE(help.find(key), std::string::npos) << key;
}

}  // namespace
}  // namespace uma
