#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# exports_test.sh LIBRARY LIST: what the library exports, needs and asks of the loader.
# shellcheck source=tests/check.sh
. tests/check.sh
export LC_ALL=C

library=$1
list=$2

# Symbols: exactly those of the list.
exported=$(nm -D --defined-only --format=posix "$library" |
  awk '$2 != "A" { sub(/@.*/, "", $1); print $1 }' | sort -u)
wanted=$(grep -v '^#' "$list" | grep .)
while read -r pattern; do
  found=0
  while read -r symbol; do
    # shellcheck disable=SC2053 # a pattern on purpose
    [[ $symbol == $pattern ]] && found=1
  done <<<"$exported"
  [ $found = 1 ] || fail "$pattern is not exported"
done <<<"$wanted"
while read -r symbol; do
  allowed=0
  while read -r pattern; do
    # shellcheck disable=SC2053
    [[ $symbol == $pattern ]] && allowed=1
  done <<<"$wanted"
  [ $allowed = 1 ] || fail "$symbol is exported"
done <<<"$exported"

# What it takes from others comes from libc, or may be missing: C programs have no C++ runtime.
missing=$(nm -D --undefined-only "$library" | awk '$1 == "U" && $2 !~ /@GLIBC_/ { print $2 }')
[ -z "$missing" ] || fail "needs the symbols $missing"

# Every glibc since 2.17 has it by this version. What libc.so.6 has by such a version for old programs
# and by a later one for new ones was in another library before, which a process may be without.
versions=$(nm -D --undefined-only "$library" | sed -n 's/^ *\(.\) \(.*\)@\(GLIBC_.*\)/\1 \2 \3/p')
[ -n "$versions" ] || fail "needs no version of libc"
libc=$(nm -D --defined-only /lib/x86_64-linux-gnu/libc.so.6) || exit 1
while read -r kind symbol version; do
  [ "$(printf '%s\n' "$version" GLIBC_2.17 | sort -V | tail -n 1)" = GLIBC_2.17 ] ||
    fail "needs $symbol by $version, later than GLIBC_2.17: see alloc/libc.map"
  grep -Eq " $symbol@@GLIBC_(2\.3[2-9]|2\.[4-9][0-9])\$" <<<"$libc" && [ "$kind" = U ] &&
    fail "$symbol was not in libc.so.6 once, but is no weak reference: see alloc/os/old_libc.h"
done <<<"$versions"

# Libraries: libc and the loader, and libc for certain.
dynamic=$(readelf --wide --dynamic "$library")
needed=$(sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' <<<"$dynamic")
grep -qx 'libc.so.6' <<<"$needed" || fail "libc.so.6 is not among the needed libraries"
extra=$(grep -vx -e 'libc.so.6' -e 'ld-linux-x86-64.so.2' <<<"$needed")
[ -z "$extra" ] || fail "needs $extra"
grep -Eq '\((RPATH|RUNPATH|TEXTREL)\)' <<<"$dynamic" && fail "RPATH, RUNPATH or TEXTREL"

# Flags: never unmapped, everything bound at start.
flags=$(grep -E '\((FLAGS|FLAGS_1)\)' <<<"$dynamic")
grep -q 'NODELETE' <<<"$flags" || fail "NODELETE is missing"
grep -Eq 'BIND_NOW|NOW' <<<"$flags" || fail "BIND_NOW is missing"

# Segments.
segments=$(readelf --wide --program-headers "$library")
stack=$(awk '$1 == "GNU_STACK" { print $7 $8 $9 }' <<<"$segments")
case $stack in
  RW*) [[ $stack != *E* ]] || fail "the stack is executable" ;;
  *) fail "no GNU_STACK segment with RW ($stack)" ;;
esac
grep -q 'GNU_RELRO' <<<"$segments" || fail "no RELRO segment"
awk '$1 == "LOAD" { f = $7 $8 $9; if (f ~ /W/ && f ~ /E/) exit 1 }' <<<"$segments" ||
  fail "a segment is both writable and executable"
tls=$(awk '$1 == "TLS" { print $6 }' <<<"$segments")
if [ -n "$tls" ] && [ $((tls)) -gt 64 ]; then
  fail "$((tls)) bytes of thread-local storage"
fi

finish
