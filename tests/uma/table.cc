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

std::vector<std::string> lines;
void Collect(void*, const char* line) { lines.emplace_back(line); }

TEST(Table, OneZoneInFull) {
  uma_zone_t zone = PlainZone("table full", 3000);
  std::vector<void*> items;
  for (int i = 0; i < 200; i++) items.push_back(uma_zalloc(zone, M_WAITOK));
  uma_zone_set_max(zone, 5000);
  uma_zfree(zone, items.back());
  items.pop_back();
  lines.clear();
  uma_print_zone_to(zone, Collect, nullptr);
  ASSERT_GE(lines.size(), 3U);
  EXPECT_EQ(lines[0].rfind("table full: size 3000, limit 5000, used 199, ", 0), 0U) << lines[0];
  // What is out of the keg is exact for slabs of several pages, too.
  const uma_zone_stats stats = StatsOf(zone);
  EXPECT_NE(lines[1].find(", out " + std::to_string(stats.used + stats.cached) + ","),
            std::string::npos)
      << lines[1];
  long partial, full, free;
  ASSERT_EQ(
      sscanf(lines[2].c_str(), "  slabs: partial %ld, full %ld, free %ld", &partial, &full, &free),
      3);
  EXPECT_EQ(uint64_t(partial + full + free), PublishedKeg("table full")->slabs);
  lines.clear();
  uma_print_zone_to(nullptr, Collect, nullptr);
  EXPECT_TRUE(lines.empty());
  for (void* item : items) uma_zfree(zone, item);
  uma_zdestroy(zone);
}

TEST(Table, ShownByMemory) {
  uma_zone_t large = PlainZone("table large", 100000);
  uma_zone_t small = PlainZone("table small", 10);
  void* a = uma_zalloc(large, M_WAITOK);
  void* b = uma_zalloc(small, M_WAITOK);
  lines.clear();
  uma_show_stats_to(Collect, nullptr);
  ASSERT_GE(lines.size(), 3U);
  long before = -1;
  size_t large_at = 0, small_at = 0;
  for (size_t i = 1; i < lines.size(); i++) {
    // Names may have spaces; the last eight words are numbers.
    std::istringstream text(lines[i]);
    std::vector<std::string> words;
    for (std::string word; text >> word;) words.push_back(word);
    ASSERT_GE(words.size(), 9U);
    const long bytes = atol(words[words.size() - 2].c_str());
    EXPECT_TRUE(before < 0 || bytes <= before) << lines[i];
    before = bytes;
    if (lines[i].find("table large") != std::string::npos) large_at = i;
    if (lines[i].find("table small") != std::string::npos) small_at = i;
  }
  EXPECT_LT(large_at, small_at);
  EXPECT_GT(large_at, 0U);
  lines.clear();
  uma_print_stats_to(Collect, nullptr);
  EXPECT_EQ(lines[0].rfind("ITEM", 0), 0U);
  uma_zfree(large, a);
  uma_zfree(small, b);
  uma_zdestroy(large);
  uma_zdestroy(small);
}

TEST(Align, CacheLineIsWhatIsSet) {
  EXPECT_EQ(uma_get_cache_align_mask(), 63);
  for (const int mask : {127, 4095, 63}) {
    uma_set_align(mask);
    uma_set_align(-1);
    uma_set_align(5);
    uma_set_align(8191);
    EXPECT_EQ(uma_get_cache_align_mask(), mask);
    uma_zone_t zone = PlainZone("table align", 20, UMA_ALIGN_CACHE);
    for (int i = 0; i < 100; i++)
      EXPECT_EQ(reinterpret_cast<uintptr_t>(uma_zalloc(zone, M_WAITOK)) & uintptr_t(mask), 0U);
  }
}

}  // namespace
