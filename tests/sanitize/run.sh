#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [NAME=VALUE]... PROGRAM [ARGUMENT]...
# Runs a program with a sanitizer, which ends at the first finding. Its runtime wants fixed parts of
# the address space, so nothing is put at random places where that may be turned off.
set -u
export TSAN_OPTIONS=halt_on_error=1 UBSAN_OPTIONS=print_stacktrace=1
log=$(mktemp "${TEST_TMPDIR:-/tmp}/sanitize.XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT
fixed=()
if setarch -R true 2>/dev/null; then fixed=(setarch -R); fi
"${fixed[@]}" env "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
if ((status)) && grep -q '^FATAL: ThreadSanitizer: unexpected memory mapping' "$log"; then
  echo 'SKIP: the address space of this machine leaves no room for ThreadSanitizer'
  exit 0
fi
exit "$status"
