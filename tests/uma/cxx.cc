// SPDX-License-Identifier: BSD-2-Clause
// <uma/uma.hpp>: zones of objects, containers on its allocator and its memory resource behave as on
// the usual ones, and leave nothing behind.
#include <gtest/gtest.h>

#include <deque>
#include <list>
#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "tests/uma/support.h"
#include "uma/uma.hpp"

namespace {

using namespace uma_test;

int alive = 0;

struct Point {
  Point(int x_, int y_) : x(x_), y(y_) {
    if (x_ < 0) throw std::runtime_error("negative");
    alive++;
  }
  ~Point() { alive--; }
  int x, y;
};

TEST(CxxZone, ConstructsEachTime) {
  uma::zone<Point> zone("points");
  ASSERT_TRUE(zone.ok());
  std::vector<Point*> points;
  for (int i = 0; i < 1000; i++) {
    points.push_back(zone.make(i, -i));
    EXPECT_EQ(points.back()->x, i);
    EXPECT_EQ(points.back()->y, -i);
  }
  EXPECT_EQ(alive, 1000);
  EXPECT_EQ(zone.stats().used, 1000U);
  EXPECT_THROW(zone.make(-1, 0), std::runtime_error);
  EXPECT_EQ(zone.stats().used, 1000U) << "what a constructor throws leaks nothing";
  for (Point* point : points) zone.destroy(point);
  zone.destroy(nullptr);
  EXPECT_EQ(alive, 0);
  {
    auto owned = zone.own(3, 4);
    EXPECT_EQ(owned->y, 4);
  }
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(zone.stats().used, 0U);
}

TEST(CxxZone, NoMemoryThrowsOrIsNull) {
  uma::zone<Point> zone("few points");
  EXPECT_EQ(zone.set_max(2), 2);
  Point *a = zone.make(1, 1), *b = zone.make(2, 2);
  EXPECT_EQ(zone.try_make(3, 3), nullptr);
  EXPECT_THROW(zone.make(3, 3), std::bad_alloc);
  zone.destroy(a);
  zone.destroy(b);
}

struct Buffer {
  Buffer() { made++; }
  ~Buffer() { ended++; }
  std::string text = "fresh";
  static inline int made = 0, ended = 0;
};

TEST(CxxZone, ConstructsOnce) {
  {
    OneCpu one;
    uma::zone<Buffer, uma::construct::once> zone("buffers");
    Buffer* buffer = zone.get();
    EXPECT_EQ(buffer->text, "fresh");
    buffer->text = "a long text that has memory of its own, whoever gets the item next";
    zone.put(buffer);
    Buffer* again = zone.get();
    EXPECT_EQ(again, buffer);
    EXPECT_EQ(again->text.substr(0, 6), "a long");
    zone.put(again);
    zone.own()->text.clear();
    EXPECT_GT(Buffer::made, 0);
  }
  EXPECT_EQ(Buffer::made, Buffer::ended);
}

TEST(CxxZone, Moves) {
  uma::zone<Point> a("moved");
  Point* point = a.make(1, 2);
  uma::zone<Point> b(std::move(a));
  EXPECT_FALSE(a.ok());  // NOLINT(bugprone-use-after-move): such a zone is empty, by contract
  EXPECT_EQ(b.stats().used, 1U);
  b.destroy(point);
  uma::zone<Point> c("target");
  c = std::move(b);
  EXPECT_TRUE(c.ok());
  EXPECT_EQ(c.stats().used, 0U);
}

struct alignas(256) Aligned {
  char bytes[256];
};

TEST(CxxZone, AlignmentAndSmallTypes) {
  uma::zone<Aligned> zone("aligned");
  uma::zone<char> chars("chars");
  for (int i = 0; i < 100; i++) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(zone.make()) % 256, 0U);
    *chars.make() = 'x';
  }
  std::list<Aligned, uma::allocator<Aligned>> list(50);
  for (Aligned& item : list) EXPECT_EQ(reinterpret_cast<uintptr_t>(&item) % 256, 0U);
}

uint64_t SharedInUse() {
  uint64_t used = 0;
  uma_print_stats_to(
      [](void* arg, const char* line) {
        unsigned long size, limit, in_use;
        if (sscanf(line, "uma::allocator: %lu, %lu, %lu", &size, &limit, &in_use) == 3)
          *static_cast<uint64_t*>(arg) += in_use;
      },
      &used);
  return used;
}

// The same random operations on a container and on the usual one.
template <typename Map, typename Usual>
void Compare(Map map, Usual usual, uint64_t seed) {
  std::mt19937_64 random(seed);
  for (int step = 0; step < 20000; step++) {
    const int key = int(random() % 500);
    if (random() % 2) {
      const std::string value(random() % 100, 'v');
      map[key] = value;
      usual[key] = value;
    } else {
      map.erase(key);
      usual.erase(key);
    }
  }
  ASSERT_EQ(map.size(), usual.size());
  for (const auto& [key, value] : usual) ASSERT_EQ(map.at(key), value);
}

template <typename T>
using On = uma::allocator<T>;
using Pair = std::pair<const int, std::string>;

TEST(CxxAllocator, ContainersAsUsual) {
  {
    Compare(std::map<int, std::string, std::less<>, On<Pair>>(), std::map<int, std::string>(), 1);
    Compare(std::unordered_map<int, std::string, std::hash<int>, std::equal_to<>, On<Pair>>(),
            std::unordered_map<int, std::string>(), 2);
    std::list<int, On<int>> list;
    std::deque<int, On<int>> deque;
    std::vector<int, On<int>> vector;
    std::set<int, std::less<>, On<int>> set;
    std::basic_string<char, std::char_traits<char>, On<char>> text;
    for (int i = 0; i < 5000; i++) {
      list.push_back(i);
      deque.push_front(i);
      vector.push_back(i);
      set.insert(i / 2);
      text += char('a' + i % 26);
    }
    EXPECT_EQ(set.size(), 2500U);
    EXPECT_EQ(text.size(), 5000U);
    EXPECT_EQ(deque.front(), vector.back());
    auto copy = list;
    list.splice(list.end(), copy);
    EXPECT_EQ(list.size(), 10000U);
    EXPECT_GT(SharedInUse(), 10000U);
    EXPECT_TRUE(On<int>() == On<char>());
  }
  EXPECT_EQ(SharedInUse(), 0U);
}

TEST(CxxAllocator, ThreadsShareTheZones) {
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < 4; i++)
    threads.emplace_back([i] {
      Compare(std::map<int, std::string, std::less<>, On<Pair>>(), std::map<int, std::string>(), i);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(SharedInUse(), 0U);
}

#if defined(__cpp_lib_memory_resource)
TEST(CxxResource, PmrContainersAsUsual) {
  uma::zone_resource resource;
  Compare(std::pmr::map<int, std::string>(&resource), std::map<int, std::string>(), 3);
  Compare(std::pmr::unordered_map<int, std::string>(&resource),
          std::unordered_map<int, std::string>(), 4);
  EXPECT_EQ(resource.used(), 0U);
}

TEST(CxxResource, EverySizeAndAlignment) {
  uma::zone_resource resource(4096);
  std::mt19937 random(6);
  struct Block {
    char* p;
    size_t size, align;
  };
  std::vector<Block> blocks;
  for (size_t size = 1; size < 10000; size += 1 + size / 50) {
    for (const size_t align : {1u, 8u, 16u, 64u, 4096u}) {
      auto* p = static_cast<char*>(resource.allocate(size, align));
      ASSERT_EQ(reinterpret_cast<uintptr_t>(p) % align, 0U);
      memset(p, int(size), size);
      blocks.push_back({p, size, align});
    }
  }
  EXPECT_GT(resource.used(), 0U);
  std::shuffle(blocks.begin(), blocks.end(), random);
  for (const Block& block : blocks) {
    ASSERT_EQ(block.p[0], char(block.size));
    ASSERT_EQ(block.p[block.size - 1], char(block.size));
    resource.deallocate(block.p, block.size, block.align);
  }
  EXPECT_EQ(resource.used(), 0U);
  uma::zone_resource other;
  EXPECT_TRUE(resource.is_equal(resource));
  EXPECT_FALSE(resource.is_equal(other));
}
#endif

}  // namespace
