// SPDX-License-Identifier: BSD-2-Clause
// Takes a step for each line of its input and says what it knows of its own memory after each:
// "STEP DATA MALLINFO", the bytes of its data mappings as the kernel counts them and as mallinfo2
// does, with the table of zones on stderr. Ends with its input.
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/uma/support.h"

namespace {

// The kernel's count of private writable memory, read without a call of malloc.
size_t DataBytes() {
  static char text[4096];
  const int fd = open("/proc/self/status", O_RDONLY);
  const ssize_t length = read(fd, text, sizeof(text) - 1);
  close(fd);
  text[length > 0 ? length : 0] = '\0';
  const char* line = strstr(text, "VmData:");
  return line == nullptr ? 0 : strtoul(line + 7, nullptr, 10) * 1024;
}

void* keep[64];
int kept = 0;

void Keep(void* block) { keep[kept++] = block; }

void Step(char step) {
  switch (step) {
    case 'l':  // a mapping of its own
      Keep(malloc(size_t{200} << 20));
      break;
    case 'r':  // blocks whose alignment no class has: runs of the arena
      for (int i = 0; i < 8; i++) Keep(aligned_alloc(size_t{1} << 20, 700000));
      break;
    case 's':  // many small blocks, and free ones between
      for (int i = 0; i < 200000; i++) {
        void* volatile block = malloc(1000);
        if (i % 2 == 0) free(block);
      }
      break;
    case 'c':  // freed mappings that are kept, because their size is asked for again
      for (int i = 0; i < 4; i++) {
        void* volatile block = malloc(size_t{12} << 20);
        free(block);
      }
      break;
    case 'f':
      while (kept > 0) free(keep[--kept]);
      break;
    default:
      break;
  }
}

}  // namespace

int main() {
  static char out[4096];
  setvbuf(stdout, out, _IOFBF, sizeof(out));
  if (uma_test::PlainZone("mapped", 100) == nullptr) return 1;
  for (char step; read(0, &step, 1) == 1;) {
    Step(step);
    const struct mallinfo2 info = mallinfo2();
    uma_print_stats();
    printf("%c %zu %zu\n", step, DataBytes(), info.arena + info.hblkhd);
    fflush(stdout);
  }
  return 0;
}
