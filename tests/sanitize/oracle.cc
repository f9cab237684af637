// SPDX-License-Identifier: BSD-2-Clause
//
// oracle [--annotate]
// The allocator, compiled for a sanitizer, used directly: malloc remains the sanitizer's own. Four
// threads make random operations of all kinds, blocks wander between them, zones come and go, and
// a fifth thread reclaims and reads the counters all the time. UMA_LONG=1: ten times as much.
//
// The sections of alloc/percpu are assembly, which no sanitizer sees. ThreadSanitizer then takes
// an item that one thread freed and another got for a race between their writes, although only the
// owner of the CPU's array touched it in between. So under ThreadSanitizer the test runs
//   - with virtual CPUs (rseq:off): an array belongs to one thread until it ends, and what leaves
//     it goes through locks that are C++. No thread ends before the last is done: the kernel hands
//     the array of a dead thread to the next one, which is not seen either;
//   - with two virtual CPUs (cpus:2): three of the five threads share the locked array;
//   - without arrays (invariants:on);
//   - with rseq and --annotate: the program says itself that a freed item is handed over. Races on
//     the allocator's own structures still show. What writes to an item before the program gets
//     it, calloc, realloc and M_ZERO, is left out.
#include <unistd.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

#include "alloc/heap/heap.h"
#include "tests/sanitize/blocks.h"
#include "tests/sanitize/zones.h"

namespace {

using namespace sanitize;

constexpr int kThreads = 4;
constexpr size_t kSlots = 192;
long operations = 1000000;

Kind kinds[kKinds];
std::once_flag kinds_made;
std::atomic<int> working{kThreads};
std::latch all_done{kThreads + 1};
std::atomic<long> rounds{0}, exchanged{0};

// Blocks on their way to another thread.
class Mailbox {
 public:
  // Leaves in `block` what was longest in the box, or nothing.
  void Exchange(Block& block) {
    const std::lock_guard<std::mutex> guard(lock_);
    std::swap(blocks_[next_++ % kRoom], block);
  }
  std::vector<Block> Empty() { return std::vector<Block>(blocks_, blocks_ + kRoom); }

 private:
  static constexpr size_t kRoom = 64;
  std::mutex lock_;
  size_t next_ = 0;
  Block blocks_[kRoom];
};
Mailbox mailbox;

void Release(Block& block) {
  if (block.address == nullptr) return;
  Check(block, block.size, "before free");
  if (block.kind != nullptr) {
    ZoneFree(*block.kind, block.address);
  } else {
    HandOver(block.address, block.size);
    uma::heap_free(block.address, "free");
  }
  block = {};
}

class Worker {
 public:
  explicit Worker(uint64_t owner) : owner_(owner), random_(owner) {}

  void Run(long count) {
    for (long i = 0; i < count; i++) {
      Step();
      if (i % 4000 == 3999) TemporaryZone();
    }
    for (Block& slot : slots_) Release(slot);
  }

  // A zone with a life of its own, so that others' entries and kegs are made and reused meanwhile.
  void TemporaryZone() {
    Kind kind{nullptr, 8 + random_.Below(400)};
    kind.kept = random_.Below(2) == 0;
    kind.zone =
        uma_zcreate("temporary", kind.size, nullptr, nullptr, kind.kept ? KeptInit : nullptr,
                    kind.kept ? KeptFini : nullptr, UMA_ALIGN_PTR, 0);
    if (kind.zone == nullptr) Wrong({}, 0, "no zone");
    uma_prealloc(kind.zone, 10);
    std::vector<Block> items;
    for (size_t i = random_.Below(300); i > 0; i--) items.push_back(Item(kind));
    for (Block& item : items) Release(item);
    uma_zdestroy(kind.zone);
  }

 private:
  void Step() {
    Block& slot = slots_[random_.Below(kSlots)];
    const size_t what = random_.Below(16);
    if (what == 0) {
      exchanged += slot.address != nullptr;
      mailbox.Exchange(slot);
    } else if (what < 3 && slot.address != nullptr && slot.kind == nullptr && !annotate) {
      Resize(slot);
    } else {
      Release(slot);
      slot = what < 8 ? Item(kinds[random_.Below(kKinds)]) : HeapBlock();
    }
  }

  // Small ones mostly, each power of two as likely as the next; a few are large mappings.
  size_t Size() {
    const size_t rare = random_.Below(4096);
    const size_t limit = rare == 0 ? size_t{3} << 20 : rare < 64 ? size_t{256} << 10 : 8192;
    const size_t top = size_t{1} << random_.Below(static_cast<size_t>(__builtin_ctzll(limit)));
    return rare == 0 ? limit - random_.Below(limit / 2) : top + random_.Below(top);
  }

  Block New(unsigned char* address, size_t size, const Kind* kind) {
    Block block{address, size, owner_, ++serial_, kind};
    if (address == nullptr) Wrong(block, 0, "no memory");
    return block;
  }

  Block HeapBlock() {
    const size_t size = Size(), way = random_.Below(8);
    void* memory;
    size_t align = 16;
    if (way == 0) {
      align <<= random_.Below(random_.Below(32) == 0 ? 16 : 8);
      memory = uma::heap_alloc_aligned(align, size);
    } else if (way < 3 && !annotate) {
      memory = uma::heap_alloc_zeroed(size);
    } else {
      memory = uma::heap_alloc(size);
    }
    TakeOver(memory, size);
    Block block = New(static_cast<unsigned char*>(memory), size, nullptr);
    if (reinterpret_cast<uintptr_t>(memory) % align != 0) Wrong(block, 0, "not aligned");
    if (way == 1 || way == 2) {
      if (!annotate) CheckZero(block);
    }
    Stamp(block);
    return block;
  }

  void Resize(Block& slot) {
    const size_t size = Size();
    Check(slot, slot.size, "before realloc");
    void* moved = slot.address;
    if (!uma::heap_keeps(moved, size)) moved = uma::heap_resize(moved, size);
    if (moved == nullptr) Wrong(slot, size, "no memory");
    slot.address = static_cast<unsigned char*>(moved);
    Check(slot, std::min(slot.size, size), "after realloc");
    slot = New(slot.address, size, nullptr);
    Stamp(slot);
  }

  Block Item(const Kind& kind) {
    Block block = New(ZoneAlloc(kind), kind.size, &kind);
    Stamp(block);
    return block;
  }

  uint64_t owner_, serial_ = 0;
  Random random_;
  Block slots_[kSlots];
};

// All threads at once make the first call of the process.
void Work(uint64_t owner) {
  Worker worker(owner);
  worker.TemporaryZone();
  std::call_once(kinds_made, [] { MakeKinds(kinds); });
  worker.Run(operations / kThreads);
  working--;
  all_done.arrive_and_wait();
}

// A number that is read while others change it may be anything but must be read properly.
void ReadCounters() {
  for (const Kind& kind : kinds) {
    uma_zone_stats stats;
    uma_zone_get_stats(kind.zone, &stats);
    if (stats.frees > stats.allocs) Wrong({}, 0, "more frees than allocs");
  }
  const uma::HeapStats heap = uma::heap_stats();
  if (heap.mapped == 0) Wrong({}, 0, "nothing mapped");
  const Block probe{static_cast<unsigned char*>(uma::heap_alloc(100)), 100};
  if (uma::heap_usable_size(probe.address, "probe") < 100) Wrong(probe, 0, "usable size");
  uma::heap_free(probe.address, "probe");
}

// The table lies in memory that is mapped and unmapped by system calls of our own, which
// ThreadSanitizer does not see: the next mapping at these addresses is another thread's.
void Print() {
  const IgnoreWrites ignore;
  uma_print_stats();
}

void Reclaim() {
  constexpr int kRequests[] = {UMA_RECLAIM_TRIM, UMA_RECLAIM_DRAIN, UMA_RECLAIM_DRAIN_CPU};
  std::call_once(kinds_made, [] { MakeKinds(kinds); });
  for (long i = 0; working > 0; rounds = ++i) {
    uma_reclaim(kRequests[i % 3]);
    uma_zone_reclaim(kinds[i % kKinds].zone, kRequests[i / 3 % 3]);
    ReadCounters();
    if (i % 8 == 0) uma::heap_trim(0);
    if (i % 256 == 1) Print();
    usleep(1000);
  }
  all_done.arrive_and_wait();
}

bool Expect(const char* what, long have, long want) {
  if (have != want) fprintf(stderr, "%s: %ld, not %ld\n", what, have, want);
  return have == want;
}

// Nothing is left of anything, and the test did what it is for.
int Finish() {
  for (Block& block : mailbox.Empty()) Release(block);
  bool good = Expect("ctor less dtor", balance.ctors, 0);
  for (const Kind& kind : kinds) good &= Expect("items in use", uma_zone_get_cur(kind.zone), 0);
  // The secondary zone first: its keg is the first one's.
  uma_zdestroy(kinds[3].zone);
  for (const Kind& kind : kinds)
    if (&kind != &kinds[3]) uma_zdestroy(kind.zone);
  good &= Expect("init less fini", balance.inits, 0);
  good &= Expect("zinit less zfini", balance.zinits, 0);
  good &= Expect("bytes in use", static_cast<long>(uma::heap_stats().in_use), 0);
  good &= Expect("reclaimed at least 20 times", rounds >= 20, true);
  good &= Expect("blocks wandered", exchanged > operations / 50, true);
  printf("%ld operations, %ld blocks exchanged, %ld reclaims\n", operations, exchanged.load(),
         rounds.load());
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  annotate = argc == 2 && strcmp(argv[1], "--annotate") == 0;
  if (argc > (annotate ? 2 : 1) || (annotate && !kThreadSanitizer)) {
    fputs("usage: oracle [--annotate]   (--annotate: with ThreadSanitizer only)\n", stderr);
    return 2;
  }
  const char* long_run = getenv("UMA_LONG");
  if (long_run != nullptr && strcmp(long_run, "1") == 0) operations *= 10;
  std::vector<std::thread> threads;
  for (uint64_t owner = 1; owner <= kThreads; owner++) threads.emplace_back(Work, owner);
  threads.emplace_back(Reclaim);
  for (std::thread& thread : threads) thread.join();
  return Finish();
}
