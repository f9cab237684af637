#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2016 # backquotes are text here
# readme_test.sh MALLOC.SO: the READMEs are short, what they name exists, and the system calls at
# start are those of the list.
# shellcheck source=tests/check.sh
. tests/check.sh
export LC_ALL=C
library=$PWD/$1
tree=$(dirname "$(readlink -f README.md)")

# short FILE LINES
short() { (($(wc -l <"$tree/$1") < $2)) || fail "$1 has $2 lines or more"; }

# Everything in backquotes that looks like a path of this tree.
names_what_exists() {
  local path count=0
  while IFS= read -r path; do
    count=$((count + 1))
    [[ -e $tree/$path ]] || fail "$1 names $path, which is not there"
  done < <(grep -o '`[^` ]*`' "$tree/$1" | tr -d '`' |
    grep -E '^(alloc|preload|tools|tests|bench)/[A-Za-z0-9_./-]*$' | sort -u)
  ((count > 5)) || fail "$1 names only $count paths"
}

# Functions in backquotes, as in `zone_alloc_items`, are in the sources.
names_functions() {
  local name count=0
  while IFS= read -r name; do
    count=$((count + 1))
    grep -rqw --include='*.h' --include='*.cc' --include='*.S' --include='*.inc' -e "$name" \
      "$tree/alloc" "$tree/preload" || fail "$1 names $name, which is not in the code"
  done < <(grep -o '`[A-Za-z_]*_[A-Za-z_]*`' "$tree/$1" | tr -d '`' | sort -u)
  ((count > 5)) || fail "$1 names only $count functions"
}

# What a program with one block does between the loader's last call, which unmaps its cache of
# libraries, and its exit.
startup_calls() {
  local program=$work/program
  command -v strace >/dev/null || { echo 'SKIP: strace is not installed' && return; }
  printf '#include <stdlib.h>\nint main(void) { free(malloc(100)); }\n' |
    gcc -fno-builtin -xc - -o "$program" || fail 'no program'
  strace -o "$work/with" -E LD_PRELOAD="$library" "$program" 2>"$work/err" ||
    { echo "SKIP: strace may not trace here: $(head -n 1 "$work/err")" && return; }
  tac "$work/with" | sed '/^munmap(/,$d' | tac | sed '/^exit_group(/,$d; s/(.*//' >"$work/made"
  sed -n '/^<!-- startup calls -->/,/^$/ s/^    \([a-z_]*\) .*/\1/p' "$tree/README.md" >"$work/listed"
  [[ -s $work/listed ]] || fail 'README.md lists no calls'
  diff "$work/listed" "$work/made" || fail 'the calls at start are others than those listed'
}

short README.md 120
short alloc/README.md 250
names_what_exists README.md
names_what_exists alloc/README.md
names_functions alloc/README.md
startup_calls
finish
