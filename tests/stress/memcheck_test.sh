#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# memcheck_test.sh LIBRARY PROGRAM: memcheck still finds a leak of a program that is preloaded.
set -u

library=$(realpath -e "$1") || exit 1
command -v valgrind >/dev/null || { echo "failed: valgrind is not installed" >&2; exit 1; }
report=$(LD_PRELOAD=$library valgrind --leak-check=full --error-exitcode=42 "$2" 2>&1)
status=$?
if [ $status != 42 ] || ! grep -q '12,345 bytes in 1 blocks are definitely lost' <<<"$report" ||
  grep -Eq 'Invalid (read|write|free)' <<<"$report"; then
  printf 'failed: valgrind ended with %d and said:\n%s\n' "$status" "$report" >&2
  exit 1
fi
