#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# interpose_test.sh LIBRARY WORKLOAD REPLACING
# The library beside others that are preloaded into the same program, in both orders. The program
# must end as it does alone. A tool that this machine lacks is named in the log.
# shellcheck source=tests/check.sh
. tests/check.sh
library=$(realpath -e "$1") workload=$(realpath -e "$2") replacing=$(realpath -e "$3") || exit 1
lib=/usr/lib/x86_64-linux-gnu
tried=0 blocks=''
ulimit -c 0

# try NAME COMMAND...: the command must end in time, successfully, with one line "ok".
try() {
  local name=$1 status
  shift
  tried=$((tried + 1))
  timeout -s KILL 60 "$@" </dev/null >"$work/out" 2>"$work/err"
  status=$?
  if ((status == 0)) && [[ $(<"$work/out") == *ok ]]; then return; fi
  fail "$name: status $status (137: it hung): $(head -c 1000 "$work/out" "$work/err")"
}

# beside NAME OTHER [WORD]...: both orders, with and without restartable sequences. The words set
# what the other library wants from its environment.
beside() {
  local name=$1 other=$2 order options
  shift 2
  if [[ ! -e $other ]]; then
    echo "not installed here: $name ($other)"
    return
  fi
  for order in "$other $library" "$library $other"; do
    for options in '' rseq:off; do
      try "$name, LD_PRELOAD='$order', UMA_OPTIONS='$options'" \
        env "$@" "UMA_OPTIONS=$options" "LD_PRELOAD=$order" "$workload" ${blocks:+"$blocks"}
    done
  done
}

try 'alone' env "LD_PRELOAD=$library" "$workload"
beside 'functions that allocate' "$replacing"
beside libfaketime "$lib/faketime/libfaketime.so.1" 'FAKETIME=2020-01-01 00:00:00'
beside 'libfaketime, running backwards' "$lib/faketime/libfaketimeMT.so.1" 'FAKETIME=-100d x-3'
beside eatmydata "$lib/libeatmydata.so"
beside torsocks "$lib/torsocks/libtorsocks.so"
beside heaptrack /usr/lib/heaptrack/libheaptrack_preload.so DUMP_HEAPTRACK_OUTPUT=/dev/null
blocks=--unaligned beside memusage /lib/x86_64-linux-gnu/libmemusage.so
beside libc_malloc_debug /lib/x86_64-linux-gnu/libc_malloc_debug.so.0
beside 'libc_malloc_debug, checking' /lib/x86_64-linux-gnu/libc_malloc_debug.so.0 MALLOC_CHECK_=3
if command -v fakeroot >/dev/null; then
  # shellcheck disable=SC2016 # for the inner shell
  for order in '$1 $LD_PRELOAD' '$LD_PRELOAD $1'; do
    try "fakeroot, $order" fakeroot sh -c "LD_PRELOAD=\"$order\" exec \"\$2\"" sh "$library" "$workload"
  done
else
  echo 'not installed here: fakeroot'
fi
echo "$tried runs, $failures failed"
finish
