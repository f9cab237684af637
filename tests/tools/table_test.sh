#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# table_test.sh MALLOC.SO: the table that umarun prints: its order, its units, and the first command
# of README.md, whose strings stand on top.
# shellcheck disable=SC2016 # for perl
# shellcheck source=tests/check.sh
. tests/check.sh
library=$PWD/$1 umarun=$PWD/tools/umarun readme=$PWD/README.md
cd "$work" || exit 1

# table ARGUMENT...: leaves the table of a program with many strings in err. Without the helper
# thread, which may or may not have started, with a block of its own, when the program ends.
table() {
  "$umarun" --lib "$library" --option background:off --stats "$@" -- \
    perl -e '@lines = map { "line $_ " x 10 } 1 .. 10**5' >out 2>err || fail "status $?"
  [[ ! -s out && $(head -n 1 err) == 'ITEM '*' BYTES' ]] || fail 'no table'
}

# column N: that field of all rows, the name being the first.
column() { grep : err | grep -v '^total:' | sed 's/:/,/' | cut -d , -f "$1" | tr -d ' '; }

# sorted N FLAG...: the rows are sorted by column N as sort does with these flags.
sorted() {
  column "$1" >have
  sort -s "${@:2}" have >want
  (($(sort -u have | wc -l) > 3)) || fail "nothing to sort in column $1"
  diff have want >differs || fail "column $1 is not sorted: $(head -n 5 differs)"
}

orders() {
  local name
  table
  sorted 10 -rn
  table --sort bytes
  sorted 10 -rn
  table --sort=used
  sorted 4 -rn
  table --sort free
  sorted 5 -rn
  table --sort req
  sorted 6 -rn
  table --sort size
  sorted 2 -rn
  table --sort item
  LC_ALL=C sorted 1
  table --sort list
  [[ $(column 1 | tail -n 1) == largeblocks ]] || fail 'large blocks are not the last of the list'
  # Every order has the same rows.
  column 1 | sort >names
  for name in bytes item fail; do
    table --sort "$name"
    column 1 | sort | diff names - || fail "--sort $name has other rows"
  done
}

units() {
  local flag first
  for flag in -h --human; do
    table "$flag"
    first=$(column 10 | head -n 1)
    [[ $first =~ ^1[01]M$ ]] || fail "not in M: $first"
    [[ $(tail -n 1 err) =~ ^total:\ mapped\ [0-9.]+M,\ in\ use\ [0-9.]+M,\ large\ [0-9.]+[KMG]?,\ metadata ]] ||
      fail "the total is not in M: $(tail -n 1 err)"
  done
}

refuses() {
  local case
  while IFS='|' read -r case message; do
    # shellcheck disable=SC2086 # words
    "$umarun" --lib "$library" $case >out 2>err
    [[ $? == 2 && $(wc -l <err) == 1 && $(<err) == "umarun: "*"$message"* ]] ||
      fail "$case: not status 2 and '$message'"
  done <<'CASES'
--stats --sort limit -- true|no such column: limit
--stats --sort|--sort needs a value
--sort used -- true|--sort is for the table
-h -- true|-h is for the table
CASES
}

# The first command of README.md, with the library that is here.
readme_shows_strings() {
  local command name used
  command=$(sed -n 's/^    tools\/umarun //p' "$readme" | head -n 1)
  [[ $command == *--stats*perl* ]] || fail "README.md begins with another command: $command"
  bash -c "'$umarun' --lib '$library' $command" >out 2>err || fail "status $?: $command"
  name=$(column 1 | head -n 1) used=$(column 4 | head -n 1)
  ((used > 90000 && used < 110000)) || fail "the first row is $name with $used items"
  grep -q "\`$name\`" "$readme" || fail "README.md does not name the first row, $name"
}

orders
units
refuses
readme_shows_strings
finish
