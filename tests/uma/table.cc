// SPDX-License-Identifier: BSD-2-Clause
// One allocator, one registry, one table per process: alone it shows the program's zones, under
// preload malloc's too.
#include <gtest/gtest.h>
#include <stdio.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

struct Row {
  long size, limit, used, free, requests, fails, sleeps, domains, bytes;
};

std::map<std::string, Row> ReadTable(std::string* total, std::vector<long>* bytes = nullptr) {
  testing::internal::CaptureStderr();
  uma_print_stats();
  std::istringstream text(testing::internal::GetCapturedStderr());
  std::map<std::string, Row> rows;
  std::string line;
  EXPECT_TRUE(std::getline(text, line));
  EXPECT_EQ(line,
            "ITEM                   SIZE   LIMIT     USED     FREE      REQ FAIL SLEEP XDOM"
            "        BYTES");
  while (std::getline(text, line)) {
    if (line.rfind("total: ", 0) == 0) {
      *total = line;
      continue;
    }
    const size_t colon = line.find(':');
    Row row = {};
    if (colon == std::string::npos ||
        sscanf(line.c_str() + colon, ": %ld, %ld, %ld, %ld, %ld, %ld, %ld, %ld, %ld", &row.size,
               &row.limit, &row.used, &row.free, &row.requests, &row.fails, &row.sleeps,
               &row.domains, &row.bytes) != 9) {
      ADD_FAILURE() << "malformed line: " << line;
      continue;
    }
    EXPECT_EQ(rows.count(line.substr(0, colon)), 0U) << "twice: " << line;
    rows[line.substr(0, colon)] = row;
    if (bytes != nullptr) bytes->push_back(row.bytes);
  }
  return rows;
}

TEST(Table, OneForTheWholeProcess) {
  uma_zone_t zone = PlainZone("table zone", 123);
  std::vector<void*> items;
  for (int i = 0; i < 1000; i++) items.push_back(uma_zalloc(zone, 0));
  for (int i = 0; i < 900; i++) uma_zfree(zone, items[size_t(i)]);
  std::string total;
  const uint32_t before = uma_layout.zone_count;
  const std::map<std::string, Row> rows = ReadTable(&total);
  // Zones and the large blocks; under preload a class may be made meanwhile.
  EXPECT_GE(rows.size(), before + 1);
  EXPECT_LE(rows.size(), uma_layout.zone_count + 1);
  ASSERT_EQ(rows.count("table zone"), 1U);
  const Row& row = rows.at("table zone");
  EXPECT_EQ(row.size, 123);
  EXPECT_EQ(row.used, 100);
  EXPECT_EQ(row.requests, 1000);
  EXPECT_EQ(row.fails, 0);
  EXPECT_EQ(row.bytes, 100 * 123);
  const uma_zone_stats stats = StatsOf(zone);
  EXPECT_EQ(uint64_t(row.free), stats.cached + stats.keg_free);
  int classes = 0;
  for (const auto& [name, unused] : rows) classes += name.rfind("malloc-", 0) == 0;
  if (Preloaded()) {
    EXPECT_GT(classes, 5);
  } else {
    EXPECT_EQ(classes, 0);
    EXPECT_EQ(rows.size(), 2U);
  }
  EXPECT_NE(total.find("mapped "), std::string::npos);
  for (int i = 900; i < 1000; i++) uma_zfree(zone, items[size_t(i)]);
  uma_zdestroy(zone);
  EXPECT_EQ(ReadTable(&total).count("table zone"), 0U);
}

TEST(Table, MostBytesFirst) {
  uma_zone_t small = PlainZone("many small", 32);
  uma_zone_t large = PlainZone("few large", 100000);
  uma_zone_t none = PlainZone("not used", 64);
  std::vector<void*> items;
  for (int i = 0; i < 10000; i++) items.push_back(uma_zalloc(small, 0));
  for (int i = 0; i < 20; i++) items.push_back(uma_zalloc(large, 0));
  std::string total;
  std::vector<long> bytes;
  const std::map<std::string, Row> rows = ReadTable(&total, &bytes);
  EXPECT_EQ(rows.at("few large").bytes, 2000000);
  EXPECT_EQ(rows.at("many small").bytes, 320000);
  EXPECT_EQ(rows.at("not used").bytes, 0);
  EXPECT_TRUE(std::is_sorted(bytes.rbegin(), bytes.rend()));
  for (int i = 0; i < 10020; i++) uma_zfree(i < 10000 ? small : large, items[size_t(i)]);
  for (uma_zone_t zone : {small, large, none}) uma_zdestroy(zone);
}

}  // namespace
