// SPDX-License-Identifier: BSD-2-Clause
//
// launch RESULT INTERVAL_MS LIBRARY PROGRAM ARGS...
//
// Runs PROGRAM with LIBRARY preloaded ("" for none) and writes its times, peak RSS and, every
// INTERVAL_MS (0: never), its RSS as JSON to the file RESULT. It is linked statically and stays
// tiny because the kernel counts the memory of the process before exec in the child's peak RSS.
// SIGTERM and SIGINT are passed on to PROGRAM.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <initializer_list>

namespace {

constexpr int kCannotRun = 127;

double Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double Seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

long ResidentKiB(pid_t pid) {
  char text[64];
  (void)snprintf(text, sizeof text, "/proc/%d/statm", pid);
  const int fd = open(text, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return 0;
  text[length] = '\0';
  const char* space = strchr(text, ' ');
  if (space == nullptr) return 0;
  return strtol(space + 1, nullptr, 10) * (sysconf(_SC_PAGESIZE) / 1024);
}

[[noreturn]] void Run(char** command, const char* library, const sigset_t& mask) {
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  if (*library != '\0') setenv("LD_PRELOAD", library, 1);
  execvp(command[0], command);
  perror(command[0]);
  _exit(kCannotRun);
}

// Waits for the child's end, passing signals on and sampling on the way.
void Watch(pid_t child, const sigset_t& signals, long interval, double start, FILE* out,
           int* status, rusage* usage) {
  const timespec pause = {interval > 0 ? interval / 1000 : 3600, interval % 1000 * 1000000};
  const char* separator = "";
  while (wait4(child, status, WNOHANG, usage) == 0) {
    const int got = sigtimedwait(&signals, nullptr, &pause);
    if (got == SIGTERM || got == SIGINT) kill(child, got);
    const long resident = interval > 0 && got != SIGCHLD ? ResidentKiB(child) : 0;
    if (resident == 0) continue;
    (void)fprintf(out, "%s[%.3f,%ld]", separator, Now() - start, resident);
    separator = ",";
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    (void)fprintf(stderr, "usage: launch RESULT INTERVAL_MS LIBRARY PROGRAM ARGS...\n");
    return 2;
  }
  FILE* out = fopen(argv[1], "we");
  if (out == nullptr) {
    perror(argv[1]);
    return 2;
  }
  sigset_t signals;
  sigset_t before;
  sigemptyset(&signals);
  for (int signal : {SIGCHLD, SIGTERM, SIGINT}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, &before);

  const double start = Now();
  const pid_t child = fork();
  if (child < 0) {
    perror("fork");
    return 2;
  }
  if (child == 0) Run(argv + 4, argv[3], before);

  int status = 0;
  rusage usage = {};
  (void)fprintf(out, "{\"samples\":[");
  Watch(child, signals, strtol(argv[2], nullptr, 10), start, out, &status, &usage);
  (void)fprintf(out,
                "],\"wall\":%.6f,\"user\":%.6f,\"sys\":%.6f,\"maxrss_kib\":%ld,\"status\":%d,"
                "\"signal\":%d}\n",
                Now() - start, Seconds(usage.ru_utime), Seconds(usage.ru_stime), usage.ru_maxrss,
                WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  return fclose(out) == 0 ? 0 : 2;
}
