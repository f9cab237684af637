// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/base/log.h"

#include "alloc/base/syscall.h"
#include "alloc/base/util.h"

namespace uma {

void Line::put(char c) {
  if (length_ < sizeof(buffer_) - 2) buffer_[length_++] = c;
}

Line& Line::text(const char* s) {
  while (*s) put(*s++);
  return *this;
}

Line& Line::padded(const char* s, int width) {
  size_t before = length_;
  text(s);
  return pad_to(before + size_t(width));
}

Line& Line::pad_to(size_t column) {
  while (length_ < column && length_ < sizeof(buffer_) - 2) put(' ');
  return *this;
}

Line& Line::number(uint64_t n, int width) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = char('0' + n % 10);
    n /= 10;
  } while (n);
  for (int i = count; i < width; i++) put(' ');
  while (count) put(digits[--count]);
  return *this;
}

Line& Line::bytes(uint64_t n, int width, bool human) {
  if (!human || n < 1024) return number(n, width);
  const char* unit = "KMGTPE";
  while (n >= 1024 * 1024 - 512) {  // what would be rounded to 1024 goes on to the next unit
    n = n / 1024;
    unit++;
  }
  const uint64_t tenths = (n * 10 + 512) / 1024;
  const char name[2] = {*unit, 0};
  if (tenths < 100) return number(tenths / 10, width - 3).text(".").number(tenths % 10).text(name);
  return number((n + 512) / 1024, width - 1).text(name);
}

Line& Line::hex(uintptr_t n) {
  text("0x");
  bool started = false;
  for (int shift = 60; shift >= 0; shift -= 4) {
    unsigned digit = unsigned(n >> shift) & 15;
    if (!digit && !started && shift) continue;
    started = true;
    put("0123456789abcdef"[digit]);
  }
  return *this;
}

void Line::write_stderr() {
  buffer_[length_++] = '\n';
  size_t done = 0;
  while (done < length_) {
    long n = raw_syscall(SYS_write, 2, long(addr(buffer_ + done)), long(length_ - done));
    if (n == -4) continue;  // EINTR
    if (n <= 0) break;
    done += size_t(n);
  }
  length_ = 0;
}

}  // namespace uma
