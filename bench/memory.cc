// SPDX-License-Identifier: BSD-2-Clause
//
// What an allocator keeps: one situation per process, the result as JSON on standard output. The
// lists of blocks live in mappings of their own, which are subtracted from what is reported.
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "bench/slots.h"

namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr size_t kPage = 4096;
constexpr size_t kMiB = size_t{1} << 20;

// The number behind KEY in a file of /proc, in the file's unit. Reading it allocates nothing.
size_t ProcField(const char* path, const char* key) {
  char text[4096];
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return 0;
  text[length] = '\0';
  const char* at = strstr(text, key);
  return at == nullptr ? 0 : strtoul(at + strlen(key), nullptr, 10);
}

size_t PeakKiB() { return ProcField("/proc/self/status", "VmHWM:"); }
size_t ResidentKiB() { return ProcField("/proc/self/smaps_rollup", "Rss:"); }
size_t LazyFreeKiB() { return ProcField("/proc/self/smaps_rollup", "LazyFree:"); }

// An array that the allocator under test does not see, resident as a whole.
template <typename T>
class Table {
 public:
  explicit Table(size_t capacity) : capacity_(capacity) {
    void* p = mmap(nullptr, Bytes(), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (p == MAP_FAILED) {
      perror("mmap");
      exit(1);
    }
    data_ = static_cast<T*>(p);
  }
  ~Table() { munmap(data_, Bytes()); }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  void Add(const T& value) {
    if (size_ == capacity_) {
      (void)fprintf(stderr, "table of %zu entries is full\n", capacity_);
      exit(1);
    }
    data_[size_++] = value;
  }
  void Shrink(size_t size) { size_ = size; }
  T& operator[](size_t i) { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  size_t Size() const { return size_; }
  size_t KiB() const { return (Bytes() + kPage - 1) / kPage * (kPage / 1024); }

 private:
  size_t Bytes() const { return capacity_ * sizeof(T); }
  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_;
};

struct Block {
  char* p;
  size_t size;
};

// Nine doublings from 16 bytes to 8 KiB equally often, and now and then 64..192 KiB.
size_t MixedSize(bench::Random& random) {
  if (random.Between(0, 511) == 0) return random.Between(64 * 1024, 192 * 1024);
  const size_t base = size_t{16} << random.Between(0, 8);
  return base + random.Between(0, base - 1);
}

Block Allocate(bench::Random& random) {
  Block block = {nullptr, MixedSize(random)};
  block.p = static_cast<char*>(malloc(block.size));
  for (size_t at = 0; at < block.size; at += 64) bench::Touch(block.p + at);
  bench::Touch(block.p + block.size - 1);
  return block;
}

// Fills TABLE with blocks of BYTES together.
void Grow(Table<Block>& table, size_t bytes, bench::Random& random) {
  for (size_t grown = 0; grown < bytes;) {
    const Block block = Allocate(random);
    grown += block.size;
    table.Add(block);
  }
}

void Shuffle(Table<Block>& table, bench::Random& random) {
  for (size_t i = table.Size(); i > 1; --i) {
    std::swap(table[i - 1], table[random.Between(0, i - 1)]);
  }
}

// How many pages hold at least one byte of a live block: no allocator can keep less.
size_t PagesHeld(Table<Block>& live) {
  size_t most = 0;
  for (const Block& block : live) most += block.size / kPage + 2;
  Table<uintptr_t> page(most);
  for (const Block& block : live) {
    const auto first = reinterpret_cast<uintptr_t>(block.p) / kPage;
    const auto last = (reinterpret_cast<uintptr_t>(block.p) + block.size - 1) / kPage;
    for (uintptr_t at = first; at <= last; ++at) page.Add(at);
  }
  std::sort(page.begin(), page.end());
  return static_cast<size_t>(std::unique(page.begin(), page.end()) - page.begin());
}

// A program that waits: a few blocks every hundredth of a second.
void AllocateLittle(double seconds, bench::Random& random) {
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (Clock::now() < end) {
    for (int i = 0; i < 20; ++i) {
      void* p = malloc(random.Between(16, 1024));
      bench::Touch(p);
      free(p);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

json Fragmented(size_t percent, double idle) {
  constexpr size_t kHeap = 500 * kMiB;
  Table<Block> table(kHeap / 512);
  bench::Random random(1);
  Grow(table, kHeap, random);
  json result;
  result["before_kib"] = ResidentKiB() - table.KiB();
  Shuffle(table, random);
  const size_t survivors = table.Size() * (100 - percent) / 100;
  for (size_t i = survivors; i < table.Size(); ++i) free(table[i].p);
  table.Shrink(survivors);
  result["after_free_kib"] = ResidentKiB() - table.KiB();
  AllocateLittle(idle, random);
  result["rss_kib"] = ResidentKiB() - table.KiB();
  result["lazyfree_kib"] = LazyFreeKiB();
  result["pages_held_kib"] = PagesHeld(table) * (kPage / 1024);
  size_t live = 0;
  for (const Block& block : table) live += block.size;
  result["live_kib"] = live / 1024;
  return result;
}

// Everything is freed and then nothing is called at all.
json BurstThenIdle(double idle) {
  constexpr size_t kHeap = 200 * kMiB;
  Table<Block> table(kHeap / 512);
  bench::Random random(1);
  Grow(table, kHeap, random);
  json result;
  result["before_kib"] = ResidentKiB() - table.KiB();
  for (const Block& block : table) free(block.p);
  result["after_free_kib"] = ResidentKiB() - table.KiB();
  std::this_thread::sleep_for(std::chrono::duration<double>(idle));
  result["rss_kib"] = ResidentKiB() - table.KiB();
  result["lazyfree_kib"] = LazyFreeKiB();
  return result;
}

// A heap in steady state: what it needs at most, against what is alive.
json Peak() {
  constexpr size_t kBlocks = 50000;
  constexpr int kReplacements = 1000000;
  Table<Block> table(kBlocks);
  bench::Random random(1);
  size_t live = 0;
  for (size_t i = 0; i < kBlocks; ++i) {
    table.Add(Allocate(random));
    live += table[i].size;
  }
  size_t most = live;
  for (int i = 0; i < kReplacements; ++i) {
    Block& block = table[random.Between(0, kBlocks - 1)];
    live -= block.size;
    free(block.p);
    block = Allocate(random);
    live += block.size;
    most = std::max(most, live);
  }
  return {{"rss_kib", PeakKiB() - table.KiB()}, {"live_kib", most / 1024}};
}

pthread_barrier_t worked;
pthread_barrier_t measured;

// Works for a moment, keeps ten blocks and waits, as the threads of a pool do.
void IdleWorker(uint64_t seed) {
  bench::Slots slots(10, 1024, seed);
  for (int i = 0; i < 2000; ++i) slots.Replace<true>();
  pthread_barrier_wait(&worked);
  pthread_barrier_wait(&measured);
}

json IdleThreads(unsigned count, double idle) {
  pthread_barrier_init(&worked, nullptr, count + 1);
  pthread_barrier_init(&measured, nullptr, count + 1);
  json result = {{"before_kib", ResidentKiB()}};
  std::vector<std::thread> worker;
  for (unsigned i = 0; i < count; ++i) worker.emplace_back(IdleWorker, i + 1);
  pthread_barrier_wait(&worked);
  std::this_thread::sleep_for(std::chrono::duration<double>(idle));
  result["rss_kib"] = ResidentKiB();
  pthread_barrier_wait(&measured);
  for (std::thread& t : worker) t.join();
  return result;
}

json Measure(const std::string& cell, double idle) {
  if (cell == "peak_mixed") return Peak();
  if (cell == "fragmented90") return Fragmented(90, idle);
  if (cell == "fragmented95") return Fragmented(95, idle);
  if (cell == "burst_idle") return BurstThenIdle(idle);
  if (cell == "idle_threads64") return IdleThreads(64, std::min(idle, 1.0));
  return IdleThreads(1000, std::min(idle, 1.0));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("What an allocator keeps in one situation");
  std::string cell;
  double idle = 15;
  app.add_option("cell", cell)
      ->required()
      ->check(CLI::IsMember({"peak_mixed", "fragmented90", "fragmented95", "burst_idle",
                             "idle_threads64", "idle_threads1000"}));
  app.add_option("--idle", idle, "Seconds of little or no allocation")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  bench::RequireLibrary();
  (void)printf("%s\n", Measure(cell, idle).dump().c_str());
  return 0;
}
