// SPDX-License-Identifier: BSD-2-Clause
//
// beside_libc CASE
// Threads allocate while libc holds a lock of its own for them, and another thread forks. Whatever
// the order in which the locks are taken, nobody waits for ever, and in the child malloc and stdio
// work.
#include <dlfcn.h>
#include <iconv.h>
#include <link.h>
#include <locale.h>
#include <pthread.h>
#include <pwd.h>
#include <resolv.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>

#include <atomic>
#include <iterator>

#include "tests/stress/disturb.h"

namespace {

constexpr unsigned kMostRegistered = 5000;  // atexit and atfork have no end
std::atomic<bool> stop{false};
FILE* shared;

int Child() {
  alarm(10);
  for (size_t size = 100; size < 2000000; size *= 2) free(malloc(size));
  FILE* file = fopen("/dev/null", "w");
  if (!file || fputs("text", file) < 0 || fflush(nullptr) != 0 || fclose(file) != 0) return 1;
  return 0;
}

void Fork(unsigned) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(Child());
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK_EQ(status, 0);
}

void Spawn(unsigned) {
  char name[] = "true";
  char* arguments[] = {name, nullptr};
  pid_t child = -1;
  int status = -1;
  CHECK_EQ(posix_spawn(&child, "/bin/true", nullptr, nullptr, arguments, environ), 0);
  CHECK_EQ(waitpid(child, &status, 0), child);
  CHECK_EQ(status, 0);
}

[[gnu::noinline]] void Vfork(unsigned) {
  const pid_t child = vfork();  // NOLINT(bugprone-unsafe-functions): the call under test
  if (child == 0) {
    free(malloc(20000));
    _exit(0);
  }
  int status = -1;
  CHECK_EQ(waitpid(child, &status, 0), child);
  CHECK_EQ(status, 0);
}

void ReadLines(unsigned) {
  REQUIRE(fseek(shared, 0, SEEK_SET) == 0);
  char* line = nullptr;
  size_t size = 0;
  while (getline(&line, &size, shared) > 0) {
    free(line);
    line = nullptr;
    size = 0;
  }
  free(line);
}

void FlushAll(unsigned) {
  fflush(nullptr);
  usleep(10);  // its lock is not a fair one
}

void OpenStreams(unsigned) {
  FILE* files[8];
  for (FILE*& file : files) REQUIRE((file = fopen("/dev/null", "w")) != nullptr);
  for (FILE* file : files) {
    setvbuf(file, nullptr, _IOFBF, 100000);
    fputs("text", file);
    fclose(file);
  }
}

// Both grow a buffer, of the stream's own and for one conversion, while they hold the stream.
void Print(unsigned) {
  char* text = nullptr;
  size_t size;
  FILE* file = open_memstream(&text, &size);
  REQUIRE(file != nullptr);
  for (int width = 1; width < 100000; width *= 2) fprintf(file, "%*d", width, 1);
  fclose(file);
  free(text);
}

void Popen(unsigned) {
  FILE* pipe = popen(":", "r");
  REQUIRE(pipe != nullptr);
  pclose(pipe);
}

int Visit(dl_phdr_info*, size_t, void*) {
  free(malloc(20000));
  return 0;
}

void Load(unsigned) {
  void* library = dlopen("libresolv.so.2", RTLD_NOW);
  REQUIRE(library != nullptr);
  dl_iterate_phdr(Visit, nullptr);
  dlclose(library);
}

void AtExit(unsigned turn) {
  if (turn >= kMostRegistered) return;
  REQUIRE(atexit([] {}) == 0);
  REQUIRE(on_exit([](int, void*) {}, nullptr) == 0);
}

void AtFork(unsigned turn) {
  if (turn < kMostRegistered) REQUIRE(pthread_atfork(nullptr, nullptr, nullptr) == 0);
}

void Environment(unsigned turn) {
  char name[32], value[4000];
  snprintf(name, sizeof name, "NAME_%u", turn % 300);
  memset(value, 'x', sizeof value - 1);
  value[500 + turn % 3000] = 0;
  setenv(name, value, 1);
  if (turn % 3 == 0) unsetenv(name);
}

void Locale(unsigned turn) {
  locale_t locale = newlocale(LC_ALL_MASK, turn % 2 ? "C.UTF-8" : "C", nullptr);
  if (locale) freelocale(locale);
  setlocale(LC_ALL, turn % 2 ? "C.UTF-8" : "C");
}

void Convert(unsigned) {
  iconv_t conversion = iconv_open("UTF-16", "LATIN1");
  if (conversion != iconv_t(-1)) iconv_close(conversion);
}

void TimeZone(unsigned turn) {
  constexpr const char* kZones[] = {"XYZ-3", "Europe/Paris", "ABC+4DEF,M3.2.0,M11.1.0", "UTC"};
  setenv("TZ", kZones[turn % 4], 1);
  tzset();
}

void Log(unsigned turn) { syslog(LOG_DEBUG, "%*u", 500, turn); }

void* Nothing(void*) { return malloc(100); }

void Threads(unsigned) {
  pthread_t thread;
  void* block;
  REQUIRE(pthread_create(&thread, nullptr, Nothing, nullptr) == 0);
  REQUIRE(pthread_join(thread, &block) == 0);
  free(block);
}

void Users(unsigned) { getpwuid(0); }

void Resolver(unsigned) { res_init(); }

// Blocks of sizes that take the slow path.
void Churn(unsigned) {
  void* blocks[200];
  for (size_t i = 0; i < 200; i++) blocks[i] = malloc(30000 + i * 1000);
  for (void* block : blocks) free(block);
}

// A lock of the program's own, held around malloc, that its handlers of fork take. They were
// registered before the library's constructor ran.
pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
void Hold(unsigned turn) {
  pthread_mutex_lock(&own);
  Churn(turn);
  pthread_mutex_unlock(&own);
  usleep(10);  // not a fair lock
}
void RegisterFirst() {
  pthread_atfork([] { pthread_mutex_lock(&own); }, [] { pthread_mutex_unlock(&own); },
                 [] { pthread_mutex_unlock(&own); });
}
[[gnu::section(".preinit_array"), gnu::used]] void (*const first)() = RegisterFirst;

// Handlers that fork themselves.
void Nest() {
  static thread_local bool inside = false;
  if (inside) return;
  inside = true;
  Fork(0);
  inside = false;
}
void RegisterNested() { pthread_atfork(Nest, Nest, Nest); }

using Body = void (*)(unsigned turn);
constexpr struct {
  const char* name;
  Body bodies[2];  // a thread for each
  int forks = 100;
  void (*before)() = nullptr;
} kCases[] = {
    {"streams", {ReadLines, FlushAll}, 50},
    {"print", {Print, FlushAll}},
    {"forks", {Fork, FlushAll}},
    {"nested", {ReadLines, FlushAll}, 15, RegisterNested},
    {"spawn", {Spawn, FlushAll}},
    {"vfork", {Vfork, FlushAll}, 50},
    {"open_streams", {OpenStreams, FlushAll}},
    {"popen", {Popen, Popen}},
    {"loader", {Load, Load}},
    {"atexit", {AtExit, AtExit}},
    {"atfork", {AtFork, AtFork}},
    {"environment", {Environment, Environment}},
    {"locale", {Locale, Locale}},
    {"iconv", {Convert, Convert}},
    {"time_zone", {TimeZone, TimeZone}},
    {"syslog", {Log, Log}},
    {"threads", {Threads, Threads}},
    {"users", {Users, Users}},
    {"resolver", {Resolver, Resolver}},
    {"handlers", {Hold, Hold}},
};

void* Run(void* body) {
  for (unsigned turn = 0; !stop.load(std::memory_order_relaxed); turn++)
    reinterpret_cast<Body>(body)(turn);
  return nullptr;
}

void MakeLines() {
  shared = tmpfile();
  REQUIRE(shared != nullptr);
  for (int i = 1; i <= 20; i++) {
    for (int j = 0; j < 10000 * i; j++) putc('x', shared);
    putc('\n', shared);
  }
}

}  // namespace

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  stress::Watchdog(60);
  MakeLines();
  const auto* chosen = kCases;
  while (chosen != std::end(kCases) && strcmp(chosen->name, argv[1]) != 0) chosen++;
  REQUIRE(chosen != std::end(kCases));
  if (chosen->before) chosen->before();
  pthread_t threads[3];
  const Body bodies[] = {chosen->bodies[0], chosen->bodies[1], Churn};
  for (int i = 0; i < 3; i++)
    REQUIRE(pthread_create(&threads[i], nullptr, Run, reinterpret_cast<void*>(bodies[i])) == 0);
  for (int i = 0; i < chosen->forks; i++) Fork(0);
  stop.store(true);
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
  return check::Result();
}
