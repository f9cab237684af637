// SPDX-License-Identifier: BSD-2-Clause
// Safe memory reclamation: what is freed is not used again, nor finished, while a section that
// began before goes on.
#include "uma/smr.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/wait.h>

#include <atomic>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "tests/uma/support.h"

namespace {

using namespace uma_test;

uma_zone_t SmrZone(const char* name, size_t size, uma_init init = nullptr,
                   uma_fini fini = nullptr) {
  return uma_zcreate(name, size, nullptr, nullptr, init, fini, 7, UMA_ZONE_SMR);
}

// A thread that stays in a section until it is told to leave it.
class Reader {
 public:
  explicit Reader(smr_t smr)
      : thread_([this, smr] {
          smr_enter(smr);
          inside_ = true;
          while (!leave_) std::this_thread::yield();
          smr_exit(smr);
        }) {
    while (!inside_) std::this_thread::yield();
  }
  ~Reader() { Leave(); }
  void Leave() {
    leave_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::atomic<bool> inside_{false}, leave_{false};
  std::thread thread_;
};

TEST(Smr, GoalsAreReachedWhenSectionsEnd) {
  smr_t smr = smr_create("goals");
  ASSERT_NE(smr, nullptr);
  const smr_seq_t before = smr_advance(smr);
  EXPECT_EQ(smr_poll(smr, before, 0), 1);
  {
    Reader reader(smr);
    EXPECT_EQ(smr_poll(smr, before, 0), 1) << "the section began later";
    const smr_seq_t goal = smr_advance(smr);
    EXPECT_EQ(smr_poll(smr, goal, 0), 0);
    Reader later(smr);
    reader.Leave();
    EXPECT_EQ(smr_poll(smr, goal, 0), 1) << "that of the other one began later";
  }
  smr_synchronize(smr);
  EXPECT_EQ(smr_poll(smr, smr_advance(smr) + 100, 0), 0) << "a goal that nobody was given";
  smr_destroy(smr);
  smr_destroy(nullptr);
}

TEST(Smr, ItemsWaitForReaders) {
  OneCpu one;
  uma_zone_t zone = SmrZone("smr items", 128);
  smr_t smr = uma_zone_get_smr(zone);
  ASSERT_NE(smr, nullptr);
  std::vector<void*> items;
  for (int i = 0; i < 1000; i++) items.push_back(uma_zalloc_smr(zone, M_WAITOK));
  Reader reader(smr);
  const std::set<void*> freed(items.begin(), items.end());
  for (void* item : items) uma_zfree_smr(zone, item);
  EXPECT_EQ(uma_zone_get_cur(zone), 0);
  std::vector<void*> others;
  for (int i = 0; i < 2000; i++) {
    others.push_back(uma_zalloc_smr(zone, M_WAITOK));
    ASSERT_EQ(freed.count(others.back()), 0U) << "a reader may be looking at it";
  }
  reader.Leave();
  int again = 0;
  for (int i = 0; i < 2000; i++) {
    others.push_back(uma_zalloc_smr(zone, M_WAITOK));
    again += freed.count(others.back()) != 0;
  }
  EXPECT_GT(again, 900);
  EXPECT_EQ(std::set<void*>(others.begin(), others.end()).size(), others.size());
  for (void* item : others) uma_zfree(zone, item);
  EXPECT_EQ(uma_zone_get_cur(zone), 0);
  uma_zdestroy(zone);
}

TEST(Smr, FiniWaitsToo) {
  ForgetEvents();
  uma_zone_t zone = SmrZone("smr fini", 30000, NoteInit, NoteFini);
  std::vector<void*> items;
  for (int i = 0; i < 100; i++) items.push_back(uma_zalloc_smr(zone, M_WAITOK));
  {
    Reader reader(uma_zone_get_smr(zone));
    for (void* item : items) uma_zfree_smr(zone, item);
    uma_zone_reclaim(zone, UMA_RECLAIM_DRAIN_CPU);
    const std::set<void*> freed(items.begin(), items.end());
    for (int i = 0; i < event_count; i++)
      EXPECT_FALSE(events[i].what == 'f' && freed.count(events[i].item));
  }
  uma_zdestroy(zone);
  EXPECT_EQ(Count('i'), Count('f'));
}

// Readers walk a list without a lock while writers unlink and free its nodes.
struct Node {
  std::atomic<Node*> next;
  std::atomic<uint64_t> stamp;
};

TEST(Smr, ReadersNeverSeeAnotherUse) {
  constexpr int kHeads = 8;
  uma_zone_t zone = SmrZone("smr list", sizeof(Node));
  smr_t smr = uma_zone_get_smr(zone);
  std::atomic<Node*> heads[kHeads] = {};
  std::atomic<uint64_t> next_stamp{1};
  std::atomic<bool> stop{false};
  std::atomic<long> reads{0}, changed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; i++) {
    threads.emplace_back([&, i] {
      std::mt19937 random(unsigned(i) + 1);
      while (!stop) {
        smr_enter(smr);
        if (Node* node = heads[random() % kHeads].load(std::memory_order_acquire)) {
          const uint64_t stamp = node->stamp.load(std::memory_order_relaxed);
          for (int look = 0; look < 20; look++)
            changed += node->stamp.load(std::memory_order_relaxed) != stamp;
          if (random() % 64 == 0) std::this_thread::yield();
          changed += node->stamp.load(std::memory_order_relaxed) != stamp;
          reads++;
        }
        smr_exit(smr);
      }
    });
  }
  for (int i = 0; i < 2; i++) {
    threads.emplace_back([&, i] {
      std::mt19937 random(unsigned(i) + 100);
      while (!stop) {
        Node* node = static_cast<Node*>(uma_zalloc_smr(zone, M_WAITOK));
        node->stamp.store(next_stamp++, std::memory_order_relaxed);
        Node* old = heads[random() % kHeads].exchange(node, std::memory_order_acq_rel);
        if (old) uma_zfree_smr(zone, old);
      }
    });
  }
  // Threads that come and go leave no reader behind.
  for (int i = 0; i < (LongRun() ? 2000 : 100); i++) {
    std::thread([&] {
      smr_enter(smr);
      smr_exit(smr);
    }).join();
    usleep(10000);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(changed.load(), 0);
  EXPECT_GT(reads.load(), 1000);
  for (auto& head : heads)
    if (Node* node = head.load()) uma_zfree_smr(zone, node);
  EXPECT_EQ(uma_zone_get_cur(zone), 0);
  uma_zdestroy(zone);
}

TEST(Smr, AThreadThatEndedBlocksNobody) {
  smr_t smr = smr_create("ended");
  pthread_t thread;
  pthread_create(
      &thread, nullptr,
      [](void* arg) -> void* {
        smr_enter(static_cast<smr_t>(arg));
        return nullptr;  // which it must not; but it reads nothing any more
      },
      smr);
  pthread_join(thread, nullptr);
  smr_synchronize(smr);
  smr_destroy(smr);
}

TEST(Smr, TheChildOfAForkGoesOn) {
  uma_zone_t zone = SmrZone("smr fork", 64);
  smr_t smr = uma_zone_get_smr(zone);
  Reader reader(smr);
  void* item = uma_zalloc_smr(zone, M_WAITOK);
  smr_enter(smr);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    const bool blocked = smr_poll(smr, smr_advance(smr), 0) == 0;  // by this very section
    smr_exit(smr);
    uma_zfree_smr(zone, item);
    smr_synchronize(smr);  // the reader is not here
    uma_zdestroy(zone);
    _exit(blocked ? 0 : 1);
  }
  smr_exit(smr);
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  uma_zfree_smr(zone, item);
  reader.Leave();
  uma_zdestroy(zone);
}

TEST(Smr, SetOnAZoneBeforeItsItems) {
  smr_t smr = smr_create("set");
  uma_zone_t zone = PlainZone("smr set", 64);
  EXPECT_EQ(uma_zone_get_smr(zone), nullptr);
  EXPECT_EQ(uma_zone_set_smr(zone, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(uma_zone_set_smr(nullptr, smr), -1);
  EXPECT_EQ(uma_zone_set_smr(zone, smr), 0);
  EXPECT_EQ(uma_zone_get_smr(zone), smr);
  void* items[300];
  EXPECT_EQ(uma_zalloc_bulk(zone, items, 300, M_WAITOK), 300);
  EXPECT_EQ(uma_zone_set_smr(zone, smr), -1);
  EXPECT_EQ(errno, EBUSY);
  uma_zfree_bulk(zone, items, 300);
  EXPECT_EQ(uma_zone_get_cur(zone), 0);
  uma_zdestroy(zone);
  smr_destroy(smr);
}

TEST(Smr, KeepsItsLimit) {
  uma_zone_t zone = SmrZone("smr limit", 64);
  uma_zone_set_max(zone, 100);
  void* items[101];
  EXPECT_EQ(uma_zalloc_bulk(zone, items, 101, M_NOWAIT), 100);
  for (int i = 0; i < 100; i++) uma_zfree_smr(zone, items[i]);
  void* item = uma_zalloc_smr(zone, M_WAITOK);
  EXPECT_NE(item, nullptr) << "waits for readers, of which there are none";
  uma_zfree_smr(zone, item);
  uma_zdestroy(zone);
}

}  // namespace
