// SPDX-License-Identifier: BSD-2-Clause
#include "tests/tools/umastat/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace umastat_test {
namespace {

constexpr unsigned kNobody = 65534;
constexpr unsigned kMostSeconds = 20;  // a child that hangs is ended by SIGALRM

struct Pipe {
  int read;
  int write;
};

Pipe MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  return {ends[0], ends[1]};
}

std::string ReadAll(int fd) {
  std::string text;
  std::array<char, 4096> block;
  for (ssize_t got = 0; (got = read(fd, block.data(), block.size())) > 0;) {
    text.append(block.data(), static_cast<size_t>(got));
  }
  return text;
}

// Runs in the child; the program was opened before, since nobody may not search every directory.
[[noreturn]] void Become(const Spawn& spawn, int program) {
  if (!spawn.preload.empty()) setenv("LD_PRELOAD", spawn.preload.c_str(), 1);
  if (spawn.as_nobody && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) _exit(126);
  std::vector<char*> arguments;
  for (const std::string& word : spawn.command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  alarm(kMostSeconds);
  fexecve(program, arguments.data(), environ);
  _exit(127);
}

}  // namespace

Child::Child(const Spawn& spawn) {
  signal(SIGPIPE, SIG_IGN);
  const Pipe in = MakePipe();
  const Pipe out = MakePipe();
  const Pipe err = MakePipe();
  const int full = spawn.out_to_full ? open("/dev/full", O_WRONLY | O_CLOEXEC) : -1;
  const int program = open(spawn.command.front().c_str(), O_RDONLY | O_CLOEXEC);
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    signal(SIGPIPE, SIG_DFL);
    dup2(in.read, STDIN_FILENO);
    dup2(full >= 0 ? full : out.write, STDOUT_FILENO);
    dup2(err.write, STDERR_FILENO);
    Become(spawn, program);
  }
  for (const int fd : {in.read, out.write, err.write, full, program}) {
    if (fd >= 0) close(fd);
  }
  in_ = in.write;
  out_ = out.read;
  err_ = err.read;
}

Child::~Child() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  for (const int fd : {in_, out_, err_}) close(fd);
}

void Child::Send(char byte) {
  if (write(in_, &byte, 1) != 1) throw std::runtime_error("the child does not listen");
}

std::string Child::ReadLine() {
  std::string line;
  for (char c = 0; read(out_, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

std::string Child::ReadOut() { return ReadAll(out_); }

std::string Child::ReadErr() { return ReadAll(err_); }

void Child::Kill(int signal) const { kill(pid_, signal); }

int Child::Wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Result RunToEnd(const Spawn& spawn) {
  Child child(spawn);
  Result result;
  result.out = child.ReadOut();
  result.err = child.ReadErr();
  result.status = child.Wait();
  return result;
}

}  // namespace umastat_test
