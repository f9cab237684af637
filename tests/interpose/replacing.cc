// SPDX-License-Identifier: BSD-2-Clause
//
// A library to preload that replaces functions of libc by ones that allocate at every call, also by
// a dlsym that fails and therefore allocates its message. An allocator that calls one of them with
// a lock held comes to itself again and waits for ever. The clock, as libfaketime's may, stands
// still.
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <time.h>

namespace {

__thread bool inside __attribute__((tls_model("initial-exec")));
long clocks;

// Whatever this calls in turn is not counted again.
void Allocate(size_t size) {
  if (inside) return;
  inside = true;
  if (dlsym(RTLD_NEXT, "no function has this name") != nullptr) abort();
  dlerror();
  void* volatile block = malloc(size);
  free(block);
  inside = false;
}

template <typename Function>
Function* Next(const char* name, Function** kept) {
  Allocate(200);
  if (*kept == nullptr) *kept = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
  return *kept;
}

}  // namespace

extern "C" {

long replaced_clock_calls() { return clocks; }

int clock_gettime(clockid_t, timespec* now) {
  Allocate(100);
  __atomic_fetch_add(&clocks, 1, __ATOMIC_RELAXED);
  *now = {};
  return 0;
}

unsigned long getauxval(unsigned long type) {
  static unsigned long (*next)(unsigned long);
  return Next("getauxval", &next)(type);
}

void* memcpy(void* to, const void* from, size_t size) {
  Allocate(size % 5000);
  for (size_t i = 0; i < size; i++) {
    static_cast<volatile char*>(to)[i] = static_cast<const volatile char*>(from)[i];
  }
  return to;
}

void* memmove(void* to, const void* from, size_t size) {
  if (to <= from) return memcpy(to, from, size);
  Allocate(size % 5000);
  while (size-- > 0)
    static_cast<volatile char*>(to)[size] = static_cast<const volatile char*>(from)[size];
  return to;
}

void* memset(void* to, int byte, size_t size) {
  Allocate(size % 5000);
  for (size_t i = 0; i < size; i++) static_cast<volatile char*>(to)[i] = static_cast<char>(byte);
  return to;
}

size_t strlen(const char* text) {
  Allocate(300);
  size_t length = 0;
  while (static_cast<const volatile char*>(text)[length] != 0) length++;
  return length;
}

int strncmp(const char* a, const char* b, size_t size) {
  Allocate(400);
  for (; size > 0; a++, b++, size--)
    if (*a != *b || *a == 0) return static_cast<unsigned char>(*a) - static_cast<unsigned char>(*b);
  return 0;
}

char* strncpy(char* to, const char* from, size_t size) {
  Allocate(500);
  bool ended = false;
  for (size_t i = 0; i < size; i++) {
    ended = ended || from[i] == 0;
    static_cast<volatile char*>(to)[i] = ended ? '\0' : from[i];
  }
  return to;
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) {
  static int (*next)(pthread_mutex_t*);
  return Next("pthread_mutex_trylock", &next)(mutex);
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) {
  static int (*next)(pthread_mutex_t*);
  return Next("pthread_mutex_unlock", &next)(mutex);
}

int pthread_mutex_init(pthread_mutex_t* mutex, const pthread_mutexattr_t* attributes) {
  static int (*next)(pthread_mutex_t*, const pthread_mutexattr_t*);
  return Next("pthread_mutex_init", &next)(mutex, attributes);
}

int pthread_mutexattr_init(pthread_mutexattr_t* attributes) {
  static int (*next)(pthread_mutexattr_t*);
  return Next("pthread_mutexattr_init", &next)(attributes);
}

}  // extern "C"
