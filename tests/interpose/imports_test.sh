#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# imports_test.sh LIST LIBRARY...: the libraries import the names of the list and no others, and
# each has its reason.
# shellcheck source=tests/check.sh
. tests/check.sh
export LC_ALL=C
list=$1
shift

allowed=$(grep -v '^#' "$list" | grep .)
while IFS=$'\t' read -r name reason; do
  [[ -n $reason ]] || fail "$name has no reason in $list"
done <<<"$allowed"
names=$(cut -f 1 <<<"$allowed" | sort)
twice=$(uniq -d <<<"$names")
[[ -z $twice ]] || fail "twice in $list: $twice"

imported=''
for library; do
  symbols=$(nm -D --undefined-only --format=posix "$library" | sed -E 's/[@ ].*//' | sort -u)
  [[ -n $symbols ]] || fail "$library: no symbols"
  extra=$(comm -23 <(echo "$symbols") <(echo "$names"))
  [[ -z $extra ]] || fail "$library imports what is not in $list: $extra"
  imported+=$symbols$'\n'
done
unused=$(comm -13 <(sort -u <<<"$imported") <(echo "$names"))
[[ -z $unused ]] || fail "no library imports any more: $unused"
finish
