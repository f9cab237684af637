#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# static_test.sh LIBUMA.SO LIBUMA.A MALLOC.SO MALLOC.A: programs linked with the archives. An
# archive offers the same names as its shared library, and a program gets the allocator whole.
# shellcheck source=tests/check.sh
. tests/check.sh
export LC_ALL=C
uma_so=$PWD/$1 uma_a=$PWD/$2 malloc_so=$PWD/$3 malloc_a=$PWD/$4
sources=$PWD/tests/install headers=$PWD/alloc
cd "$work" || exit 1

# names FLAG FILE: what a linker finds there.
names() { nm --format=posix --defined-only "$1" "$2" | awk '$2 ~ /[A-Z]/ && NF > 2 { print $1 }' | sort; }

# same_names SHARED ARCHIVED: the same, but what opens libraries, which a static program does not do,
# and what goes on to a function of libc of the same name.
same_names() {
  local shared archived
  shared=$(names -D "$1" | grep -vx -e dlopen -e dlmopen -e __register_atfork -e _Fork) archived=$(names -g "$2")
  [[ -n $shared && $shared == "$archived" ]] ||
    fail "$1 and ${2##*/} differ: $(diff <(printf '%s' "$shared") <(printf '%s' "$archived"))"
}

# linked NAME COMMAND...: compiles NAME and runs it with the usual CPUs and with virtual ones.
linked() {
  local name=$1 options
  "${@:2}" -o "$name" >log 2>&1 || { fail "$name: not linked: $(<log)" && return; }
  for options in rseq:on rseq:off invariants:on; do
    UMA_OPTIONS=$options "./$name" >out 2>err || fail "$name, $options: status $?: $(<err)"
    [[ ! -s err ]] || fail "$name, $options: says $(<err)"
  done
}

# prints NAME ROW: the table at the end of the program has such a row, once.
prints() {
  UMA_OPTIONS=stats:exit "./$1" 2>err || fail "$1 with stats:exit: status $?"
  [[ $(grep -c "^$2:" err) == 1 ]] || fail "$1: no row $2 in its table: $(<err)"
}

# The linker warns of what a static program had better not call, and that is an error here.
c=(gcc '-Wl,--fatal-warnings' -Wall -Wextra -Werror -O1 -fno-builtin -I "$headers")
cxx=(g++ '-Wl,--fatal-warnings' -std=c++20 -Wall -Wextra -Werror -O1 -fno-builtin)

same_names "$uma_so" "$uma_a"
same_names "$malloc_so" "$malloc_a"

linked api "${c[@]}" "$sources/api.c" "$uma_a"
linked api_static "${c[@]}" -static "$sources/api.c" "$uma_a"
linked api_gc "${c[@]}" -static -Wl,--gc-sections "$sources/api.c" "$uma_a"
./api_static print 2>err
grep -q '^shown:' err || fail "api_static: its zone is not in its table: $(<err)"
! grep -q '^malloc-' err || fail "libuma.a serves malloc: $(<err)"

linked heap "${c[@]}" "$sources/heap.c" "$malloc_a"
prints heap malloc-4096
linked heap_static "${c[@]}" -static "$sources/heap.c" "$malloc_a"
prints heap_static malloc-4096
# As in a process of glibc before 2.34 without libpthread, with threads nevertheless.
linked heap_lacking "${c[@]}" -static "$sources/heap.c" "$malloc_a" \
  -Wl,--defsym=pthread_mutex_trylock=0,--defsym=pthread_mutexattr_setrobust=0
linked children_static "${c[@]}" -static "$sources/children.c" "$malloc_a"
linked heap_static_pie "${c[@]}" -static-pie -fPIE "$sources/heap.c" "$malloc_a"
linked objects "${cxx[@]}" "$sources/objects.cc" "$malloc_a"
linked objects_static "${cxx[@]}" -static "$sources/objects.cc" "$malloc_a"
prints objects_static malloc-112
linked both "${c[@]}" -static "$sources/api.c" "$malloc_a"
./both print 2>err
[[ $(grep -c -e '^shown:' -e '^malloc-5120:' err) == 2 ]] || fail "both: not one table: $(<err)"

finish
