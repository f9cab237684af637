#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The house rules find what they are for: each breach in a small tree draws its line, the rest none.
# shellcheck source=tests/check.sh
. tests/check.sh
rules=$PWD/tools/house.py
cd "$work" || exit 1
licence='SPDX-License-Identifier: BSD-2-Clause'

# file PATH LINE...: a file that begins with its licence line.
file() {
  mkdir -p "$(dirname "$1")"
  printf '%s\n' "// $licence" "${@:2}" >"$1"
}

# finds BREACH: the rules report this line and nothing else. Then the file is put right again.
finds() {
  local found status wanted=1
  found=$(/usr/bin/python3 -B "$rules" . 2>&1)
  status=$?
  [[ -n $1 ]] || wanted=0
  if [[ $status != "$wanted" || $found != "$1" ]]; then
    fail "expected status $wanted, '$1'; got $status, '$found'"
  fi
}

# breach LINE PATH CONTENT...: PATH with this content is a breach, and put back it is none.
breach() {
  local kept=
  [[ ! -e $2 ]] || kept=$(<"$2")
  file "${@:2}"
  finds "$2: $1"
  if [[ -n $kept ]]; then printf '%s\n' "$kept" >"$2"; else rm "$2"; fi
}

file WORKSPACE
file alloc/base/layout.h
file alloc/base/layout_read.h '#include "alloc/base/layout.h"'
file alloc/base/log.h '#include <string.h>'
file alloc/os/os.h '#include "alloc/base/log.h"'
file alloc/uma/uma.h
file alloc/uma/zone.cc '#include "alloc/uma/uma.h"' '#include "zone.h"' '#include "alloc/os/os.h"'
file alloc/uma/zone.h
file mbuf/mbuf.h '#include "alloc/uma/uma.h"'
file preload/malloc.cc '#include "alloc/uma/zone.h"'
file tools/umastat/main.cc '#include "alloc/base/layout_read.h"' '#include "tools/umastat/reader.h"'
file tools/umastat/reader.h
file bench/pairs.cc '#include "alloc/uma/uma.h"' '#include "mbuf/mbuf.h"'
file tests/shell/old_test.sh 'set -u' '. tests/check.sh'
file tests/unit/zone_test.cc '#include "alloc/uma/zone.h"'
finds ''

breach 'must not include alloc/os/os.h' alloc/base/log.h '#include "alloc/os/os.h"'
breach 'must not include alloc/uma/zone.h' alloc/os/os.h '#  include <alloc/uma/zone.h>'
breach 'must not include mbuf/mbuf.h' alloc/uma/zone.h '#include "mbuf/mbuf.h"'
breach 'must not include alloc/base/log.h' alloc/base/layout.h '#include "log.h"'
breach 'must not include alloc/base/layout_read.h' alloc/base/layout.h '#include "layout_read.h"'
breach 'must not include alloc/base/log.h' alloc/base/layout_read.h '#include "alloc/base/log.h"'
breach 'must not include alloc/uma/zone.h' mbuf/mbuf.h '#include "alloc/uma/zone.h"'
breach 'must not include mbuf/mbuf.h' preload/malloc.cc '#include "mbuf/mbuf.h"'
breach 'must not include alloc/base/log.h' tools/umastat/main.cc '#include "alloc/base/log.h"'
breach 'must not include alloc/uma/zone.h' bench/pairs.cc '#include "alloc/uma/zone.h"'
breach 'stands on no known layer of alloc/' alloc/attic/old.h
printf 'gitdir: elsewhere\n' >.git
finds ''
breach 'a test that does not begin with tests/check.sh' tests/shell/new_test.sh 'set -u'
word='TO''DO'
breach "says $word" bench/pairs.cc "// $word: later"
mapfile -t long < <(yes '//' | head -n 450)
breach '451 lines, 450 or more' bench/pairs.cc "${long[@]}"

printf 'no licence\n' >tests/data
finds "tests/data: no line '$licence' near its top"
printf '%s\n' "$licence" >tests/data.license
finds ''
mkdir -p docs && file docs/page
finds 'docs: not one of the entries of the top level'
rm -r docs
ln -s alloc bazel-bin && ln -s /nowhere/uma bazel-tree
finds ''
ln -s ../uma alloc/os/bazel-uma
finds 'alloc/os/bazel-uma: a symbolic link'
rm bazel-bin bazel-tree alloc/os/bazel-uma
file bazel-notes
finds 'bazel-notes: not one of the entries of the top level'
finish
