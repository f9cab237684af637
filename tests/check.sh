# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What every shell test begins with: a folder of its own, `work`, removed at its end, and a log that
# says which comparison failed and with which values. Bash writes down each command with its words
# expanded, and the last of them are printed with a failure.
set -u
check_name=${0##*/}
work=$(mktemp -d "${TEST_TMPDIR:-/tmp}/${check_name%.sh}.XXXXXX") || exit 1
check_commands=$(mktemp "${TEST_TMPDIR:-/tmp}/${check_name%.sh}.commands.XXXXXX") || exit 1
failures=0
unset LD_PRELOAD UMA_OPTIONS

# The last commands before a failure, those of this file left out.
check_show_commands() {
  grep -a -v -e '^+* check\.sh:' -e '^+* [^ ]*: fail ' "$check_commands" | tail -n 8 | cut -c 1-600 |
    sed 's/^/    /; s/\\\(.\)/\1/g' # [[ shows \x for x of a pattern
}

# fail WHAT...: counts a failure; the test goes on. The files out and err, where the test has such,
# hold what the last command wrote.
fail() {
  local file
  printf 'FAIL: %s:%s: %s\n' "$check_name" "${BASH_LINENO[0]}" "$*"
  check_show_commands
  for file in out err; do
    [[ ! -s $file ]] || head -c 4000 "$file" | sed "s/^/  $file: /"
  done
  failures=$((failures + 1))
}

# The last line of a test.
finish() {
  ((failures == 0)) || exit 1
  echo 'all as expected'
  exit 0
}

check_end() {
  local status=$?
  if ((status && !failures)); then
    printf 'FAIL: %s: ended with status %s, after\n' "$check_name" "$status"
    check_show_commands
  fi
  cd / && chmod -R u+w "$work" && rm -rf "$work" "$check_commands"
}
trap check_end EXIT

exec {BASH_XTRACEFD}>>"$check_commands"
PS4='+ ${BASH_SOURCE[0]##*/}:$LINENO: '
set -x
