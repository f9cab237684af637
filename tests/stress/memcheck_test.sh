#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# memcheck_test.sh LIBRARY PROGRAM: memcheck still finds a leak of a program that is preloaded.
# shellcheck source=tests/check.sh
. tests/check.sh

library=$(realpath -e "$1") || exit 1
command -v valgrind >/dev/null || { fail "valgrind is not installed"; finish; }
report=$(LD_PRELOAD=$library valgrind --leak-check=full --error-exitcode=42 "$2" 2>&1)
status=$?
if [ $status != 42 ] || ! grep -q '12,345 bytes in 1 blocks are definitely lost' <<<"$report" ||
  grep -Eq 'Invalid (read|write|free)' <<<"$report"; then
  fail "valgrind ended with $status and said: $report"
fi
finish
