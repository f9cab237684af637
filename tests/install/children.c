/* SPDX-License-Identifier: BSD-2-Clause */
/* Children of a program with threads: of fork beside stdio, and of clone with our memory. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kForks = 30, kClones = 50, kLines = 10, kBlocks = 200, kStack = 1 << 18 };

static atomic_int stop;
static FILE* lines;

static void check(int good, const char* what) {
  if (good) return;
  fprintf(stderr, "failed: %s\n", what);
  _exit(1);
}

static void use_blocks(unsigned seed) {
  char* blocks[kBlocks];
  for (unsigned round = 0; round < 4; round++) {
    for (unsigned i = 0; i < kBlocks; i++) {
      const size_t size = 16 + (i * 7919u + seed * 104729u) % 3000;
      check((blocks[i] = malloc(size)) != NULL, "malloc");
      memset(blocks[i], (int)(i + seed), size);
    }
    for (unsigned i = 0; i < kBlocks; i++) {
      check(blocks[i][15] == (char)(i + seed), "a block was overwritten");
      free(blocks[i]);
    }
  }
}

static void* read_lines(void* unused) {
  while (!stop) {
    check(fseek(lines, 0, SEEK_SET) == 0, "fseek");
    for (;;) {
      char* line = NULL;
      size_t size = 0;
      const ssize_t length = getline(&line, &size, lines);
      free(line);
      if (length <= 0) break;
    }
  }
  return unused;
}

static void* flush(void* unused) {
  while (!stop) {
    fflush(NULL);
    usleep(10);
  }
  return unused;
}

static void* churn(void* unused) {
  while (!stop) use_blocks(1);
  return unused;
}

static int child(void* seed) {
  use_blocks((unsigned)(uintptr_t)seed);
  return 7;
}

static void await(pid_t id) {
  int status = -1;
  check(id > 0 && waitpid(id, &status, __WALL) == id && status == 7 << 8, "a child");
}

int main(void) {
  alarm(60);
  lines = tmpfile();
  check(lines != NULL, "tmpfile");
  for (int i = 1; i <= kLines; i++) {
    for (int j = 0; j < 10000 * i; j++) putc('x', lines);
    putc('\n', lines);
  }
  pthread_t threads[3];
  void* (*const bodies[])(void*) = {read_lines, flush, churn};
  for (int i = 0; i < 3; i++)
    check(pthread_create(&threads[i], NULL, bodies[i], NULL) == 0, "pthread_create");
  for (int i = 0; i < kForks; i++) {
    const pid_t id = fork();
    if (id == 0) _exit(fflush(NULL) == 0 ? child(NULL) : 1);
    await(id);
  }
  char* stack = malloc(kStack);
  check(stack != NULL, "malloc");
  const int flags[] = {CLONE_VM | CLONE_VFORK | SIGCHLD, CLONE_VM | SIGCHLD, SIGCHLD};
  for (uintptr_t i = 0; i < kClones; i++)
    for (int j = 0; j < 3; j++) await(clone(child, stack + kStack, flags[j], (void*)i));
  free(stack);
  stop = 1;
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  return 0;
}
