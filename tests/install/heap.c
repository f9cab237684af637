/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that wants its malloc to be this tree's: threads, fork, vfork, all ways to allocate. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kThreads = 4, kBlocks = 500, kRounds = 20 };

static void check(int good, const char* what) {
  if (good) return;
  fprintf(stderr, "failed: %s\n", what);
  exit(1);
}

static void is_ours(void) {
  char* text = NULL;
  size_t size;
  FILE* out = open_memstream(&text, &size);
  check(out && malloc_info(0, out) == 0 && fclose(out) == 0, "malloc_info");
  check(strstr(text, "\"uma-1\"") != NULL, "malloc is not this tree's");
  free(text);
}

static void* work(void* seed) {
  char* blocks[kBlocks];
  for (int round = 0; round < kRounds; round++) {
    for (size_t i = 0; i < kBlocks; i++) {
      const size_t size = 1 + (i * 7919 + (uintptr_t)seed * 104729) % 40000;
      blocks[i] = i % 3 == 0 ? calloc(1, size) : malloc(size);
      check(blocks[i] && malloc_usable_size(blocks[i]) >= size, "malloc");
      check(i % 3 != 0 || blocks[i][size - 1] == 0, "calloc");
      blocks[i][0] = blocks[i][size - 1] = (char)i;
    }
    for (size_t i = 0; i < kBlocks; i++) {
      check(blocks[i][0] == (char)i, "the content of a block");
      if (i % 2) blocks[i] = realloc(blocks[i], 100000);
      check(blocks[i] && blocks[i][0] == (char)i, "realloc");
      free(blocks[i]);
    }
  }
  return NULL;
}

static void threads(void) {
  pthread_t thread[kThreads];
  for (uintptr_t i = 0; i < kThreads; i++)
    check(pthread_create(&thread[i], NULL, work, (void*)i) == 0, "pthread_create");
  for (int i = 0; i < kThreads; i++) pthread_join(thread[i], NULL);
}

static void await(pid_t child, const char* what) {
  int status;
  check(child > 0 && waitpid(child, &status, 0) == child && status == 0, what);
}

static void children(const char* program) {
  pid_t child = fork();
  if (child == 0) {
    work(NULL);
    _exit(0);
  }
  await(child, "fork");
  child = vfork(); /* NOLINT(bugprone-unsafe-functions): it is what is tried */
  if (child == 0) {
    execl(program, program, "child", (char*)NULL);
    _exit(1);
  }
  await(child, "vfork");
}

int main(int count, char** words) {
  is_ours();
  if (count > 1) return strcmp(words[1], "child") != 0;
  void* aligned = aligned_alloc(4096, 100);
  check(aligned && (uintptr_t)aligned % 4096 == 0, "aligned_alloc");
  free(aligned);
  char* large = malloc((size_t)8 << 20);
  check(large != NULL, "a large block");
  free(large);
  volatile size_t impossible = SIZE_MAX;
  errno = 0;
  check(malloc(impossible) == NULL && errno == ENOMEM, "a block of all memory");
  threads();
  children("/proc/self/exe");
  return 0;
}
