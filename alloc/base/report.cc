// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/base/report.h"

#include <stdlib.h>

#include "alloc/base/log.h"

namespace uma::report {
namespace {

[[noreturn]] void die(Line& line) {
  line.write_stderr();
  abort();
}

Line& start(Line& line, const char* what, const char* function, uintptr_t p) {
  return line.text("uma: ").text(what).text(": ").text(function).text("(").hex(p).text(")");
}

}  // namespace

void foreign_pointer(const char* function, uintptr_t p) {
  Line line;
  die(start(line, "invalid pointer", function, p)
          .text(": not allocated here (UMA_OPTIONS=foreign:ignore goes on)"));
}

void interior_pointer(const char* function, uintptr_t p, const char* zone, uintptr_t base) {
  Line line;
  die(start(line, "interior pointer", function, p)
          .text(": inside the block at ")
          .hex(base)
          .text(" of zone ")
          .text(zone));
}

void double_free(const char* function, uintptr_t p, const char* zone) {
  Line line;
  die(start(line, "double free", function, p).text(": already free in zone ").text(zone));
}

void uma_item(const char* function, uintptr_t p, const char* zone) {
  Line line;
  die(start(line, "item of a UMA zone", function, p)
          .text(": belongs to zone ")
          .text(zone)
          .text(", free it with uma_zfree"));
}

void wrong_zone(const char* function, uintptr_t p, const char* zone) {
  Line line;
  die(start(line, "wrong zone", function, p).text(": not an item of zone ").text(zone));
}

void modified_after_free(uintptr_t item, const char* zone, size_t offset, uint32_t found) {
  Line line;
  die(line.text("uma: modified after free: the item at ")
          .hex(item)
          .text(" of zone ")
          .text(zone)
          .text(" has ")
          .hex(found)
          .text(" at byte ")
          .number(offset));
}

void no_bad_alloc() {
  Line line;
  die(line.text("uma: operator new: out of memory, and no C++ runtime to throw bad_alloc"));
}

void lock_order(uintptr_t lock) {
  Line line;
  die(line.text("uma: locks taken out of order: ").hex(lock));
}

void assertion(const char* condition, const char* file, int line) {
  Line text;
  die(text.text("uma: ")
          .text(file)
          .text(":")
          .number(uint64_t(line))
          .text(": not so: ")
          .text(condition));
}

}  // namespace uma::report
