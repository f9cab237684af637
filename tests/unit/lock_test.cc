// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/base/lock.h"

#include <gtest/gtest.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

namespace uma {
namespace {

TEST(Lock, ExcludesUnderContention) {
  Lock lock;
  long plain = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; t++)
    threads.emplace_back([&] {
      for (int i = 0; i < 100000; i++) {
        Guard guard(lock);
        plain = plain + 1;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(plain, 800000);
  EXPECT_TRUE(lock.try_lock()) << "left locked";
}

TEST(Lock, KnowsItsOwner) {
  Lock lock;
  EXPECT_FALSE(lock.held_by_me());
  lock.lock();
  EXPECT_TRUE(lock.held_by_me());
  std::thread([&] {
    EXPECT_FALSE(lock.held_by_me());
    EXPECT_FALSE(lock.try_lock());
  }).join();
  EXPECT_FALSE(lock.try_lock()) << "not recursive";
  lock.unlock();
  EXPECT_FALSE(lock.held_by_me());
  EXPECT_TRUE(lock.try_lock());
  EXPECT_TRUE(lock.held_by_me());
  lock.unlock();
}

double CpuSeconds() {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

TEST(Lock, WaitsWithoutSpinningAndWakes) {
  Lock lock;
  std::atomic<int> through{0};
  lock.lock();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++)
    threads.emplace_back([&] {
      Guard guard(lock);
      through++;
    });
  const double before = CpuSeconds();
  usleep(400000);
  EXPECT_LT(CpuSeconds() - before, 0.1);
  EXPECT_EQ(through, 0);
  lock.unlock();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(through, 4);
}

// fork takes a lock unless an interrupted frame of the same thread holds it.
TEST(Lock, ForkLeavesWhatItsThreadHeld) {
  Lock mine, free_one;
  mine.lock();
  mine.fork_prepare();
  free_one.fork_prepare();
  EXPECT_TRUE(free_one.held_by_me());
  free_one.fork_release();
  mine.fork_release();
  EXPECT_FALSE(free_one.held_by_me());
  EXPECT_TRUE(mine.held_by_me()) << "fork gave away what it had not taken";
  mine.unlock();
}

TEST(Lock, ForkingThreadPassesThrough) {
  Lock lock;
  lock.fork_prepare();
  Lock::fork_thread = thread_self();
  {
    Guard guard(lock);  // an allocation of another library's handler
  }
  EXPECT_TRUE(lock.held_by_me()) << "the passage released it";
  Lock::fork_thread = 0;
  lock.fork_release();
  EXPECT_TRUE(lock.try_lock());
}

}  // namespace
}  // namespace uma
