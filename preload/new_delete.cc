// SPDX-License-Identifier: BSD-2-Clause
// The forms of operator new that are not plain malloc, and what all of them do without memory:
// call the new_handler until it helps, else throw. The C++ runtime is a weak reference: a program
// without one never comes here.
#include <dlfcn.h>
#include <stddef.h>

#include <new>

#include "alloc/base/report.h"
#include "alloc/base/util.h"
#include "alloc/heap/heap.h"
#include "alloc/os/old_libc.h"
#include "alloc/uma/background.h"
#include "preload/visible.h"

// std::get_new_handler and std::__throw_bad_alloc by their symbols: a reference that may be null.
extern "C" {
[[gnu::weak]] std::new_handler _ZSt15get_new_handlerv();
[[gnu::weak, noreturn]] void _ZSt17__throw_bad_allocv();
}

namespace uma {
namespace {

// A C++ runtime that came later, with a library that was opened: no weak reference finds it. What
// opened it is looked up as well: a static program that names dlopen is warned about by its linker.
void* opened_runtime(const char* symbol) {
  constexpr const char* kNames[] = {"libstdc++.so.6", "libc++.so.1", "libc++abi.so.1"};
  if (!&dlsym) return nullptr;
  auto* open = reinterpret_cast<decltype(&dlopen)>(dlsym(RTLD_DEFAULT, "dlopen"));
  auto* close = reinterpret_cast<decltype(&dlclose)>(dlsym(RTLD_DEFAULT, "dlclose"));
  if (!open || !close) return nullptr;
  for (const char* name : kNames)
    if (void* runtime = open(name, RTLD_LAZY | RTLD_NOLOAD)) {
      void* found = dlsym(runtime, symbol);
      close(runtime);
      if (found) return found;
    }
  return nullptr;
}

std::new_handler handler() {
  using Get = std::new_handler();
  if (&_ZSt15get_new_handlerv) return _ZSt15get_new_handlerv();
  auto* found = reinterpret_cast<Get*>(opened_runtime("_ZSt15get_new_handlerv"));
  return found ? found() : nullptr;
}

[[noreturn]] void throw_bad_alloc() {
  if (&_ZSt17__throw_bad_allocv) _ZSt17__throw_bad_allocv();
  using Throw = void();
  if (auto* found = reinterpret_cast<Throw*>(opened_runtime("_ZSt17__throw_bad_allocv"))) found();
  report::no_bad_alloc();
}

// Tries until there is memory; without a handler it throws. The handler may throw, too.
template <typename Try>
void* or_throw(Try attempt) {
  for (;;) {
    if (void* p = attempt()) return p;
    std::new_handler handle = handler();
    if (!handle) throw_bad_alloc();
    handle();
  }
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
  void* p = or_throw([=] { return uma_heap_alloc_miss(offset); });
  background_poll(__builtin_return_address(0));
  return p;
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

// The forms that do not throw mean "the throwing form, null instead of an exception", and the
// program may have replaced that one, or its new_handler may throw. The C++ runtime's own
// definition, next in line, calls it and catches; it is left to it unless our memory suffices.
extern "C" {
void* uma_operator_new(size_t size);
void* uma_operator_new_array(size_t size);
}

namespace uma {
namespace {

template <typename... Arguments>
void* runtime_nothrow(const char* symbol, Arguments... arguments) {
  using Form = void*(Arguments..., const std::nothrow_t&);
  if (!&dlsym) return nullptr;
  auto* form = reinterpret_cast<Form*>(dlsym(RTLD_NEXT, symbol));
  return form ? form(arguments..., std::nothrow_t{}) : nullptr;
}

// The address that a plain new expression calls: ours, or the program's own.
using New = void*(size_t);
bool plain_new_is_ours() { return static_cast<New*>(&operator new) == &uma_operator_new; }
bool array_new_is_ours() {
  return plain_new_is_ours() && static_cast<New*>(&operator new[]) == &uma_operator_new_array;
}

}  // namespace
}  // namespace uma

UMA_LIBC void* operator new(size_t size, const std::nothrow_t&) noexcept {
  if (uma::likely(uma::plain_new_is_ours()))
    if (void* p = uma::heap_alloc(size)) return p;
  return uma::runtime_nothrow("_ZnwmRKSt9nothrow_t", size);
}
UMA_LIBC void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  if (uma::likely(uma::array_new_is_ours()))
    if (void* p = uma::heap_alloc(size)) return p;
  return uma::runtime_nothrow("_ZnamRKSt9nothrow_t", size);
}
UMA_LIBC void* operator new(size_t size, std::align_val_t align, const std::nothrow_t&) noexcept {
  if (void* p = uma::aligned(size, align)) return p;
  return uma::runtime_nothrow("_ZnwmSt11align_val_tRKSt9nothrow_t", size, align);
}
UMA_LIBC void* operator new[](size_t size, std::align_val_t align, const std::nothrow_t&) noexcept {
  if (void* p = uma::aligned(size, align)) return p;
  return uma::runtime_nothrow("_ZnamSt11align_val_tRKSt9nothrow_t", size, align);
}
