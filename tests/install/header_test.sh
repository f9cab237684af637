#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The C++ header compiles alone, without a warning, by each standard it is for, also without
# exceptions and run-time types; what does not fit in a zone is refused in words.
# shellcheck source=tests/check.sh
. tests/check.sh
header=$PWD/alloc/uma/uma.hpp
mkdir -p "$work/include/uma"
cp alloc/uma/uma.h "$header" "$work/include/uma"
cd "$work" || exit 1

cat >alone.cc <<'CODE'
#include <uma/uma.hpp>
int main() {
  uma::zone<int> zone("alone");
  auto owned = zone.own(5);
  uma::allocator<long> allocator;
  allocator.deallocate(allocator.allocate(1), 1);
  return *owned - 5;
}
CODE
cat >large.cc <<'CODE'
#include <uma/uma.hpp>
struct Large { char bytes[(1 << 20) + 1]; };
int main() { uma::zone<Large> zone("large"); }
CODE

compiles() {
  local compiler standard
  for compiler in g++ clang++ clang++-14; do
    command -v "$compiler" >/dev/null || continue
    for standard in c++17 c++20; do
      for extra in "" "-fno-exceptions -fno-rtti"; do
        # shellcheck disable=SC2086  # words
        "$compiler" -std="$standard" $extra -Wall -Wextra -Wpedantic -Werror -Iinclude \
          -fsyntax-only alone.cc >log 2>&1 || fail "$compiler $standard $extra: $(<log)"
      done
    done
    "$compiler" -std=c++17 -Iinclude -fsyntax-only large.cc >log 2>&1 &&
      fail "$compiler takes an item of more than 1 MiB"
    grep -q 'an item of a zone has at most 1 MiB' log || fail "$compiler says: $(<log)"
  done
}

compiles
finish
