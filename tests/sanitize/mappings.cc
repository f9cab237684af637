// SPDX-License-Identifier: BSD-2-Clause
// Tells ThreadSanitizer what the kernel orders: addresses that one thread unmapped are mapped again
// by another one later. The allocator makes its system calls itself, so ThreadSanitizer does not
// see them. The linker puts these in the place of alloc/os's functions (--wrap).
#include <sanitizer/tsan_interface.h>
#include <stddef.h>

namespace {

char order;

template <typename T>
T Mapped(T result) {
  __tsan_acquire(&order);
  return result;
}

}  // namespace

extern "C" {

void* __real__ZN3uma2os3mapEPvmPb(void* where, size_t size, bool* taken);
void* __real__ZN3uma2os11map_countedEm(size_t size);
void* __real__ZN3uma2os7reserveEPvmPb(void* where, size_t size, bool* taken);
bool __real__ZN3uma2os5unmapEPvm(void* p, size_t size);
void* __real__ZN3uma2os5remapEPvmmb(void* p, size_t old_size, size_t new_size, bool may_move);

void* __wrap__ZN3uma2os3mapEPvmPb(void* where, size_t size, bool* taken) {
  return Mapped(__real__ZN3uma2os3mapEPvmPb(where, size, taken));
}
void* __wrap__ZN3uma2os11map_countedEm(size_t size) {
  return Mapped(__real__ZN3uma2os11map_countedEm(size));
}
void* __wrap__ZN3uma2os7reserveEPvmPb(void* where, size_t size, bool* taken) {
  return Mapped(__real__ZN3uma2os7reserveEPvmPb(where, size, taken));
}
bool __wrap__ZN3uma2os5unmapEPvm(void* p, size_t size) {
  __tsan_release(&order);
  return __real__ZN3uma2os5unmapEPvm(p, size);
}
void* __wrap__ZN3uma2os5remapEPvmmb(void* p, size_t old_size, size_t new_size, bool may_move) {
  __tsan_release(&order);
  return Mapped(__real__ZN3uma2os5remapEPvmmb(p, old_size, new_size, may_move));
}

}  // extern "C"
