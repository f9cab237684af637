// SPDX-License-Identifier: BSD-2-Clause
// uma_sysctlbyname: the stream of all zones parsed back, every node by its name, errno as
// sysctl(3) has it.
#include <errno.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

template <typename T>
T Get(const std::string& name) {
  T value{};
  size_t size = sizeof value;
  EXPECT_EQ(uma_sysctlbyname(name.c_str(), &value, &size, nullptr, 0), 0) << name;
  EXPECT_EQ(size, sizeof value) << name;
  return value;
}

std::string Text(const std::string& name) {
  size_t size = 0;
  EXPECT_EQ(uma_sysctlbyname(name.c_str(), nullptr, &size, nullptr, 0), 0) << name;
  std::string text(size, '?');
  EXPECT_EQ(uma_sysctlbyname(name.c_str(), text.data(), &size, nullptr, 0), 0) << name;
  text.resize(text.empty() ? 0 : text.size() - 1);
  return text;
}

int ErrorOf(const char* name, void* oldp, size_t* oldlenp, const void* newp, size_t newlen) {
  errno = 0;
  return uma_sysctlbyname(name, oldp, oldlenp, newp, newlen) == 0 ? 0 : errno;
}

// What a reader of the stream makes of it; written from the format's description alone.
struct Parsed {
  uint32_t size, rsize, limit, secondary;
  uint64_t allocs, frees, fails, sleeps, cached, keg_free;
};

std::multimap<std::string, Parsed> ParseStream(const std::vector<char>& stream) {
  std::multimap<std::string, Parsed> zones;
  size_t at = 0;
  const auto word = [&](size_t offset) {
    uint32_t n;
    memcpy(&n, &stream[at + offset], sizeof n);
    return n;
  };
  const auto longword = [&](size_t offset) {
    uint64_t n;
    memcpy(&n, &stream[at + offset], sizeof n);
    return n;
  };
  EXPECT_EQ(word(0), 1U);
  const uint32_t cpus = word(4), count = word(8);
  EXPECT_EQ(stream.size(), 16 + size_t{count} * (120 + 64 * size_t{cpus}));
  at = 16;
  for (uint32_t i = 0; i < count; i++) {
    Parsed zone{word(36),     word(40),     word(48),     word(68) & 1, longword(72),
                longword(80), longword(88), longword(96), word(60),     word(56)};
    const std::string name(&stream[at]);
    at += 120;
    for (uint32_t cpu = 0; cpu < cpus; cpu++, at += 64) {
      zone.allocs += longword(0);
      zone.frees += longword(8);
      zone.cached += longword(16);
    }
    zones.emplace(name, zone);
  }
  EXPECT_EQ(at, stream.size());
  return zones;
}

// Under preload the classes of malloc are zones, too, which come at their first use.
std::vector<char> Stream() {
  size_t size = 0;
  EXPECT_EQ(uma_sysctlbyname("vm.zone_stats", nullptr, &size, nullptr, 0), 0);
  std::vector<char> stream;
  do {
    stream.resize(size * 2);
    size = stream.size();
  } while (uma_sysctlbyname("vm.zone_stats", stream.data(), &size, nullptr, 0) != 0);
  stream.resize(size);
  return stream;
}

TEST(Sysctl, StreamSaysWhatTheZonesSay) {
  std::vector<uma_zone_t> zones;
  std::map<std::string, uma_zone_t> by_name;
  for (int i = 0; i < 40; i++) {
    const std::string name = "stream " + std::to_string(i);
    uma_zone_t zone = i % 5 == 4 ? uma_zsecond_create(name.c_str(), nullptr, nullptr, nullptr,
                                                      nullptr, zones.back())
                                 : PlainZone(name.c_str(), size_t(i) * 50 + 8);
    zones.push_back(by_name[name] = zone);
    if (i % 7 == 0) uma_zone_set_max(zone, 100 + i);
    std::vector<void*> items;
    for (int n = 0; n < 100 + i; n++)
      if (void* item = uma_zalloc(zone, M_NOWAIT)) items.push_back(item);
    EXPECT_EQ(i % 7 == 0 && uma_zalloc(zone, M_NOWAIT), false);
    std::thread([&] {
      for (size_t n = 0; n < items.size() / 2; n++) uma_zfree(zone, items[n]);
    }).join();
  }
  const auto parsed = ParseStream(Stream());
  EXPECT_LE(int(parsed.size()), Get<int>("vm.zone_count"));
  for (const auto& [name, zone] : by_name) {
    SCOPED_TRACE(name);
    ASSERT_EQ(parsed.count(name), 1U);
    const Parsed& p = parsed.find(name)->second;
    const uma_zone_stats stats = StatsOf(zone);
    EXPECT_EQ(p.size, Published(name.c_str())->size);
    EXPECT_EQ(p.rsize, PublishedKeg(name.c_str())->rsize);
    EXPECT_EQ(p.limit, uint32_t(uma_zone_get_max(zone)));
    EXPECT_EQ(p.allocs, stats.allocs);
    EXPECT_EQ(p.frees, stats.frees);
    EXPECT_EQ(p.fails, stats.fails);
    EXPECT_EQ(p.cached, stats.cached);
    EXPECT_EQ(p.keg_free, stats.keg_free);
    EXPECT_EQ(p.secondary != 0, Published(name.c_str())->flags & UMA_LAYOUT_ZONE_SECONDARY);
  }
}

TEST(Sysctl, NodesOfAZone) {
  uma_zone_t zone = PlainZone("a.b-c d", 3000, 127);
  uma_zone_t twin = PlainZone("a_b_c_d", 40);
  void* item = uma_zalloc(zone, M_WAITOK);
  uma_zone_set_max(zone, 77);
  EXPECT_EQ(Get<int>("vm.uma.a_b_c_d.size"), 3000);
  EXPECT_EQ(Get<int>("vm.uma.a_b_c_d_1.size"), 40);
  EXPECT_EQ(Text("vm.uma.a_b_c_d.keg.name"), "a.b-c d");
  EXPECT_EQ(Text("vm.uma.a_b_c_d.flags"), "LIMIT");
  EXPECT_EQ(Get<int>("vm.uma.a_b_c_d.keg.align"), 127);
  EXPECT_EQ(Get<int>("vm.uma.a_b_c_d.keg.rsize"), 3072);
  EXPECT_GE(Get<int>("vm.uma.a_b_c_d.keg.efficiency"), 90);
  EXPECT_EQ(Get<uint64_t>("vm.uma.a_b_c_d.limit.max_items"), 77U);
  EXPECT_EQ(Get<uint64_t>("vm.uma.a_b_c_d.stats.current"), 1U);
  EXPECT_EQ(Get<uint64_t>("vm.uma.a_b_c_d.stats.allocs"), StatsOf(zone).allocs);
  EXPECT_EQ(ErrorOf("vm.uma.a_b_c_d.nothing", nullptr, nullptr, nullptr, 0), ENOENT);
  EXPECT_EQ(ErrorOf("vm.uma.a_b_c_d", nullptr, nullptr, nullptr, 0), ENOENT);
  EXPECT_EQ(ErrorOf("vm.uma.a_b_c_d_2.size", nullptr, nullptr, nullptr, 0), ENOENT);
  EXPECT_EQ(ErrorOf("vm.uma.a_b_c_d_0.size", nullptr, nullptr, nullptr, 0), ENOENT);
  uma_zfree(zone, item);
  uma_zdestroy(zone);
  EXPECT_EQ(Get<int>("vm.uma.a_b_c_d.size"), 40);
  uma_zdestroy(twin);
  EXPECT_EQ(ErrorOf("vm.uma.a_b_c_d.size", nullptr, nullptr, nullptr, 0), ENOENT);
}

TEST(Sysctl, ErrorsAreThoseOfSysctl) {
  int value = 0;
  size_t size = sizeof value;
  EXPECT_EQ(ErrorOf("vm.nothing", &value, &size, nullptr, 0), ENOENT);
  EXPECT_EQ(ErrorOf("", &value, &size, nullptr, 0), ENOENT);
  EXPECT_EQ(ErrorOf(nullptr, &value, &size, nullptr, 0), EINVAL);
  EXPECT_EQ(ErrorOf("vm.zone_count", nullptr, nullptr, &value, sizeof value), EPERM);
  EXPECT_EQ(ErrorOf("debug.uma_reclaim", nullptr, nullptr, &value, sizeof value), EINVAL);
  EXPECT_EQ(ErrorOf("vm.zone_warnings", nullptr, nullptr, &value, 1), EINVAL);
  // As much as fits, and how much there is.
  char little[20];
  memset(little, 0x55, sizeof little);
  size = 18;
  EXPECT_EQ(ErrorOf("vm.zone_stats", little, &size, nullptr, 0), ENOMEM);
  EXPECT_EQ(size, Stream().size());
  EXPECT_EQ(little[0], 1);
  EXPECT_EQ(little[18], 0x55);
  EXPECT_EQ(little[19], 0x55);
}

TEST(Sysctl, WritesAreDone) {
  EXPECT_EQ(Get<int>("vm.zone_warnings"), 1);
  const int off = 0, on = 1, drain = UMA_RECLAIM_DRAIN_CPU;
  int before = 5;
  size_t size = sizeof before;
  EXPECT_EQ(ErrorOf("vm.zone_warnings", &before, &size, &off, sizeof off), 0);
  EXPECT_EQ(before, 1) << "the old value";
  EXPECT_EQ(Get<int>("vm.zone_warnings"), 0);
  EXPECT_EQ(ErrorOf("vm.zone_warnings", nullptr, nullptr, &on, sizeof on), 0);
  uma_zone_t zone = PlainZone("written", 500);
  uma_zfree(zone, uma_zalloc(zone, M_WAITOK));
  EXPECT_GT(uma_zone_memory(zone), 0U);
  EXPECT_GT(Get<uint64_t>("vm.uma_kmem_total"), 0U);
  EXPECT_EQ(ErrorOf("debug.uma_reclaim", nullptr, nullptr, &drain, sizeof drain), 0);
  EXPECT_EQ(uma_zone_memory(zone), 0U);
  uma_zdestroy(zone);
}

int level = 3;
int Level(void* arg, void* oldp, size_t* oldlenp, const void* newp, size_t newlen) {
  return uma_sysctl_handle(arg, sizeof level, oldp, oldlenp, newp, newlen);
}

TEST(Sysctl, NodesOfALibraryAndAllNames) {
  const uma_sysctl_node nodes[] = {{"kern.test.level", Level, &level},
                                   {"kern.test.other", Level, &level}};
  uma_sysctl_set set{nodes, 2, nullptr};
  uma_sysctl_set empty{nullptr, 0, nullptr};
  uma_sysctl_register(&set);
  uma_sysctl_register(&empty);
  EXPECT_EQ(Get<int>("kern.test.level"), 3);
  const int five = 5;
  EXPECT_EQ(ErrorOf("kern.test.level", nullptr, nullptr, &five, sizeof five), 0);
  EXPECT_EQ(ErrorOf("kern.test.level", nullptr, nullptr, &five, 1), EINVAL);
  EXPECT_EQ(level, 5);
  uma_zone_t one = PlainZone("all names", 8), two = PlainZone("all names", 16);
  std::vector<std::string> names;
  char name[128];
  const char* previous = nullptr;
  while (uma_sysctl_next(previous, name, sizeof name) == 0) {
    names.emplace_back(name);
    previous = names.back().c_str();
    ASSERT_LT(names.size(), 100000U);
    size_t size = 0;
    EXPECT_EQ(uma_sysctlbyname(name, nullptr, &size, nullptr, 0), 0) << name;
    EXPECT_GT(size, 0U) << name;
  }
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  for (const char* wanted : {"vm.zone_count", "vm.zone_stats", "vm.uma.all_names.stats.allocs",
                             "vm.uma.all_names_1.keg.rsize", "kern.test.level", "kern.test.other"})
    EXPECT_EQ(std::count(names.begin(), names.end(), wanted), 1) << wanted;
  EXPECT_EQ(uma_sysctl_next(nullptr, name, 3), -1);
  EXPECT_EQ(errno, ENOMEM);
  uma_sysctl_deregister(&set);
  uma_sysctl_deregister(&empty);
  EXPECT_EQ(ErrorOf("kern.test.level", nullptr, nullptr, nullptr, 0), ENOENT);
  uma_zdestroy(one);
  uma_zdestroy(two);
}

}  // namespace
