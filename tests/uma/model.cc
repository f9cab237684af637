// SPDX-License-Identifier: BSD-2-Clause
// Random calls of the whole API beside a model of it: the same counts after every call, and what
// was written to an item is there until it is freed. A failure names its seed.
#include <errno.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

// What the zones of one keg share, or a zone without a keg has.
struct Source {
  size_t size;
  uint64_t limit = 0;
  uint64_t reserve = 0;
  uint64_t in_use = 0;
  int zones = 0;
  bool had_items = false;
  // Of a cache-only zone: what it may import. Another thread's uma_reclaim releases to it too.
  std::vector<void*> numbers;
  std::mutex numbers_mutex;
};

// A refusal now and then; items that were refused count as failures.
struct Refusals {
  uint64_t every = 0;
  uint64_t calls = 0;
  uint64_t refused = 0;
};
thread_local Refusals refusals;

int Ctor(void* item, int size, void*, int) {
  if (refusals.every && ++refusals.calls % refusals.every == 0) return refusals.refused++, 1;
  memset(item, 0xc0, size_t(size));
  return 0;
}
void Dtor(void* item, int size, void*) { memset(item, 0xd0, size_t(size)); }
int Zinit(void* item, int size, int) { return memset(item, 0x20, size_t(size)), 0; }

int Import(void* arg, void** store, int count, int, int) {
  auto* source = static_cast<Source*>(arg);
  const std::lock_guard<std::mutex> lock(source->numbers_mutex);
  auto& numbers = source->numbers;
  int n = 0;
  for (; n < count && !numbers.empty(); n++, numbers.pop_back()) store[n] = numbers.back();
  return n;
}
void Release(void* arg, void** store, int count) {
  auto* source = static_cast<Source*>(arg);
  const std::lock_guard<std::mutex> lock(source->numbers_mutex);
  auto& numbers = source->numbers;
  numbers.insert(numbers.end(), store, store + count);
}

struct Item {
  void* p;
  unsigned char stamp;
};

struct ModelZone {
  uma_zone_t zone;
  std::shared_ptr<Source> source;
  bool memory;  // its items are
  bool ctor;
  uint64_t allocs = 0;
  uint64_t frees = 0;
  uint64_t fails = 0;
  std::vector<Item> items;
};

class Model {
 public:
  explicit Model(uint64_t seed) : random_(seed) {}
  ~Model() {
    while (!zones_.empty()) DestroyZone(zones_.size() - 1);
  }

  void Step() {
    const uint64_t what = Below(100);
    if (zones_.empty() || (what < 2 && zones_.size() < 30)) return MakeZone();
    const size_t which = Below(zones_.size());
    ModelZone& zone = zones_[which];
    if (what < 45) return Alloc(zone);
    if (what < 78) return Free(zone);
    if (what < 83) return AllocBulk(zone);
    if (what < 88) return FreeBulk(zone);
    if (what < 91) return SetMax(zone);
    if (what < 92) return uma_zone_set_maxcache(zone.zone, int(Below(300)));
    if (what < 93) return Reserve(zone);
    if (what < 94) return Prealloc(zone);
    if (what < 97) return uma_zone_reclaim(zone.zone, int(Below(5)));
    if (what < 98) return SetCallback(zone);
    if (what < 99 && Below(3) == 0) return uma_reclaim(int(Below(4)));
    if (zones_.size() > 5 && Below(2)) DestroyZone(which);
  }

  void Check() {
    for (const ModelZone& zone : zones_) CheckZone(zone);
  }

 private:
  uint64_t Below(uint64_t n) { return random_() % n; }

  // Of another size where a failure of the model should show itself in few steps.
  size_t Size() {
    const uint64_t kind = Below(10);
    return kind < 7 ? 1 + Below(300) : kind < 9 ? 1 + Below(9000) : 1 + Below(200000);
  }

  void MakeZone() {
    const std::string name = "model " + std::to_string(made_++);
    const bool ctor = Below(3) == 0;
    const uint64_t kind = Below(10);
    ModelZone made{};
    made.ctor = ctor;
    made.memory = true;
    if (kind < 3 && !zones_.empty()) {
      const ModelZone& primary = zones_[Below(zones_.size())];
      made.zone = uma_zsecond_create(name.c_str(), ctor ? Ctor : nullptr, ctor ? Dtor : nullptr,
                                     Below(2) ? Zinit : nullptr, nullptr, primary.zone);
      if (!primary.memory) {
        EXPECT_EQ(made.zone, nullptr);
        return;
      }
      made.source = primary.source;
    } else if (kind < 5) {
      made.source = std::make_shared<Source>();
      for (uintptr_t n = 1; n <= 500; n++)
        made.source->numbers.push_back(reinterpret_cast<void*>(n));
      made.memory = made.ctor = false;
      made.zone = uma_zcache_create(name.c_str(), 0, nullptr, nullptr, nullptr, nullptr, Import,
                                    Release, made.source.get(), 0);
    } else {
      made.source = std::make_shared<Source>();
      made.source->size = Size();
      const int align = (1 << Below(8)) - 1;
      made.zone =
          uma_zcreate(name.c_str(), made.source->size, ctor ? Ctor : nullptr, ctor ? Dtor : nullptr,
                      nullptr, nullptr, align, Below(4) ? 0 : UMA_ZONE_ZINIT);
    }
    ASSERT_NE(made.zone, nullptr);
    made.source->zones++;
    zones_.push_back(std::move(made));
  }

  void DestroyZone(size_t which) {
    ModelZone& zone = zones_[which];
    while (!zone.items.empty()) FreeLast(zone);
    CheckZone(zone);
    uma_zdestroy(zone.zone);
    const bool last = --zone.source->zones == 0;
    EXPECT_TRUE(!last || zone.memory || zone.source->numbers.size() == 500);
    zones_.erase(zones_.begin() + ptrdiff_t(which));
  }

  bool AtLimit(const ModelZone& zone) const {
    return zone.source->limit && zone.source->in_use >= zone.source->limit;
  }

  // Below the limit null is no answer, but for what other zones of the keg have cached: without
  // M_WAITOK that is left alone.
  bool MustSucceed(const ModelZone& zone) const {
    return zone.memory && !AtLimit(zone) && (!zone.source->limit || zone.source->zones == 1);
  }

  // The item is the caller's, and no other one's.
  void Take(ModelZone& zone, void* p, int flags) {
    zone.allocs++;
    zone.source->in_use++;
    zone.source->had_items = true;
    const auto stamp = static_cast<unsigned char>(Below(256));
    if (zone.memory) {
      auto* bytes = static_cast<unsigned char*>(p);
      const size_t size = zone.source->size;
      if (zone.ctor) {
        EXPECT_EQ(bytes[0], 0xc0);
        EXPECT_EQ(bytes[size - 1], 0xc0);
      } else if (flags & M_ZERO) {
        EXPECT_EQ(std::count(bytes, bytes + size, 0), ptrdiff_t(size));
      }
      memset(p, stamp, size);
    }
    zone.items.push_back({p, stamp});
  }

  void Alloc(ModelZone& zone) {
    // To sleep where nobody frees would be for ever.
    const bool certain = !AtLimit(zone) && zone.memory;
    int flags = certain && Below(2) ? M_WAITOK : M_NOWAIT;
    if (Below(4) == 0) flags |= M_ZERO;
    if (Below(8) == 0) flags |= M_USE_RESERVE;
    if (flags & M_NOWAIT && Below(16) == 0) flags |= M_NOVM;
    refusals = {zone.ctor && Below(4) == 0 ? 1 + Below(3) : 0, 0, 0};
    const bool at_limit = AtLimit(zone);
    errno = 0;
    void* p = uma_zalloc(zone.zone, flags);
    const uint64_t refused = refusals.refused;
    refusals = {};
    if (p) {
      EXPECT_FALSE(at_limit);
      return Take(zone, p, flags);
    }
    zone.fails++;
    if (refused) {
      zone.allocs++;
      zone.frees++;
      return;
    }
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_FALSE(MustSucceed(zone) && !(flags & M_NOVM)) << "null without a reason";
    EXPECT_FALSE(flags & M_WAITOK);
  }

  void FreeLast(ModelZone& zone) {
    const Item item = zone.items.back();
    CheckItem(zone, item);
    zone.items.pop_back();
    uma_zfree(zone.zone, item.p);
    zone.frees++;
    zone.source->in_use--;
  }

  void Free(ModelZone& zone) {
    if (zone.items.empty()) return uma_zfree(zone.zone, nullptr);
    std::swap(zone.items[Below(zone.items.size())], zone.items.back());
    FreeLast(zone);
  }

  void AllocBulk(ModelZone& zone) {
    std::vector<void*> items(Below(150) + 1);
    const uint64_t room =
        zone.source->limit ? zone.source->limit - std::min(zone.source->limit, zone.source->in_use)
                           : ~uint64_t{0};
    const int n = uma_zalloc_bulk(zone.zone, items.data(), int(items.size()), M_NOWAIT);
    ASSERT_GE(n, 0);
    const uint64_t most = std::min(uint64_t(items.size()), room);
    EXPECT_LE(uint64_t(n), most);
    EXPECT_TRUE(uint64_t(n) == most || !MustSucceed(zone)) << n << " of " << most;
    if (size_t(n) < items.size()) zone.fails++;
    for (int i = 0; i < n; i++) Take(zone, items[size_t(i)], 0);
  }

  void FreeBulk(ModelZone& zone) {
    const size_t n = std::min(zone.items.size(), size_t(Below(150)));
    std::vector<void*> items;
    for (size_t i = 0; i < n; i++) {
      CheckItem(zone, zone.items.back());
      items.push_back(zone.items.back().p);
      zone.items.pop_back();
    }
    uma_zfree_bulk(zone.zone, items.data(), int(n));
    zone.frees += n;
    zone.source->in_use -= n;
  }

  void SetMax(ModelZone& zone) {
    const uint64_t max = Below(4) == 0 ? 0 : Below(400) + 1;
    EXPECT_EQ(uma_zone_set_max(zone.zone, int(max)), int(max));
    zone.source->limit = max;
  }

  void Reserve(ModelZone& zone) {
    zone.source->reserve = Below(50);
    uma_zone_reserve(zone.zone, int(zone.source->reserve));
  }

  void Prealloc(ModelZone& zone) {
    const int n = zone.memory && zone.source->size < 5000 ? int(Below(500)) : 0;
    EXPECT_EQ(uma_prealloc(zone.zone, n), n);
  }

  void SetCallback(ModelZone& zone) {
    if (zone.source->in_use == 0) return;
    EXPECT_EQ(uma_zone_set_zinit(zone.zone, nullptr), -1);
    EXPECT_EQ(errno, EBUSY);
  }

  static void CheckItem(const ModelZone& zone, const Item& item) {
    if (!zone.memory) return;
    const auto* bytes = static_cast<const unsigned char*>(item.p);
    const size_t size = zone.source->size;
    EXPECT_EQ(std::count(bytes, bytes + size, item.stamp), ptrdiff_t(size));
  }

  static void CheckZone(const ModelZone& zone) {
    const uma_zone_stats stats = StatsOf(zone.zone);
    EXPECT_EQ(stats.used, zone.items.size());
    EXPECT_EQ(stats.allocs, zone.allocs);
    EXPECT_EQ(stats.frees, zone.frees);
    EXPECT_EQ(stats.fails, zone.fails);
    EXPECT_EQ(uma_zone_get_cur(zone.zone), int(zone.items.size()));
    EXPECT_EQ(uma_zone_get_max(zone.zone), int(zone.source->limit));
    const Source& source = *zone.source;
    EXPECT_TRUE(!source.limit || source.in_use < source.limit || uma_zone_exhausted(zone.zone));
    EXPECT_TRUE(source.limit || !uma_zone_exhausted(zone.zone));
    EXPECT_GE(uma_zone_memory(zone.zone), zone.memory ? source.in_use * source.size : 0);
  }

  std::mt19937_64 random_;
  std::vector<ModelZone> zones_;
  int made_ = 0;
};

TEST(Model, EveryCallAsTheModelHasIt) {
  OneCpu one;
  const int zones = ZoneCount();
  const int steps = LongRun() ? 250000 : 25000;
  for (uint64_t seed = 1; seed <= 4; seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Model model(seed);
    for (int step = 0; step < steps; step++) {
      model.Step();
      if (step % 8 == 0) model.Check();
      if (HasFailure()) {
        ADD_FAILURE() << "step " << step;
        return;
      }
    }
    model.Check();
  }
  EXPECT_EQ(ZoneCount(), zones);
}

// Threads with models of their own, whose zones meet in caches, reclaim and the registry.
TEST(Model, ManyAtOnce) {
  std::vector<std::thread> threads;
  for (uint64_t seed = 11; seed < 19; seed++) {
    threads.emplace_back([seed] {
      OneCpu one;  // a limit is exact anyway, but what M_NOVM finds is not
      Model model(seed);
      for (int step = 0; step < (LongRun() ? 30000 : 3000); step++) {
        model.Step();
        if (step % 16 == 0) model.Check();
      }
      model.Check();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
