// SPDX-License-Identifier: BSD-2-Clause
// Text on stderr without allocation: formatted into a buffer on the stack, one write(2) a line.
#ifndef UMA_BASE_LOG_H_
#define UMA_BASE_LOG_H_

#include <stddef.h>
#include <stdint.h>

namespace uma {

// A line under construction. What does not fit is cut.
class Line {
 public:
  Line& text(const char* s);
  Line& padded(const char* s, int width);   // left-justified
  Line& number(uint64_t n, int width = 0);  // right-justified decimal
  // Right-justified bytes; `human`: about, in the largest of K, M, G, T that leaves a number
  // above 1.
  Line& bytes(uint64_t n, int width, bool human);
  Line& hex(uintptr_t n);       // 0x...
  Line& pad_to(size_t column);  // spaces up to a column
  size_t length() const { return length_; }
  const char* c_str() {
    buffer_[length_] = 0;
    return buffer_;
  }
  void write_stderr();  // appends the newline

 private:
  void put(char c);
  char buffer_[512];
  size_t length_ = 0;
};

}  // namespace uma

#endif  // UMA_BASE_LOG_H_
