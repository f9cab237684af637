// SPDX-License-Identifier: BSD-2-Clause
// Programs run by a test: started, talked to through pipes, never left behind.
#ifndef TESTS_TOOLS_UMASTAT_CHILD_H_
#define TESTS_TOOLS_UMASTAT_CHILD_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace umastat_test {

struct Spawn {
  std::vector<std::string> command;
  std::string preload = {};  // LD_PRELOAD of the child
  bool as_nobody = false;    // give up root before the program starts
  bool out_to_full = false;  // standard output is a full disk
};

// A process with its three standard streams as pipes.
class Child {
 public:
  explicit Child(const Spawn& spawn);
  ~Child();  // kills it if it still runs
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void Send(char byte);
  std::string ReadLine();  // from its standard output, without the newline
  std::string ReadOut();   // the rest of it
  std::string ReadErr();
  void Kill(int signal) const;
  int Wait();  // its exit status, or 128 + the signal that ended it

 private:
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
};

struct Result {
  int status;
  std::string out;
  std::string err;
};

Result RunToEnd(const Spawn& spawn);

}  // namespace umastat_test

#endif  // TESTS_TOOLS_UMASTAT_CHILD_H_
