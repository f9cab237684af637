// SPDX-License-Identifier: BSD-2-Clause
// Flags of uma_zcreate that speak of pages and caches, counts of references, items for every CPU,
// memory without a zone.
#include <errno.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

TEST(Flags, KnownOnesAreAccepted) {
  for (int bit = 0; bit < 32; bit++) {
    const uint32_t flag = uint32_t{1} << bit;
    const bool known = 0x7f'edffu & flag;  // not SECONDARY
    errno = 0;
    uma_zone_t zone = PlainZone("flag", 64, 7, flag);
    EXPECT_EQ(zone != nullptr, known) << std::hex << flag;
    if (!zone) {
      EXPECT_EQ(errno, EINVAL);
      continue;
    }
    void* item = uma_zalloc(zone, M_WAITOK | M_ZERO);
    ASSERT_NE(item, nullptr);
    memset(item, 1, 64);
    uma_zfree(zone, item);
    uma_zdestroy(zone);
  }
}

TEST(Flags, NobucketCachesNothing) {
  uma_zone_t zone = PlainZone("nobucket", 64, 7, UMA_ZONE_NOBUCKET);
  std::vector<void*> items;
  for (int i = 0; i < 1000; i++) items.push_back(uma_zalloc(zone, M_WAITOK));
  EXPECT_EQ(StatsOf(zone).cached, 0U);
  for (void* item : items) uma_zfree(zone, item);
  EXPECT_EQ(StatsOf(zone).cached, 0U);
  uma_zdestroy(zone);
}

TEST(Flags, MaxbucketCachesMore) {
  const auto cached = [](uint32_t flags) {
    OneCpu one;
    uma_zone_t zone = PlainZone("maxbucket", 64, 7, flags);
    std::vector<void*> items;
    for (int i = 0; i < 2; i++) items.push_back(uma_zalloc(zone, M_WAITOK));
    const uint64_t n = StatsOf(zone).cached;
    for (void* item : items) uma_zfree(zone, item);
    uma_zdestroy(zone);
    return n;
  };
  EXPECT_GT(cached(UMA_ZONE_MAXBUCKET), 2 * cached(0));
}

// The flags that the kernel shows for the mapping of an address.
std::string VmFlags(void* p) {
  std::ifstream maps("/proc/self/smaps");
  std::string line;
  bool inside = false;
  while (std::getline(maps, line)) {
    unsigned long from, to;
    if (sscanf(line.c_str(), "%lx-%lx", &from, &to) == 2)
      inside =
          reinterpret_cast<unsigned long>(p) >= from && reinterpret_cast<unsigned long>(p) < to;
    if (inside && line.rfind("VmFlags:", 0) == 0) return line + " ";
  }
  return "";
}

TEST(Flags, NodumpIsNotInACoreFile) {
  uma_zone_t zone = PlainZone("nodump", 64, 7, UMA_ZONE_NODUMP);
  uma_zone_t usual = PlainZone("dump", 64);
  void* item = uma_zalloc(zone, M_WAITOK);
  void* other = uma_zalloc(usual, M_WAITOK);
  EXPECT_NE(VmFlags(item).find(" dd "), std::string::npos) << VmFlags(item);
  EXPECT_EQ(VmFlags(other).find(" dd "), std::string::npos) << VmFlags(other);
  uma_zfree(zone, item);
  uma_zdestroy(zone);
  EXPECT_EQ(VmFlags(item).find(" dd "), std::string::npos) << "its memory serves others now";
  uma_zfree(usual, other);
  uma_zdestroy(usual);
}

TEST(Flags, ContigIsAHugePage) {
  uma_zone_t zone = PlainZone("contig", 9216, 7, UMA_ZONE_CONTIG);
  auto* item = static_cast<char*>(uma_zalloc(zone, M_WAITOK));
  EXPECT_EQ(uma_zone_memory(zone), size_t{2} << 20);
  EXPECT_LT(reinterpret_cast<uintptr_t>(item) % (size_t{2} << 20), size_t{2} << 20);
  for (int i = 0; i < 200; i++) {
    auto* more = static_cast<char*>(uma_zalloc(zone, M_WAITOK));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(more) >> 21, reinterpret_cast<uintptr_t>(item) >> 21);
  }
}

TEST(Refcnt, BesideTheItemAndAtRest) {
  for (const size_t size : {16u, 100u, 2048u, 100000u}) {
    uma_zone_t zone = PlainZone("refcnt", size, 7, UMA_ZONE_REFCNT);
    std::map<void*, uint32_t*> counts;
    for (int i = 0; i < 300; i++) {
      void* item = uma_zalloc(zone, M_WAITOK);
      uint32_t* count = uma_find_refcnt(zone, item);
      ASSERT_NE(count, nullptr);
      EXPECT_EQ(*count, 0U);
      *count = uint32_t(i) + 1;
      memset(item, 0xff, size);
      counts[item] = count;
    }
    for (const auto& [item, count] : counts) {
      EXPECT_EQ(uma_find_refcnt(zone, item), count);
      EXPECT_GT(*count, 0U);
      EXPECT_LE(*count, 300U);
      *count = 0;
      uma_zfree(zone, item);
    }
    EXPECT_EQ(uma_find_refcnt(zone, &counts), nullptr);
    EXPECT_EQ(errno, EINVAL);
    uma_zdestroy(zone);
  }
  uma_zone_t without = PlainZone("no refcnt", 64);
  void* item = uma_zalloc(without, M_WAITOK);
  EXPECT_EQ(uma_find_refcnt(without, item), nullptr);
  EXPECT_EQ(uma_find_refcnt(nullptr, item), nullptr);
}

TEST(Pcpu, ASlotForEveryCpu) {
  uma_zone_t zone = PlainZone("pcpu", 24, 7, UMA_ZONE_PCPU);
  ASSERT_NE(zone, nullptr);
  std::vector<char*> items;
  for (int i = 0; i < 400; i++) {
    auto* item = static_cast<char*>(uma_zalloc_pcpu(zone, M_WAITOK | M_ZERO));
    ASSERT_NE(item, nullptr);
    for (int cpu = 0; cpu <= uma_mp_maxid(); cpu++) {
      auto* slot = static_cast<char*>(zpcpu_get_cpu(item, cpu));
      for (int at = 0; at < 24; at++) ASSERT_EQ(slot[at], 0);
      memset(slot, cpu % 100 + 1, 24);
    }
    items.push_back(item);
  }
  for (char* item : items) {
    for (int cpu = 0; cpu <= uma_mp_maxid(); cpu++)
      ASSERT_EQ(static_cast<char*>(zpcpu_get_cpu(item, cpu))[23], cpu % 100 + 1);
    uma_zfree_pcpu(zone, item);
  }
  EXPECT_EQ(uma_zone_get_cur(zone), 0);
  uma_zdestroy(zone);
}

TEST(Pcpu, CountersAddUp) {
  uma_zone_t zone = PlainZone("pcpu counter", 8, 7, UMA_ZONE_PCPU);
  void* counter = uma_zalloc_pcpu(zone, M_WAITOK | M_ZERO);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; i++) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20000; n++)
        __atomic_fetch_add(static_cast<uint64_t*>(zpcpu_get(counter)), 1, __ATOMIC_RELAXED);
    });
  }
  for (std::thread& thread : threads) thread.join();
  uint64_t sum = 0;
  for (int cpu = 0; cpu <= uma_mp_maxid(); cpu++)
    sum += *static_cast<uint64_t*>(zpcpu_get_cpu(counter, cpu));
  EXPECT_EQ(sum, 160000U);
  uma_zfree_pcpu(zone, counter);
  uma_zdestroy(zone);
}

TEST(Pcpu, OnlyInSuchAZone) {
  uma_zone_t usual = PlainZone("no pcpu", 24);
  EXPECT_EQ(uma_zalloc_pcpu(usual, M_WAITOK), nullptr);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(uma_zalloc_pcpu(nullptr, M_WAITOK), nullptr);
  EXPECT_EQ(PlainZone("pcpu large", 4097, 7, UMA_ZONE_PCPU), nullptr);
  EXPECT_EQ(errno, EINVAL);
  uma_zdestroy(usual);
}

TEST(LargeMalloc, WholePagesZeroAndBack) {
  const uint64_t used = uma_layout.large.used_bytes;
  std::vector<std::pair<char*, size_t>> blocks;
  for (size_t size = 1; size < 20000000; size = size * 3 + 1) {
    auto* p = static_cast<char*>(uma_large_malloc(size, M_WAITOK));
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(p) % 4096, 0U);
    EXPECT_EQ(p[0], 0);
    EXPECT_EQ(p[size - 1], 0);
    p[0] = p[size - 1] = 1;
    blocks.emplace_back(p, size);
  }
  EXPECT_GT(uma_layout.large.used_bytes, used + 20000000 / 3);
  for (const auto& [p, size] : blocks) uma_large_free(p);
  EXPECT_EQ(uma_layout.large.used_bytes, used);
  uma_large_free(nullptr);
  EXPECT_EQ(uma_large_malloc(0, M_WAITOK), nullptr);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(uma_large_malloc(~size_t{0}, M_WAITOK), nullptr);
  EXPECT_EQ(errno, ENOMEM);
}

TEST(LargeMallocDeathTest, ForeignAndInterior) {
  auto* p = static_cast<char*>(uma_large_malloc(10000, M_WAITOK));
  int here;
  EXPECT_DEATH(uma_large_free(&here), "uma: invalid pointer: uma_large_free");
  EXPECT_DEATH(uma_large_free(p + 4096), "uma: interior pointer: uma_large_free");
  EXPECT_DEATH((uma_large_free(p), uma_large_free(p)), "uma: invalid pointer: uma_large_free");
  uma_large_free(p);
}

}  // namespace
