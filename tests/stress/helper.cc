// SPDX-License-Identifier: BSD-2-Clause
//
// helper CASE
// The thread that gives memory back, in the situations that are bad for threads. Run with
// UMA_OPTIONS=decay:1, so that it comes and goes all the time. The program defines pthread_create,
// which also starts the helper: so it knows how often one was started and has ended.
#include <dlfcn.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include <atomic>
#include <iterator>

#include "tests/stress/disturb.h"

namespace {

using Body = void* (*)(void*);
using Create = int (*)(pthread_t*, const pthread_attr_t*, Body, void*);

std::atomic<long> started{0}, ended{0};
thread_local bool ours = false;  // the thread that is being started is one of this program

struct Start {
  Body body;
  void* argument;
};

void* Counted(void* start) {
  const Start copy = *static_cast<Start*>(start);
  munmap(start, sizeof(Start));
  void* result = copy.body(copy.argument);
  ended.fetch_add(1);
  return result;
}

Create Next() {
  static const auto next = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  return next;
}

}  // namespace

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, Body body,
                              void* argument) noexcept {
  if (ours) return Next()(thread, attributes, body, argument);
  void* p =
      mmap(nullptr, sizeof(Start), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return EAGAIN;
  *static_cast<Start*>(p) = {body, argument};
  started.fetch_add(1);
  const int error = Next()(thread, attributes, Counted, p);
  if (error != 0) started.fetch_sub(1);
  return error;
}

namespace {

constexpr size_t kBlock = 3000;
constexpr size_t kIdleBytes = size_t{12} << 20;
constexpr size_t kMost = kIdleBytes / kBlock;

uint64_t Now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return uint64_t(t.tv_sec) * 1000 + uint64_t(t.tv_nsec) / 1000000;
}

void Sleep(long microseconds) {
  const timespec t = {0, microseconds * 1000};
  nanosleep(&t, nullptr);
}

// Memory of so many bytes that nobody uses any more.
void MakeIdle(size_t bytes = kIdleBytes) {
  char* blocks[kMost];
  const size_t count = bytes / kBlock;
  for (size_t i = 0; i < count; i++) {
    blocks[i] = static_cast<char*>(malloc(kBlock));
    if (!blocks[i]) _exit(9);
    memset(blocks[i], int(i), kBlock);
  }
  for (size_t i = 0; i < count; i++) {
    if (blocks[i][kBlock - 1] != char(i)) _exit(8);
    free(blocks[i]);
  }
}

size_t Resident() {
  char text[256] = {};
  const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0 && read(fd, text, sizeof text - 1) > 0);
  close(fd);
  return strtoul(strchr(text, ' '), nullptr, 10) * 4096;
}

pthread_t Thread(Body body, void* argument = nullptr) {
  pthread_t thread;
  ours = true;
  REQUIRE(pthread_create(&thread, nullptr, body, argument) == 0);
  ours = false;
  return thread;
}

// Waits until the helpers that were started have ended.
bool AllEnded() {
  for (const uint64_t end = Now() + 5000; ended.load() != started.load(); Sleep(200))
    if (Now() > end) return false;
  return true;
}

int Status(pid_t child) {
  int status = -1;
  REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
  return status;
}

long Times(long few) { return check::LongRun() ? few * 20 : few; }

// One helper after the other; none is left, and none was lost.
void Starts() {
  const long wanted = check::LongRun() ? 10000 : 300;
  for (const uint64_t end = Now() + 600000; started.load() < wanted && Now() < end;) {
    const long before = started.load();
    MakeIdle(size_t{6} << 20);
    CHECK(started.load() == before + 1);
    if (!AllEnded()) break;
  }
  CHECK_EQ(started.load(), wanted);
  CHECK_EQ(ended.load(), wanted);
}

void* IdleForEver(void*) {
  for (;;) MakeIdle();
}

// Children of a process whose helper is at any point of its work: none inherits it, each starts
// its own at need.
void ForkStorm() {
  for (int i = 0; i < 2; i++) Thread(IdleForEver);
  for (long i = 0; i < Times(150); i++) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      const long before = started.load();
      for (const uint64_t end = Now() + 5000; started.load() == before && Now() < end;) MakeIdle();
      _exit(started.load() > before ? 0 : 7);
    }
    CHECK_EQ(Status(child), 0);
  }
  CHECK(started.load() > 0);
}

void* IdleOnce(void*) {
  MakeIdle();
  return nullptr;
}

// Threads that come and go, each leaving idle memory.
void Churn() {
  constexpr int kThreads = 6;
  pthread_t threads[kThreads];
  for (long round = 0; round < Times(60); round++) {
    for (pthread_t& thread : threads) thread = Thread(IdleOnce);
    for (pthread_t thread : threads) REQUIRE(pthread_join(thread, nullptr) == 0);
  }
  CHECK(started.load() > 0);
  CHECK(AllEnded());
}

void* ExitLater(void*) {
  Sleep(300);
  exit(0);
}

// What a child of Exit does at its end, while its helper is at any point of its work.
[[noreturn]] void End(unsigned how) {
  atexit([] { MakeIdle(); });
  MakeIdle();
  Sleep(long(how * 37 % 3000));
  switch (how % 5) {
    case 0:
      exit(0);
    case 1:
      _exit(0);
    case 2:
      at_quick_exit([] { MakeIdle(); });
      quick_exit(0);
    case 3:
      Thread(ExitLater);
      IdleForEver(nullptr);
      _exit(6);
    default:
      Thread(ExitLater);
      pthread_exit(nullptr);
  }
}

void Exit() {
  for (unsigned how = 0; how < unsigned(Times(200)); how++) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      End(how);
    }
    CHECK_EQ(Status(child), 0);
  }
}

// Libraries that are loaded and unloaded, in one thread while the other's memory goes back.
void Unload() {
  Thread(IdleForEver);
  for (long i = 0; i < Times(300); i++) {
    void* library = dlopen("libresolv.so.2", RTLD_NOW);
    REQUIRE(library != nullptr);
    void* other = dlmopen(LM_ID_NEWLM, "libanl.so.1", RTLD_NOW);
    if (other) CHECK_EQ(dlclose(other), 0);
    CHECK_EQ(dlclose(library), 0);
    if (i % 10 == 0) MakeIdle();
  }
  CHECK(started.load() > 0);
}

// A filter of system calls under which no thread can be made.
sock_fprog Filter(unsigned action) {
  static sock_filter code[6];
  const sock_filter lines[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  memcpy(code, lines, sizeof lines);
  return {static_cast<unsigned short>(std::size(lines)), code};
}

// Without a helper the program's own slow operations give back.
void GoesBackInline(size_t before) {
  const long count = started.load();
  MakeIdle();
  MakeIdle();
  for (const uint64_t end = Now() + 10000; Resident() > before + (size_t{8} << 20); Sleep(1000)) {
    if (Now() > end) break;
    MakeIdle(size_t{1} << 20);
  }
  CHECK(Resident() <= before + (size_t{8} << 20));
  CHECK_EQ(started.load(), count);
}

// The program asks for the filter the usual way: no thread is tried any more, so that even one that
// kills does not.
void FilterKills() {
  const size_t before = Resident();
  MakeIdle();
  CHECK(AllEnded());
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  const sock_fprog filter = Filter(SECCOMP_RET_KILL_PROCESS);
  REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
  GoesBackInline(before);
}

// It asks behind the library's back: the attempt fails.
void FilterRefuses() {
  const size_t before = Resident();
  REQUIRE(syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  const sock_fprog filter = Filter(SECCOMP_RET_ERRNO | EPERM);
  REQUIRE(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0);
  GoesBackInline(before);
}

// As a user who may have no more processes.
void NoMoreProcesses() {
  constexpr rlimit kOne = {1, 1};
  REQUIRE(setrlimit(RLIMIT_NPROC, &kOne) == 0);
  if (getuid() == 0)
    REQUIRE(setresgid(54321, 54321, 54321) == 0 && setresuid(54321, 54321, 54321) == 0);
  pthread_t thread;
  ours = true;
  if (pthread_create(&thread, nullptr, IdleOnce, nullptr) == 0) {
    check::Say("SKIP: the limit of processes does not bind here");
    return;
  }
  ours = false;
  GoesBackInline(Resident());
}

// The kernel refuses these to a process with a second thread.
void Alone() {
  for (long i = 0; i < 50; i++) {
    const pid_t child = fork();
    if (child == 0) {
      for (const uint64_t end = Now() + 2000; started.load() == 0 && Now() < end;) MakeIdle();
      Sleep(i * 40);
      if (started.load() == 0) _exit(5);
      if (unshare(CLONE_SIGHAND | CLONE_VM) != 0) _exit(errno);
      _exit(ended.load() == started.load() ? 0 : 4);
    }
    CHECK_EQ(Status(child), 0);
  }
}

constexpr struct {
  const char* name;
  void (*run)();
} kCases[] = {
    {"starts", Starts},
    {"fork_storm", ForkStorm},
    {"churn", Churn},
    {"exit", Exit},
    {"unload", Unload},
    {"filter_kills", FilterKills},
    {"filter_refuses", FilterRefuses},
    {"no_more_processes", NoMoreProcesses},
    {"alone", Alone},
};

}  // namespace

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  stress::Watchdog(50);
  for (const auto& one : kCases) {
    if (strcmp(argv[1], one.name) != 0) continue;
    one.run();
    check::Say("%s: %ld helpers started, %ld ended", one.name, started.load(), ended.load());
    _exit(check::Result());
  }
  REQUIRE(false);
}
