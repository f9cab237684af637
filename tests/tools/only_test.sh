#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2016 # the programs expand
# check --only installs what the chosen checks need and nothing else: the real tools/check in a tree
# whose installer, lint and bazel note how they were called.
# shellcheck source=tests/check.sh
. tests/check.sh
tree=$work
mkdir -p "$tree/tools" "$tree/tests" "$tree/bin"
cp tools/check tools/common.sh "$tree/tools/"
cd "$tree" || exit 1

program() {
  printf '#!/bin/bash\n%s\n' "$2" >"$1"
  chmod 755 "$1"
}
program tools/install 'printf "%s\n" "$@" >>installed'
program tools/lint 'true'
program bin/bazel 'case $1 in
  query) printf "%s\n" //tests/one:a_test //tests/one:b_test //tests/two:c_test ;;
  test) for target; do [[ $target != //* ]] || echo "$target  PASSED in 0.1s"; done ;;
  info) echo /nowhere ;;
esac'
export PATH=$tree/bin:$PATH HOME=$tree

# installs PATTERN GROUP...: exactly these groups, each name once.
installs() {
  local found
  rm -f installed
  tools/check ${1:+--only "$1"} >log 2>&1 || fail "'$1': status $?: $(<log)"
  found=$(sort -u installed | tr '\n' ' ')
  [[ $found == "${*:2} " ]] || fail "for '$1' installs $found, not ${*:2}"
}

installs 'lint shell' lint
installs '^lint' lint
installs 'lint shell|a_test' build lint test tests/one
installs '^build$' build test tests/bench
installs 'a_test' build test tests/one
installs '//tests/(one|two):' build test tests/one tests/two
installs '' build lint test tests/bench tests/one tests/two
finish
