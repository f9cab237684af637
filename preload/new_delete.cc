// SPDX-License-Identifier: BSD-2-Clause
// The forms of operator new that are not plain malloc, and what all of them do without memory:
// call the new_handler until it helps, else throw. The C++ runtime is a weak reference: a program
// without one never comes here.
#include <stddef.h>

#include <new>

#include "alloc/base/report.h"
#include "alloc/base/util.h"
#include "alloc/heap/heap.h"

#define UMA_LIBC __attribute__((visibility("default")))

// std::get_new_handler and std::__throw_bad_alloc by their symbols: a reference that may be null.
extern "C" {
[[gnu::weak]] std::new_handler _ZSt15get_new_handlerv();
[[gnu::weak, noreturn]] void _ZSt17__throw_bad_allocv();
}

namespace uma {
namespace {

std::new_handler handler() {
  return &_ZSt15get_new_handlerv ? _ZSt15get_new_handlerv() : nullptr;
}

[[noreturn]] void throw_bad_alloc() {
  if (&_ZSt17__throw_bad_allocv) _ZSt17__throw_bad_allocv();
  report::no_bad_alloc();
}

// Tries until there is memory or no handler. The handler may throw.
template <typename Try>
void* insist(Try attempt) {
  for (;;) {
    if (void* p = attempt()) return p;
    std::new_handler handle = handler();
    if (!handle) return nullptr;
    handle();
  }
}

template <typename Try>
void* or_throw(Try attempt) {
  void* p = insist(attempt);
  if (unlikely(!p)) throw_bad_alloc();
  return p;
}

void* aligned(size_t size, std::align_val_t align) {
  const size_t bytes = size_t(align);
  return is_power_of_two(bytes) ? heap_alloc_aligned(bytes, size) : nullptr;
}

}  // namespace

extern "C" {
void* uma_new_miss(size_t offset);
void* uma_new_locked(size_t offset);
void* uma_new_large(size_t size);

void* uma_new_miss(size_t offset) {
  return or_throw([=] { return uma_heap_alloc_slow(offset); });
}
void* uma_new_locked(size_t offset) {
  return or_throw([=] { return uma_heap_alloc_locked(offset); });
}
void* uma_new_large(size_t size) {
  return or_throw([=] { return uma_heap_alloc_large(size); });
}
}

}  // namespace uma

using uma::or_throw;

UMA_LIBC void* operator new(size_t size, std::align_val_t align) {
  return or_throw([=] { return uma::aligned(size, align); });
}
UMA_LIBC void* operator new[](size_t size, std::align_val_t align) {
  return or_throw([=] { return uma::aligned(size, align); });
}
UMA_LIBC void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return uma::insist([=] { return uma::heap_alloc(size); });
}
UMA_LIBC void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  return uma::insist([=] { return uma::heap_alloc(size); });
}
UMA_LIBC void* operator new(size_t size, std::align_val_t align, const std::nothrow_t&) noexcept {
  return uma::insist([=] { return uma::aligned(size, align); });
}
UMA_LIBC void* operator new[](size_t size, std::align_val_t align, const std::nothrow_t&) noexcept {
  return uma::insist([=] { return uma::aligned(size, align); });
}
