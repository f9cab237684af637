#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# compare_test.sh COMPARE LAUNCH LIBRARY: bench/compare on built programs, from the command line.
# shellcheck source=tests/check.sh
. tests/check.sh
compare=$1
bin=$(dirname "$2")
library=$3
folder=$(dirname "$compare")
scratch=$work
export HOME=$scratch

check() {
  "${@:2}" || fail "$1: $(cat "$scratch/stderr" 2>/dev/null)"
}

measure() {
  "$compare" --quick --no-install --bin-dir "$bin" --ours "$library" --peers glibc "$@"
}

# The command fails and says why in one line that contains the text.
refused() {
  local text=$1 status
  shift
  "$@" >"$scratch/stdout" 2>"$scratch/stderr"
  status=$?
  if ((status == 0)) || (($(wc -l <"$scratch/stderr") != 1)) ||
    ! grep -q -e "$text" "$scratch/stderr"; then
    fail "status $status, wanted one line with '$text': $*: $(<"$scratch/stderr")"
  fi
}

# shellcheck disable=SC2317 # called through check
json() {
  /usr/bin/python3 -c "
import json, sys
result = json.load(open(sys.argv[1]))
sys.exit(0 if $2 else 1)" "$1"
}

# A measurement with a third library that is broken and a fourth that is not there.
echo "this is no library" >"$scratch/broken.so"
measure --only '^hot64$' --rounds 1 --add "broken=$scratch/broken.so" \
  --add "gone=$scratch/gone.so" --out "$scratch/out" 2>"$scratch/stderr"
check "a measurement succeeds" test $? -eq 0
check "a broken library is named" grep -q '^compare: broken is left out: ' "$scratch/stderr"
check "a missing library is named" grep -q '^compare: gone is left out: .*no such library' \
  "$scratch/stderr"
check "one cell is reported" grep -q '^| hot64 | time | [0-9.]* ns | \**[0-9.]*\** |$' \
  "$scratch/out/report.md"
check "the JSON has the cell" json "$scratch/out/results.json" \
  "[f['cell'] for f in result['figures']] == ['hot64'] and
   result['figures'][0]['ratios']['glibc']['ratio'] > 0 and
   [a['name'] for a in result['allocators']] == ['ours', 'glibc']"
if /usr/bin/python3 -c 'import matplotlib' 2>/dev/null; then
  check "there is a plot" test -s "$scratch/out/time.svg" -a -s "$scratch/out/time.png"
else
  check "the missing plots are explained" grep -q 'python3-matplotlib' "$scratch/stderr"
fi

# A real program and a memory cell.
measure --only '^starts$|^idle_threads64$' --rounds 1 --out "$scratch/real" 2>"$scratch/stderr"
check "a program and a memory cell succeed" test $? -eq 0
check "both have figures" json "$scratch/real/results.json" \
  "{(f['cell'], f['metric']) for f in result['figures'] if 'glibc' in f['ratios']} ==
   {('starts', 'cpu'), ('starts', 'wall'), ('starts', 'rss'), ('idle_threads64', 'rss')} and
   len(result['rss_over_time_kib']['idle_threads64']['ours']) > 5 and not result['failures']"

# An interrupt after the first round keeps what was measured.
/usr/bin/python3 - "$compare" --quick --no-install --bin-dir "$bin" --ours "$library" --peers glibc \
  --only '^hot64$' --rounds 1000 --out "$scratch/cut" <<'END'
import signal
import subprocess
import sys

process = subprocess.Popen(sys.argv[1:], stderr=subprocess.PIPE, text=True)
while "round 1 done" not in process.stderr.readline():
    if process.poll() is not None:
        sys.exit("compare ended too early")
process.send_signal(signal.SIGINT)
process.communicate()
sys.exit(0 if process.returncode == 128 + signal.SIGINT else "status %d" % process.returncode)
END
check "an interrupt ends it in order" test $? -eq 0
check "an interrupted report is complete" json "$scratch/cut/results.json" \
  "result['stopped_early'] == 'interrupted' and result['figures'][0]['medians']['ours'] > 0"

# The programs refuse to measure the wrong allocator.
refused 'is not loaded' env UMA_BENCH_LIB=/nowhere/lib.so "$bin/cells" --benchmark_list_tests
refused 'is not loaded' env UMA_BENCH_LIB=/nowhere/lib.so "$bin/memory" peak_mixed
refused "not the C library's" env LD_PRELOAD="$(realpath "$library")" UMA_BENCH_LIB= \
  "$bin/pairs" hot64 1

# Bad arguments.
refused 'unrecognized arguments: --quik' "$compare" --quik
refused 'not a positive number' "$compare" --rounds 0
refused 'no regular expression' "$compare" --only '['
refused 'no cell matches' "$compare" --only '^nothing$'
refused 'not NAME=LIB' "$compare" --add nameless
refused 'is taken' "$compare" --add jemalloc=/lib/x.so
refused 'no peer' "$compare" --peers nosuch
refused '/nowhere/lib.so: no such file' "$compare" --no-install --bin-dir "$bin" \
  --ours /nowhere/lib.so
refused '/nowhere/old.so: no such file' measure --base /nowhere/old.so
refused 'has no program cells' "$compare" --no-install --bin-dir / --ours "$library"
refused 'cannot be measured' "$compare" --no-install --bin-dir "$bin" --ours "$scratch/broken.so" \
  --out "$scratch/none"
check "--help works" "$compare" --help >/dev/null

# The tables, the programs and the README name the same cells.
"$compare" --list >"$scratch/list"
"$bin/cells" --benchmark_list_tests | sed 's,/.*,,' | sort >"$scratch/registered"
awk '$1 == "micro" {print $2}' "$scratch/list" | sort >"$scratch/listed"
check "every registered cell is listed" diff "$scratch/registered" "$scratch/listed"
while read -r _ name _; do
  check "the README explains $name" grep -qE "^\\| $name( \\*)? \\|" "$folder/README.md"
done <"$scratch/list"

finish
