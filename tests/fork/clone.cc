// SPDX-License-Identifier: BSD-2-Clause
//
// clone CASE
// Children of clone allocate while threads of their parent do: those that share its memory, with
// its thread-local memory or their own, as processes or as threads that libc knows nothing of, and
// those with a copy of it.
#include <dlfcn.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>

#include <atomic>
#include <iterator>

#include "tests/stress/disturb.h"
#include "tests/stress/stamp.h"

extern "C" {
extern const ptrdiff_t __rseq_offset;
extern const unsigned __rseq_size;
[[gnu::weak]] pid_t _Fork() noexcept;
}

namespace {

constexpr int kThreads = 3;
constexpr unsigned kSeeds = 3;
constexpr int kChildren = 30;  // of each seed, one after the other
constexpr int kSteps = 600;    // of each child
constexpr size_t kStack = 256 << 10;
constexpr int kThreadFlags =
    CLONE_VM | CLONE_THREAD | CLONE_SIGHAND | CLONE_FS | CLONE_FILES | CLONE_CHILD_CLEARTID;

std::atomic<bool> stop{false};
unsigned seed;
std::atomic<int> thread_id;
std::atomic<int> thread_result;

void* Allocate(void* number) {
  stress::Slots slots(100 * seed + reinterpret_cast<uintptr_t>(number));
  while (!stop.load(std::memory_order_relaxed)) slots.Step();
  return nullptr;
}

int Work(void* number) {
  stress::Slots slots(1000 * seed + reinterpret_cast<uintptr_t>(number));
  for (int i = 0; i < kSteps; i++) slots.Step();
  return 7;
}

int Process(void* number) {
  alarm(30);
  return Work(number);
}

int Thread(void* number) {
  thread_result.store(Work(number));
  return 0;
}

char* Area(void* thread_pointer) { return static_cast<char*>(thread_pointer) + __rseq_offset; }

// Laid out by libc. Zeroes name CPU 0, as if that were this thread's; a copy of a thread's own
// memory names the one that it ran on.
void* NewTls(bool copy) {
  auto* make = reinterpret_cast<void* (*)(void*)>(dlsym(RTLD_DEFAULT, "_dl_allocate_tls"));
  REQUIRE(make != nullptr);
  auto** words = static_cast<void**>(make(nullptr));
  REQUIRE(words != nullptr);
  words[0] = words[2] = words;
  void* const* own = static_cast<void**>(__builtin_thread_pointer());
  words[5] = own[5];  // what functions guard their frames and pointers with
  words[6] = own[6];
  if (copy && __rseq_size) memcpy(Area(words), Area(__builtin_thread_pointer()), 32);
  return words;
}

void FreeTls(void* tls) {
  auto* free_tls =
      reinterpret_cast<void (*)(void*, bool)>(dlsym(RTLD_DEFAULT, "_dl_deallocate_tls"));
  REQUIRE(free_tls != nullptr);
  free_tls(tls, true);
}

void Await(pid_t child, int want) {
  REQUIRE(child > 0);
  int status = -1;
  CHECK_EQ(waitpid(child, &status, __WALL), child);
  CHECK_EQ(status, want << 8);
}

struct Case {
  const char* name;
  int flags;    // of clone; 0: _Fork
  bool beside;  // the parent allocates meanwhile
  bool copied_tls;
};
constexpr Case kCases[] = {
    {"vfork", CLONE_VM | CLONE_VFORK | SIGCHLD, false, false},
    {"beside", CLONE_VM | SIGCHLD, true, false},
    {"tls", CLONE_VM | CLONE_SETTLS | SIGCHLD, true, false},
    {"tls_copied", CLONE_VM | CLONE_SETTLS | SIGCHLD, true, true},
    {"tls_vfork", CLONE_VM | CLONE_VFORK | CLONE_SETTLS | SIGCHLD, false, false},
    {"thread", kThreadFlags | CLONE_SETTLS, true, false},
    {"copy", SIGCHLD, true, false},
    {"bare_fork", 0, true, false},
};

void AwaitThread() {
  for (int id; (id = thread_id.load()) != 0;)
    syscall(SYS_futex, &thread_id, FUTEX_WAIT, id, nullptr);
  CHECK_EQ(thread_result.load(), 7);
}

void One(const Case& chosen, void* stack, void* number, stress::Slots& slots) {
  if (chosen.flags == 0) {
    const pid_t child = _Fork();
    if (child == 0) _exit(Process(number));
    return Await(child, 7);
  }
  void* tls = (chosen.flags & CLONE_SETTLS) ? NewTls(chosen.copied_tls) : nullptr;
  const bool is_thread = (chosen.flags & CLONE_THREAD) != 0;
  thread_id.store(1);
  thread_result.store(0);
  const pid_t child =
      clone(is_thread ? Thread : Process, stack, chosen.flags, number, nullptr, tls, &thread_id);
  REQUIRE(child > 0);
  if (chosen.beside)
    for (int i = 0; i < kSteps; i++) slots.Step();
  is_thread ? AwaitThread() : Await(child, 7);
  if (tls) FreeTls(tls);
}

void* Children(void* name) {
  const Case* chosen = kCases;
  while (chosen != std::end(kCases) && strcmp(chosen->name, static_cast<char*>(name)) != 0)
    chosen++;
  REQUIRE(chosen != std::end(kCases));
  char* stack = static_cast<char*>(malloc(kStack));
  REQUIRE(stack != nullptr);
  stress::Slots slots(seed);
  for (uintptr_t i = 0; i < kChildren; i++)
    One(*chosen, stack + kStack, reinterpret_cast<void*>(i), slots);
  free(stack);
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  if (strcmp(argv[1], "bare_fork") == 0 && !&_Fork) return 0;  // before glibc 2.34
  stress::Watchdog(60);
  for (seed = 1; seed <= kSeeds; seed++) {
    stop.store(false);
    pthread_t threads[kThreads + 1];
    for (uintptr_t i = 0; i < kThreads; i++)
      REQUIRE(pthread_create(&threads[i], nullptr, Allocate, reinterpret_cast<void*>(i + 1)) == 0);
    REQUIRE(pthread_create(&threads[kThreads], nullptr, Children, argv[1]) == 0);
    pthread_join(threads[kThreads], nullptr);
    stop.store(true);
    for (int i = 0; i < kThreads; i++) pthread_join(threads[i], nullptr);
  }
  return check::Result();
}
