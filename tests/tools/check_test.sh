#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2016 # the small programs expand
# tools/check in a tree of its own, with a Bazel that runs nothing: what it asks of Bazel, what it
# counts, and that the log of a failed test is still there after the next run.
# shellcheck source=tests/check.sh
. tests/check.sh
tools=$PWD/tools
cd "$work" || exit 1
unset CI

# a_tree FOLDER: a tree with the commands, but without anything to install.
a_tree() {
  mkdir -p "$1/tools"
  cp -L "$tools/check" "$tools/common.sh" "$tools/umarun" "$tools/elf.sh" "$tools/deploy" "$1/tools"
  printf '#!/bin/bash\nexit 0\n' | tee "$1/tools/install" >"$1/tools/lint"
  chmod 755 "$1"/tools/*
  : >"$1/WORKSPACE"
}

# The results that its tests shall have stand in the file `results`.
mkdir bin logs
cat >bin/bazel <<'BAZEL'
#!/bin/bash
cd "$FAKE" || exit 1
printf '%s\n' "$*" >>asked
case $1 in
  query) cut -d ' ' -f 1 results ;;
  info) echo "$FAKE/logs" ;;
  test)
    while read -r target outcome; do
      folder=logs/${target#//}
      folder=${folder/:/\/}
      mkdir -p "$folder"
      echo "$outcome at run $RUN" >"$folder/test.log"
      printf '%-60s %s in 0.1s\n' "$target" "$outcome"
    done <results
    ! grep -q FAILED results
    ;;
esac
BAZEL
chmod 755 bin/bazel
export PATH=$work/bin:$PATH FAKE=$work HOME=$work XDG_CACHE_HOME=$work/cache

# checks STATUS LAST_LINE: runs check; leaves its output in `out`.
checks() {
  local status
  RUN=$((${RUN:-0} + 1))
  export RUN
  tree/tools/check >out 2>err
  status=$?
  [[ $status == "$1" && $(tail -n 1 out) == "$2" ]] ||
    fail "status $status, not $1, or the last line is not '$2'"
}

# The path of the log that was kept of a target in the last run.
kept() { grep -A 1 "^fail  $1" out | sed -n 's/^ *its log: //p'; }

counts_and_keeps_logs() {
  local first second
  a_tree tree
  printf '%s\n' '//a:good PASSED' '//a:bad FAILED' >results
  checks 1 '6 passed, 1 failed, 0 skipped'
  first=$(kept //a:bad)
  [[ -n $first && $(<"$first") == 'FAILED at run 1' ]] || fail "no log of the first run: '$first'"
  checks 1 '6 passed, 1 failed, 0 skipped'
  second=$(kept //a:bad)
  [[ -n $second && $(<"$second") == 'FAILED at run 2' ]] || fail "no log of the second: '$second'"
  [[ $(<"$first") == 'FAILED at run 1' ]] || fail 'the first log did not survive'
  printf '%s\n' '//a:good PASSED' '//a:bad PASSED' >results
  checks 0 '7 passed, 0 failed, 0 skipped'
  [[ -e $first && -e $second ]] || fail 'a log did not survive a run that is green'
  ! grep -q 'its log' out || fail 'a log is named in a run that is green'
  # Old ones go.
  local i
  for ((i = 0; i < 60; i++)); do : >"${first%/*}/19990101-0000$i.log"; done
  printf '%s\n' '//a:bad FAILED' >results
  checks 1 '5 passed, 1 failed, 0 skipped'
  [[ $(find "${first%/*}" -name '*.log' | wc -l) == 50 && -e $first ]] || fail 'not the last 50 logs'
  rm -r "${first%/failed/*}"
}

shows_progress() {
  grep '^test ' asked | grep -q -e '--show_progress .*--curses=no' || fail 'no progress is asked for'
  grep '^build ' asked | grep -q -e '--show_progress' || fail 'no progress while building'
  local name
  for name in house shell format tidy; do
    grep -q "^check: lint $name" err || fail "nothing said while lint $name runs"
  done
}

# Bazel cannot work in every folder.
wants_a_plain_path() {
  local folder command
  for folder in 'with space/tree' $'caf\xc3\xa9/tree' $'tab\there'; do
    a_tree "$folder"
    for command in check 'umarun true' "deploy $work/installed"; do
      : >asked
      # shellcheck disable=SC2086 # words
      "$folder/tools/"$command >out 2>err
      [[ $? == 1 && ! -s out && $(wc -l <err) == 1 && $(<err) == *'Bazel can build nothing'*"$folder" ]] ||
        fail "$command in '$folder': not one line that says why"
      [[ ! -s asked ]] || fail "$command in '$folder' started Bazel"
    done
  done
}

counts_and_keeps_logs
shows_progress
wants_a_plain_path
finish
