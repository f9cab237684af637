// SPDX-License-Identifier: BSD-2-Clause
//
// What grows with the number of CPUs, counted: a thread on each, all in their steady state, and
// then the counters of the published layout. Every lock and every cache line that CPUs share
// belongs to a slow operation, so these are what to count.
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <vector>

#include "alloc/base/layout_read.h"
#include "bench/slots.h"

namespace {

using nlohmann::json;

constexpr size_t kPage = 4096;
constexpr size_t kEntryTable = 65536;  // entries are named by byte offsets of 16 bits

const uma_layout* layout;
std::vector<unsigned> cpu_ids;  // one thread each, the first is main's
pthread_barrier_t barrier;
long warm_up = 20000;
long operations = 20000;

[[noreturn]] void Fail(const char* reason) {
  (void)fprintf(stderr, "scaling: %s\n", reason);
  exit(1);
}

template <typename T>
const T* At(uma_u64 address) {
  return reinterpret_cast<const T*>(address);  // NOLINT(performance-no-int-to-ptr)
}

const uma_layout_cpu& Published(unsigned id) { return At<uma_layout_cpu>(layout->cpus)[id]; }

template <typename Visit>
void ForEachZone(Visit visit) {
  for (const auto* zone = uma_layout_first(layout); zone; zone = uma_layout_next(zone))
    if (zone->keg) visit(*zone, *At<uma_layout_keg>(zone->keg));
}

struct Counters {
  uint64_t slow = 0;   // operations that left the arrays
  uint64_t slabs = 0;  // taken from the pages and given back
  Counters() {
    ForEachZone([&](const uma_layout_zone& zone, const uma_layout_keg& keg) {
      slow += zone.ops_started;
      slabs += keg.slab_allocs + keg.slab_frees;
    });
  }
  json Since(const Counters& before) const {
    const double millions = static_cast<double>(operations) * cpu_ids.size() / 1e6;
    return {{"slow_operations_per_million", (slow - before.slow) / millions},
            {"slabs_moved_per_million", (slabs - before.slabs) / millions}};
  }
};

// Bytes of the items that one CPU's arrays hold.
uint64_t CachedBytes(unsigned id) {
  const uma_u64 region = Published(id).region;
  uint64_t sum = 0;
  ForEachZone([&](const uma_layout_zone& zone, const uma_layout_keg& keg) {
    if (!zone.entry) return;
    const uma_layout_cache cache = uma_layout_read_cache(region, zone.entry);
    sum += uma_layout_cached(&cache) * keg.rsize;
  });
  return sum;
}

// Resident bytes of one CPU's entries, their cold halves and its arrays.
size_t ResidentBytes(unsigned id) {
  const uma_layout_cpu& cpu = Published(id);
  unsigned last = 0;
  ForEachZone([&](const uma_layout_zone& zone, const uma_layout_keg&) {
    last = std::max(last, unsigned{zone.entry});
  });
  const size_t begin = (cpu.region - (last + 1) * sizeof(uma_layout_cold)) / kPage * kPage;
  const size_t end = cpu.region + kEntryTable + cpu.array_bytes;
  std::vector<unsigned char> present((end - begin + kPage - 1) / kPage);
  if (mincore(const_cast<char*>(At<char>(begin)), end - begin, present.data()) != 0)
    Fail("mincore does not know the arrays");
  return kPage * std::count_if(present.begin(), present.end(), [](int page) { return page & 1; });
}

// Regions are mappings of one size; two that lie side by side show it.
size_t RegionBytes() {
  std::vector<uma_u64> regions;
  for (const unsigned id : cpu_ids) regions.push_back(Published(id).region);
  std::sort(regions.begin(), regions.end());
  size_t least = SIZE_MAX;
  for (size_t i = 1; i < regions.size(); ++i) least = std::min(least, regions[i] - regions[i - 1]);
  return least;
}

template <typename Figure>
json OverCpus(Figure figure) {
  double sum = 0;
  double most = 0;
  for (const unsigned id : cpu_ids) {
    const auto value = static_cast<double>(figure(id));
    sum += value;
    most = std::max(most, value);
  }
  return {{"mean", sum / cpu_ids.size()}, {"most", most}};
}

json Memory() {
  return {
      {"cached_bytes", OverCpus(CachedBytes)},
      {"capacity_bytes", OverCpus([](unsigned id) { return Published(id).cached_bytes_max; })},
      {"budget_bytes", OverCpus([](unsigned id) { return Published(id).budget; })},
      {"resident_bytes", OverCpus(ResidentBytes)},
  };
}

void RunOn(unsigned id) {
  if (!layout->rseq) return;  // a virtual CPU belongs to the thread that has it
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(id, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) Fail("cannot run on a CPU of the affinity mask");
}

// Between two calls the other threads do nothing.
void Wait() { pthread_barrier_wait(&barrier); }

void Hot(long count) {
  for (long i = 0; i < count; ++i) {
    void* p = malloc(64);
    bench::Touch(p);
    free(p);
  }
}

// What a thread does; `note` is called before and after each counted phase, while all threads wait.
template <typename Note>
void Work(size_t number, Note note) {
  RunOn(cpu_ids[number]);
  Wait();
  Hot(warm_up);
  Wait();
  note(0);
  Wait();
  Hot(operations);
  Wait();
  note(1);
  Wait();
  bench::Slots slots(1000, 1024, number + 1);
  for (long i = 0; i < warm_up; ++i) slots.Replace<true>();
  Wait();
  note(2);
  Wait();
  for (long i = 0; i < operations; ++i) slots.Replace<true>();
  Wait();
  note(3);
  Wait();
}

void* Worker(void* number) {
  Work(reinterpret_cast<size_t>(number), [](int) {});
  return nullptr;
}

void CheckEachCpuWasUsed() {
  for (const unsigned id : cpu_ids)
    if (!Published(id).region) Fail("a CPU was not used");
  if (!layout->rseq && Published(layout->cpu_count - 1).region)
    Fail("a thread found no virtual CPU of its own");
}

json Measure() {
  json result = {{"cpus", cpu_ids.size()},
                 {"rseq", layout->rseq == 1},
                 {"possible_cpus", layout->cpu_count - 1},
                 {"metadata_at_start", layout->pages.meta_used}};
  pthread_barrier_init(&barrier, nullptr, static_cast<unsigned>(cpu_ids.size()));
  std::vector<pthread_t> threads(cpu_ids.size());
  for (size_t i = 1; i < threads.size(); ++i)
    if (pthread_create(&threads[i], nullptr, Worker, reinterpret_cast<void*>(i)) != 0)
      Fail("no more threads");
  std::vector<Counters> at;
  at.reserve(4);  // nothing is allocated between the phases
  json memory;
  Work(0, [&](int phase) {
    at.emplace_back();
    if (phase < 3) return;
    CheckEachCpuWasUsed();
    memory = Memory();
  });
  for (size_t i = 1; i < threads.size(); ++i) pthread_join(threads[i], nullptr);
  result["hot"] = at[1].Since(at[0]);
  result["random"] = at[3].Since(at[2]);
  result["per_cpu"] = memory;
  if (cpu_ids.size() > 1) result["per_cpu"]["region_bytes_at_most"] = RegionBytes();
  return result;
}

void FindCpus() {
  if (!layout->rseq) {
    for (unsigned id = 0; id + 1 < layout->cpu_count; ++id) cpu_ids.push_back(id);
    return;
  }
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) Fail("more CPUs than a cpu_set_t has");
  for (unsigned id = 0; id < CPU_SETSIZE; ++id)
    if (CPU_ISSET(id, &set)) cpu_ids.push_back(id);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("What the allocator shares and keeps with a thread on each CPU, as JSON");
  app.add_option("--warm-up", warm_up, "Pairs of each thread before counting")
      ->check(CLI::Range(1L, 1000000000L))
      ->capture_default_str();
  app.add_option("--operations", operations, "Pairs of each thread that are counted")
      ->check(CLI::Range(1L, 1000000000L))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  layout = static_cast<const uma_layout*>(dlsym(RTLD_DEFAULT, "uma_layout"));
  if (!layout) Fail("libuma_malloc.so is not loaded: set LD_PRELOAD");
  if (layout->magic != UMA_LAYOUT_MAGIC || layout->version != UMA_LAYOUT_VERSION)
    Fail("the library has another layout");
  FindCpus();
  (void)printf("%s\n", Measure().dump(2).c_str());
  return 0;
}
