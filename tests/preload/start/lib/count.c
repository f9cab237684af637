/* SPDX-License-Identifier: BSD-2-Clause */
/* A preload library that counts the calls and passes them on through dlsym(RTLD_NEXT). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

static long calls;
static char bootstrap[4096];
static size_t bootstrap_used;

static void* (*next_malloc)(size_t);
static void* (*next_calloc)(size_t, size_t);
static void* (*next_realloc)(void*, size_t);
static void (*next_free)(void*);

static int from_bootstrap(const void* p) {
  return (uintptr_t)p - (uintptr_t)bootstrap < sizeof bootstrap;
}

/* What dlsym itself allocates while the first symbol is being looked up. */
static void* early(size_t size) {
  size = (size + 15) & ~(size_t)15;
  if (size > sizeof bootstrap - bootstrap_used) return NULL;
  void* p = bootstrap + bootstrap_used;
  bootstrap_used += size;
  return p;
}

static void resolve(void) {
  static int resolving;
  if (next_free != NULL || resolving) return;
  resolving = 1;
  next_malloc = (void* (*)(size_t))dlsym(RTLD_NEXT, "malloc");
  next_calloc = (void* (*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
  next_realloc = (void* (*)(void*, size_t))dlsym(RTLD_NEXT, "realloc");
  next_free = (void (*)(void*))dlsym(RTLD_NEXT, "free");
  resolving = 0;
}

long count_calls(void) { return __atomic_load_n(&calls, __ATOMIC_RELAXED); }

void* malloc(size_t size) {
  __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
  resolve();
  return next_malloc ? next_malloc(size) : early(size);
}

void* calloc(size_t count, size_t size) {
  __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
  resolve();
  return next_calloc ? next_calloc(count, size) : early(count * size);
}

void* realloc(void* p, size_t size) {
  __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
  resolve();
  return next_realloc ? next_realloc(p, size) : NULL;
}

void free(void* p) {
  __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
  resolve();
  if (p != NULL && !from_bootstrap(p) && next_free) next_free(p);
}
