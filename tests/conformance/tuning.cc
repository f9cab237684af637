// SPDX-License-Identifier: BSD-2-Clause
//
// mallopt, malloc_trim, mallinfo, mallinfo2, malloc_info, malloc_stats.
#include <malloc.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <initializer_list>

#include "tests/conformance/sizes.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace {

using check::Opaque;

void Options() {
  const int known[][2] = {
      {M_MXFAST, 64},     {M_TRIM_THRESHOLD, 1 << 20}, {M_TOP_PAD, 4096},
      {M_MMAP_MAX, 1000}, {M_MMAP_THRESHOLD, 1 << 19}, {M_CHECK_ACTION, 3},
      {M_PERTURB, 0},     {M_ARENA_TEST, 2},           {M_ARENA_MAX, 4},
  };
  for (const auto& option : known) CHECK_EQ(mallopt(option[0], option[1]), 1);
  // glibc answers 1 to everything.
  if (check::WithLibrary()) {
    CHECK_EQ(mallopt(Opaque(12345), 1), 0);
    CHECK_EQ(mallopt(Opaque(-12345), 1), 0);
  }
}

void Trim() {
  void* block = malloc(8 << 20);
  memset(block, 1, 8 << 20);
  free(block);
  errno = 5;
  for (size_t pad : {0, 1, 4096, 1 << 30}) {
    const int result = malloc_trim(pad);
    CHECK(result == 0 || result == 1);
  }
  CHECK(malloc_trim(SIZE_MAX) == 0 || malloc_trim(SIZE_MAX) == 1);
}

constexpr size_t kLarge = 100 << 20;

size_t InUse() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void Info() {
  constexpr size_t kSmall = 1000;
  constexpr size_t kCount = 10000;
  const size_t start = InUse();
  void* large = malloc(kLarge);
  CHECK(mallinfo2().hblkhd >= kLarge);
  CHECK(mallinfo().hblkhd >= static_cast<int>(kLarge));
  CHECK(InUse() >= start + kLarge);
  CHECK(InUse() < start + kLarge + (16 << 20));
  free(large);
  CHECK(InUse() < start + (16 << 20));

  static void* blocks[kCount];
  const size_t before = mallinfo2().uordblks;
  for (void*& block : blocks) block = malloc(kSmall);
  const size_t after = mallinfo2().uordblks;
  CHECK(after >= before + kCount * kSmall);
  CHECK(after < before + kCount * kSmall * 2);
  for (void* block : blocks) free(block);
  CHECK(mallinfo2().uordblks < before + kCount * kSmall / 2);
}

void Xml() {
  char* text = nullptr;
  size_t length = 0;
  FILE* stream = open_memstream(&text, &length);
  CHECK_EQ(malloc_info(0, stream), 0);
  fclose(stream);
  CHECK(length > 20);
  CHECK(text != nullptr && strncmp(text, "<malloc", 7) == 0);
  const char* end = "</malloc>\n";
  CHECK(length > strlen(end) && strcmp(text + length - strlen(end), end) == 0);
  int open_tags = 0;
  for (const char* c = text; *c != '\0'; c++) {
    if (c[0] == '<') open_tags += c[1] == '/' ? -1 : 1;
    if (c[0] == '/' && c[1] == '>') open_tags--;
  }
  CHECK_EQ(open_tags, 0);
  free(text);

  stream = open_memstream(&text, &length);
  CHECK_EQ(malloc_info(1, stream), EINVAL);
  fclose(stream);
  CHECK_EQ(length, 0);
  free(text);
}

// In a child with both streams in files: all of it goes to standard error.
void Stats() {
  char out[] = "/tmp/stats_out_XXXXXX";
  char err[] = "/tmp/stats_err_XXXXXX";
  const int out_fd = mkstemp(out);
  const int err_fd = mkstemp(err);
  REQUIRE(out_fd >= 0 && err_fd >= 0);
  fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    dup2(out_fd, STDOUT_FILENO);
    dup2(err_fd, STDERR_FILENO);
    malloc_stats();
    fflush(nullptr);
    _exit(0);
  }
  int status = -1;
  CHECK_EQ(waitpid(child, &status, 0), child);
  CHECK_EQ(status, 0);
  // The last lines are glibc's, which tools look for: the most mappings there ever were.
  static char text[1 << 16];
  const ssize_t length = pread(err_fd, text, sizeof text - 1, 0);
  REQUIRE(length > 0);
  text[length] = '\0';
  const char* most = strstr(text, "max mmap regions = ");
  unsigned regions = 0;
  size_t bytes = 0;
  int end = 0;
  CHECK(most != nullptr && sscanf(most, "max mmap regions = %10u\nmax mmap bytes   = %10zu\n%n",
                                  &regions, &bytes, &end) == 2);
  CHECK(most != nullptr && most + end == text + length);
  CHECK(regions >= 1);
  CHECK(bytes >= kLarge && bytes < kLarge + (16 << 20));
  struct stat out_stat;
  struct stat err_stat;
  fstat(out_fd, &out_stat);
  fstat(err_fd, &err_stat);
  CHECK_EQ(out_stat.st_size, 0);
  CHECK(err_stat.st_size > 20);
  close(out_fd);
  close(err_fd);
  unlink(out);
  unlink(err);
}

}  // namespace

int main() {
  Info();
  Options();
  Trim();
  Xml();
  Stats();
  return check::Result();
}
