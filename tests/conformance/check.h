// SPDX-License-Identifier: BSD-2-Clause
//
// Checks for programs that test the allocator they run on: nothing here allocates.
#ifndef UMA_TESTS_CONFORMANCE_CHECK_H_
#define UMA_TESTS_CONFORMANCE_CHECK_H_

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atomic>
#include <type_traits>

namespace check {

inline std::atomic<int> failures{0};

[[gnu::format(printf, 1, 2)]] inline void Say(const char* format, ...) {
  char line[512];
  va_list values;
  va_start(values, format);
  int length = vsnprintf(line, sizeof line - 1, format, values);
  va_end(values);
  if (length > static_cast<int>(sizeof line) - 2) length = sizeof line - 2;
  line[length++] = '\n';
  if (write(STDERR_FILENO, line, length) != length) _exit(3);
}

// Many failures usually have one cause: the first ones tell it.
inline void Fail(const char* file, int line, const char* what) {
  if (failures.fetch_add(1) < 20) Say("%s:%d: failed: %s", file, line, what);
}

inline void FailEqual(const char* file, int line, const char* what, long long have,
                      long long want) {
  if (failures.fetch_add(1) < 20)
    Say("%s:%d: failed: %s: %lld, not %lld", file, line, what, have, want);
}

template <typename T>
long long Number(T value) {
  if constexpr (std::is_pointer_v<T>) {
    return static_cast<long long>(reinterpret_cast<unsigned long>(value));
  } else {
    return static_cast<long long>(value);
  }
}

// Hides a value from the compiler, so that it neither folds nor warns.
template <typename T>
T Opaque(T value) {
  asm volatile("" : "+r"(value) : : "memory");
  return value;
}

inline bool Mapped(const char* library) {
  static char text[1 << 16];
  int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  size_t kept = 0;
  ssize_t got;
  bool found = false;
  while (!found && (got = read(fd, text + kept, sizeof text - 1 - kept)) > 0) {
    size_t end = kept + static_cast<size_t>(got);
    text[end] = '\0';
    found = strstr(text, library) != nullptr;
    kept = end < 4096 ? end : 4096;
    memmove(text, text + end - kept, kept);
  }
  close(fd);
  return found;
}

// Whether the library under test serves this process: some promises are wider than glibc's.
inline bool WithLibrary() {
  static const bool with = getenv("UMA_TEST_LIBRARY") != nullptr;
  return with;
}

inline bool LongRun() {
  const char* value = getenv("UMA_LONG");
  return value != nullptr && strcmp(value, "1") == 0;
}

// Runs before main, so that no test can pass on the wrong allocator.
struct Proof {
  Proof() {
    const char* library = getenv("UMA_TEST_LIBRARY");
    if (library == nullptr) return;
    const char* slash = strrchr(library, '/');
    if (Mapped(slash == nullptr ? library : slash + 1)) return;
    Say("the library %s is not mapped", library);
    _exit(2);
  }
};
inline Proof proof;

// What main returns.
inline int Result() {
  int count = failures.load();
  if (count != 0) Say("%d checks failed", count);
  return count == 0 ? 0 : 1;
}

}  // namespace check

#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : check::Fail(__FILE__, __LINE__, #condition))

#define CHECK_EQ(have, want)                                                            \
  do {                                                                                  \
    const long long check_have = check::Number(have);                                   \
    const long long check_want = check::Number(want);                                   \
    if (check_have != check_want)                                                       \
      check::FailEqual(__FILE__, __LINE__, #have " == " #want, check_have, check_want); \
  } while (0)

// For programs where going on after a failure makes no sense.
#define REQUIRE(condition)                         \
  do {                                             \
    if (!(condition)) {                            \
      check::Fail(__FILE__, __LINE__, #condition); \
      _exit(1);                                    \
    }                                              \
  } while (0)

#endif  // UMA_TESTS_CONFORMANCE_CHECK_H_
