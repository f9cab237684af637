// SPDX-License-Identifier: BSD-2-Clause
//
// Every form of operator new and operator delete, and what they do when there is no memory.
#include <malloc.h>

#include <memory>
#include <new>
#include <string>
#include <vector>

#include "tests/conformance/sizes.h"

namespace {

using check::Opaque;

constexpr size_t kHuge = static_cast<size_t>(PTRDIFF_MAX) - 4096;
constexpr std::align_val_t kPage{4096};

void* Touch(void* block, size_t n, size_t alignment) {
  CHECK(block != nullptr);
  CHECK_EQ(Address(block) % alignment, 0);
  memset(block, 0x11, n);
  return block;
}

void Forms() {
  for (size_t n : {0, 1, 8, 24, 100, 1000, 1024, 1500, 5000, 70000, 1100000}) {
    ::operator delete(Touch(::operator new(n), n, 16));
    ::operator delete(Touch(::operator new(n), n, 16), n);
    ::operator delete(Touch(::operator new(n), n, 16), std::nothrow);
    ::operator delete(Touch(::operator new(n, std::nothrow), n, 16));
    ::operator delete[](Touch(::operator new[](n), n, 16));
    ::operator delete[](Touch(::operator new[](n), n, 16), n);
    ::operator delete[](Touch(::operator new[](n), n, 16), std::nothrow);
    ::operator delete[](Touch(::operator new[](n, std::nothrow), n, 16));
    for (size_t a : {8, 16, 32, 64, 512, 4096, 65536, 1 << 21}) {
      const std::align_val_t alignment{a};
      ::operator delete(Touch(::operator new(n, alignment), n, a), alignment);
      ::operator delete(Touch(::operator new(n, alignment), n, a), n, alignment);
      ::operator delete(Touch(::operator new(n, alignment), n, a), alignment, std::nothrow);
      ::operator delete(Touch(::operator new(n, alignment, std::nothrow), n, a), alignment);
      ::operator delete[](Touch(::operator new[](n, alignment), n, a), alignment);
      ::operator delete[](Touch(::operator new[](n, alignment), n, a), n, alignment);
      ::operator delete[](Touch(::operator new[](n, alignment), n, a), alignment, std::nothrow);
      ::operator delete[](Touch(::operator new[](n, alignment, std::nothrow), n, a), alignment);
    }
  }
}

void* None() { return Opaque<void*>(nullptr); }

void DeleteNull() {
  ::operator delete(None());
  ::operator delete[](None());
  ::operator delete(None(), 8);
  ::operator delete[](None(), 8);
  ::operator delete(None(), kPage);
  ::operator delete[](None(), kPage);
  ::operator delete(None(), 8, kPage);
  ::operator delete[](None(), 8, kPage);
  ::operator delete(None(), std::nothrow);
  ::operator delete[](None(), std::nothrow);
  ::operator delete(None(), kPage, std::nothrow);
  ::operator delete[](None(), kPage, std::nothrow);
}

template <typename Allocate>
bool Throws(Allocate allocate) {
  try {
    allocate();
  } catch (const std::bad_alloc&) {
    return true;
  }
  return false;
}

void NoMemory() {
  CHECK(Throws([] { ::operator delete(::operator new(Opaque(kHuge))); }));
  CHECK(Throws([] { ::operator delete[](::operator new[](Opaque(kHuge))); }));
  CHECK(Throws([] { ::operator delete(::operator new(Opaque(kHuge), kPage), kPage); }));
  CHECK(Throws([] { ::operator delete[](::operator new[](Opaque(kHuge), kPage), kPage); }));
  CHECK(Throws([] { ::operator delete(::operator new(Opaque(SIZE_MAX))); }));
  for (size_t n : kTooLarge) {
    CHECK(::operator new(Opaque(n), std::nothrow) == nullptr);
    CHECK(::operator new[](Opaque(n), std::nothrow) == nullptr);
  }
  // libstdc++ 12 rounds these up past zero.
  if (!check::WithLibrary()) return;
  CHECK(Throws([] { ::operator delete(::operator new(Opaque(SIZE_MAX), kPage), kPage); }));
  for (size_t n : kTooLarge) {
    CHECK(::operator new(Opaque(n), kPage, std::nothrow) == nullptr);
    CHECK(::operator new[](Opaque(n), kPage, std::nothrow) == nullptr);
  }
}

int handler_calls;

void GiveUp() {
  handler_calls++;
  throw std::bad_alloc();
}

void Unset() {
  handler_calls++;
  std::set_new_handler(nullptr);
}

// The handler is asked again until it throws or goes away.
void Handler() {
  for (bool nothrow : {false, true}) {
    handler_calls = 0;
    std::set_new_handler(GiveUp);
    if (nothrow) {
      CHECK(::operator new(Opaque(kHuge), std::nothrow) == nullptr);
      CHECK(::operator new[](Opaque(kHuge), kPage, std::nothrow) == nullptr);
    } else {
      CHECK(Throws([] { ::operator delete(::operator new(Opaque(kHuge))); }));
      CHECK(Throws([] { ::operator delete(::operator new(Opaque(kHuge), kPage), kPage); }));
    }
    CHECK_EQ(handler_calls, 2);
    handler_calls = 0;
    std::set_new_handler(Unset);
    if (nothrow) {
      CHECK(::operator new(Opaque(kHuge), std::nothrow) == nullptr);
    } else {
      CHECK(Throws([] { ::operator delete(::operator new(Opaque(kHuge))); }));
    }
    CHECK_EQ(handler_calls, 1);
    CHECK(std::get_new_handler() == nullptr);
  }
  // No handler for a call that succeeds, and none from malloc.
  handler_calls = 0;
  std::set_new_handler(GiveUp);
  ::operator delete(::operator new(100));
  CHECK(malloc(Opaque(kHuge)) == nullptr);
  CHECK_EQ(handler_calls, 0);
  std::set_new_handler(nullptr);
}

struct alignas(128) Wide {
  char bytes[300];
  std::string name = "a string that is too long to be kept in place";
};

void Expressions() {
  for (int i = 1; i < 200; i++) {
    std::unique_ptr<Wide[]> array(new Wide[i]);
    CHECK_EQ(Address(array.get()) % 128, 0);
    std::unique_ptr<Wide> one(new Wide);
    CHECK_EQ(Address(one.get()) % 128, 0);
    std::vector<std::string> words(i, one->name);
    CHECK_EQ(words.back().size(), one->name.size());
  }
}

}  // namespace

int main() {
  Forms();
  DeleteNull();
  NoMemory();
  Handler();
  Expressions();
  return check::Result();
}
