#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2016 # the small tests expand
# What tests/check.sh promises of a failed test: its log has the place, the comparison and the
# values on both sides.
# shellcheck source=tests/check.sh
. tests/check.sh
check=$PWD/tests/check.sh
cd "$work" || exit 1

# a_test STATUS LINE...: runs a test of these lines and leaves its output in `log`.
a_test() {
  local status
  printf '%s\n' '#!/bin/bash' ". '$check'" 'cd "$work" || exit 1' "${@:2}" >small_test.sh
  TEST_TMPDIR=$PWD bash small_test.sh >log 2>&1
  status=$?
  [[ $status == "$1" ]] || fail "ended with $status, not $1: $(<log)"
}

# says TEXT...
says() {
  local text
  for text; do grep -q -F -e "$text" log || fail "no '$text' in: $(<log)"; done
}

a_test 0 '[[ 1 == 1 ]] || fail never' finish
says 'all as expected'
! grep -q FAIL log || fail "$(<log)"

a_test 1 'have=12 want=13' '[[ $have == "$want" ]] || fail "the twelve"' finish
says 'FAIL: small_test.sh:5: the twelve' 'small_test.sh:5: [[ 12 == 13 ]]'

a_test 1 'echo some words >out; echo no >err' 'grep -q "other $PPID" out || fail words' finish
says "small_test.sh:5: grep -q 'other " 'out: some words' 'err: no'

# One that ends in the middle says where.
a_test 3 'name=nothing' '[[ -e $name ]] || exit 3' finish
says 'ended with status 3' 'small_test.sh:5: [[ -e nothing ]]'

# What the commands themselves write to stderr is theirs alone.
a_test 0 'f() { echo one; g >&2; }; g() { echo two; }' 'f >out 2>err' \
  '[[ $(<out) == one && $(<err) == two ]] || fail "mixed"' finish

left=$(find . -name 'small_test.*' ! -name small_test.sh)
[[ -z $left ]] || fail "left behind: $left"
finish
