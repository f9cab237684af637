// SPDX-License-Identifier: BSD-2-Clause
//
// A handler that makes room: operator new asks it again until it succeeds.
#include <sys/resource.h>

#include <new>

#include "tests/conformance/sizes.h"

namespace {

constexpr size_t kSize = 64 << 20;

int calls;

void SetLimit(rlim_t bytes) {
  rlimit limit;
  REQUIRE(getrlimit(RLIMIT_AS, &limit) == 0);
  limit.rlim_cur = bytes;
  REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
}

void Relent() {
  if (++calls == 5) SetLimit(RLIM_INFINITY);
}

template <typename Allocate, typename Release>
void AskUntilItWorks(Allocate allocate, Release release) {
  calls = 0;
  SetLimit(1 << 20);
  void* block = allocate();
  CHECK(block != nullptr);
  CHECK_EQ(calls, 5);
  memset(block, 1, 4096);
  release(block);
  SetLimit(RLIM_INFINITY);
}

}  // namespace

int main() {
  const std::align_val_t page{4096};
  std::set_new_handler(Relent);
  AskUntilItWorks([] { return ::operator new(kSize); }, [](void* p) { ::operator delete(p); });
  AskUntilItWorks([] { return ::operator new[](2 * kSize); },
                  [](void* p) { ::operator delete[](p); });
  AskUntilItWorks([] { return ::operator new(3 * kSize, std::nothrow); },
                  [](void* p) { ::operator delete(p); });
  AskUntilItWorks([=] { return ::operator new(4 * kSize, page); },
                  [=](void* p) { ::operator delete(p, page); });
  AskUntilItWorks([=] { return ::operator new[](5 * kSize, page, std::nothrow); },
                  [=](void* p) { ::operator delete[](p, page); });
  return check::Result();
}
