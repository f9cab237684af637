#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# man_test.sh MALLOC.SO: the manual pages are well-formed, and tell what the programs tell
# themselves: every option, flag and function is in its page and the page names no other.
# shellcheck source=tests/check.sh
. tests/check.sh
library=$PWD/$1 pages=$PWD/tools/man umarun=$PWD/tools/umarun header=$PWD/alloc/uma/uma.h
cd "$work" || exit 1
# Nothing of the person who runs this, and no sandbox of man's own inside that of the test.
unset "${!MAN@}" "${!GROFF@}"
export LC_ALL=C.UTF-8 MANWIDTH=100 HOME=$work MAN_DISABLE_SECCOMP=1
for tool in man groff; do
  command -v "$tool" >/dev/null || { echo "SKIP: $tool is not installed" && exit 0; }
done

# same WHAT: the lists `told` and `documented` are equal, and not empty.
same() {
  sort -u told >a
  sort -u documented >b
  [[ -s a ]] || fail "$1: nothing found to compare"
  diff a b || fail "$1: the program says (<) other than the page (>)"
}

well_formed() {
  local page
  for page in "$pages"/*.[1-8]; do
    groff -ww -mandoc -Tutf8 -z "$page" >log 2>&1
    man --warnings -l "$page" >text 2>>log || fail "man cannot show $page"
    [[ ! -s log ]] || fail "${page##*/}: $(<log)"
    [[ $(grep -c -x -e 'NAME' -e 'SYNOPSIS' -e 'DESCRIPTION' -e 'SEE ALSO' text) == 4 ]] ||
      fail "${page##*/} lacks a section"
  done
}

# The library prints NAME, TYPE, "default" and the default; the page's tags have the same.
options() {
  UMA_OPTIONS=help LD_PRELOAD=$library "$(type -P true)" 2>&1 |
    sed -n 's/^  \([a-z]*\) *\([^ ]*\) *default \([^ ]*\).*/\1 \2 \3/p' >told
  man -l "$pages/uma-options.7" 2>/dev/null | tr -d '\b' |
    sed -n 's/^ *\([a-z]*\):\(.*\) (default: \(.*\))$/\1 \2 \3/p' | sed 's/ | /|/g' >documented
  same uma-options.7
}

flags() {
  "$umarun" --help | sed -n 's/^  \(--[a-z]*\).*/\1/p' >told
  sed -n 's/^\.It Fl -\([a-z]*\).*/--\1/p' "$pages/umarun.1" >documented
  same umarun.1
  "$umarun" --help | sed -n '/^Exit status/,$ s/^  \([0-9]*\) .*/\1/p' >told
  sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EX/ s/^\.It \([0-9]*\)$/\1/p' "$pages/umarun.1" >documented
  same 'umarun.1, exit status'
}

# Functions by their name and number of parameters, constants by their names.
interface() {
  tr '\n' ' ' <"$header" | grep -o 'UMA_EXPORT [^;]*;' | grep -o 'uma_[a-z_]*(.*)' |
    awk -F'[(]' '{ print $1, gsub(/,/, ",", $2) + 1 }' >told
  awk '/^\.Fo / { name = $2; count = 0 } /^\.Fa "/ { count++ } /^\.Fc/ { print name, count }
    /^\.Fn uma_/ && after_type { name = $2; gsub(/"[^"]*"/, "@"); count = gsub(/@/, "@")
      print name, count ? count : 1 }
    { after_type = /^\.Ft / }' "$pages/uma.3" >documented
  same 'uma.3, functions'
  grep -o '^#define [UM][A-Z]*_[A-Z_]* ' "$header" | awk '{ print $2 }' |
    grep -v -e '_H_$' -e '^UMA_EXPORT$' >told
  grep '^\.' "$pages/uma.3" | grep -o '\b\(M\|UMA\)_[A-Z_]*' >documented
  same 'uma.3, constants'
}

well_formed
options
flags
interface
finish
