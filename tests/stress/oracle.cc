// SPDX-License-Identifier: BSD-2-Clause
//
// oracle [--ops N] [--threads N] [--signals] [--move] [--large]
// Random operations of all kinds by many threads. Every block carries a pattern that is checked
// whenever it is resized or freed, and blocks wander between threads. --large: all blocks are
// of sizes that a free searches its cache for. UMA_LONG=1: ten times as many.
#include <getopt.h>
#include <pthread.h>

#include "tests/stress/disturb.h"
#include "tests/stress/stamp.h"

namespace {

using stress::Block;
using stress::Random;

constexpr int kMostThreads = 1024;
constexpr size_t kMostSlots = 512;

long operations = 1000000;
int threads = 2;
bool with_signals;
bool with_moves;
bool all_large;
stress::Mover mover;
pthread_barrier_t all_here;

// Blocks on their way to a thread.
class Mailbox {
 public:
  bool Send(const Block& block) {
    pthread_mutex_lock(&lock_);
    const bool room = count_ < kMost;
    if (room) blocks_[count_++] = block;
    pthread_mutex_unlock(&lock_);
    return room;
  }
  bool Receive(Block& block) {
    pthread_mutex_lock(&lock_);
    const bool some = count_ > 0;
    if (some) block = blocks_[--count_];
    pthread_mutex_unlock(&lock_);
    return some;
  }

 private:
  static constexpr int kMost = 32;
  pthread_mutex_t lock_ = PTHREAD_MUTEX_INITIALIZER;
  int count_ = 0;
  Block blocks_[kMost];
};

Mailbox mailboxes[kMostThreads];

class Worker {
 public:
  explicit Worker(int self) : self_(self), random_(static_cast<uint64_t>(self) + 1) {
    slot_count_ = kMostSlots * 8 / static_cast<size_t>(threads);
    if (slot_count_ > kMostSlots) slot_count_ = kMostSlots;
    if (slot_count_ < 8) slot_count_ = 8;
  }

  void Run(long count) {
    for (long i = 0; i < count; i++) Step();
    pthread_barrier_wait(&all_here);
    Block block;
    while (mailboxes[self_].Receive(block)) stress::Release(block);
    for (Block& slot : slots_) stress::Release(slot);
    stress::Release(large_);
  }

 private:
  void Step() {
    Block& slot = slots_[random_.Below(slot_count_)];
    const size_t what = random_.Below(4096);
    if (what == 0) return Large();
    const size_t size =
        all_large ? (33 << 10) + random_.Below(500 << 10) : stress::RandomSize(random_, 65536);
    if (what < 400) {
      Exchange(slot);
    } else if (what < 800 && slot.address != nullptr) {
      stress::Resize(random_, slot, size);
    } else {
      stress::Release(slot);
      slot = stress::Allocate(random_, size, static_cast<uint64_t>(self_));
    }
  }

  // One block in, one block out; a full mailbox leaves the block here.
  void Exchange(Block& slot) {
    Block block;
    if (mailboxes[self_].Receive(block)) stress::Release(block);
    const size_t other = random_.Below(static_cast<size_t>(threads));
    if (slot.address != nullptr && mailboxes[other].Send(slot)) slot.address = nullptr;
  }

  void Large() {
    const size_t limit = threads > 64 ? 256 << 10 : 4 << 20;
    const size_t size = 65536 + random_.Below(limit - 65536);
    if (large_.address != nullptr && random_.Below(2) == 0) {
      stress::Resize(random_, large_, size);
    } else {
      stress::Release(large_);
      large_ = stress::Allocate(random_, size, static_cast<uint64_t>(self_));
    }
  }

  int self_;
  Random random_;
  size_t slot_count_;
  Block slots_[kMostSlots];
  Block large_;
};

void* Thread(void* number) {
  const int self = static_cast<int>(reinterpret_cast<intptr_t>(number));
  if (with_moves) mover.Add(stress::ThreadId());
  support::SignalTimer timer(with_signals ? 100 : 0);
  // Not on the stack: threads with small stacks run this too.
  Worker* worker = new Worker(self);
  worker->Run(operations / threads + 1);
  delete worker;
  return nullptr;
}

void Parse(int argc, char** argv) {
  const option options[] = {
      {"ops", required_argument, nullptr, 'o'}, {"threads", required_argument, nullptr, 't'},
      {"signals", no_argument, nullptr, 's'},   {"move", no_argument, nullptr, 'm'},
      {"large", no_argument, nullptr, 'l'},     {nullptr, 0, nullptr, 0}};
  for (int c; (c = getopt_long(argc, argv, "", options, nullptr)) != -1;) {
    if (c == 'o') operations = atol(optarg);
    if (c == 't') threads = atoi(optarg);
    if (c == 's') with_signals = true;
    if (c == 'm') with_moves = true;
    if (c == 'l') all_large = true;
    if (c == '?') exit(2);
  }
  if (operations < 1 || threads < 1 || threads > kMostThreads) exit(2);
  if (check::LongRun()) operations *= 10;
}

}  // namespace

int main(int argc, char** argv) {
  Parse(argc, argv);
  if (with_moves && !mover.Possible()) {
    puts("SKIP: one CPU only, nowhere to move");
    return 0;
  }
  support::CountSignals();
  static pthread_t ids[kMostThreads];
  REQUIRE(pthread_barrier_init(&all_here, nullptr, static_cast<unsigned>(threads)) == 0);
  if (with_moves) mover.Start();
  for (intptr_t i = 0; i < threads; i++) {
    REQUIRE(pthread_create(&ids[i], nullptr, Thread, reinterpret_cast<void*>(i)) == 0);
  }
  for (int i = 0; i < threads; i++) pthread_join(ids[i], nullptr);
  if (with_moves) {
    mover.Stop();
    CHECK(mover.Moves() > 0);
  }
  if (with_signals) CHECK(support::signals.load() > 0);
  return check::Result();
}
