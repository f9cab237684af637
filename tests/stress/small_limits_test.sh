#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# small_limits_test.sh LIBRARY PROGRAM: programs start and run with 300,000 KiB of address space and
# 64 KiB of stack, which is also the stack of their threads. PROGRAM is the oracle.
# shellcheck source=tests/check.sh
. tests/check.sh

library=$(realpath -e "$1") || exit 1
oracle=$2

# run STACK_KIB LIBRARY COMMAND...
run() {
  (
    ulimit -c 0 -v 300000 -s "$1"
    preload=$2
    shift 2
    LD_PRELOAD=$preload exec "$@" 2>&1 </dev/null
  )
}

# same STACK_KIB COMMAND...: the same output with the library as without it.
same() {
  local stack=$1 bare with status
  shift
  bare=$(run "$stack" '' "$@") || { fail "$* without the library: $bare"; return; }
  with=$(run "$stack" "$library" "$@")
  status=$?
  if [ $status != 0 ] || [ "$with" != "$bare" ]; then
    fail "$* ended with $status: $with; without the library: $bare"
  fi
}

# works STACK_KIB COMMAND...: for programs that are too large for glibc under these limits.
works() {
  local stack=$1 with
  shift
  with=$(run "$stack" "$library" "$@") || fail "$*: $with"
}

same 64 /bin/true
same 64 ls /
# shellcheck disable=SC2016 # for the inner shell
same 64 bash -c 'for i in 1 2 3; do echo "$i" | cat; done'
same 64 awk 'BEGIN { for (i = 0; i < 100000; i++) a[i] = i "x"; print length(a) }'
# shellcheck disable=SC2016 # for perl
same 64 perl -e 'my %h; $h{$_} = "v" x $_ for 1 .. 1000; print scalar(keys %h), "\n"'
same 64 sort --parallel=2 /etc/services
# Python itself needs more stack than that.
same 1024 python3 -c 'print(sum(len(str(i)) for i in range(100000)))'
same 1024 python3 -c 'import threading
ts = [threading.Thread(target=lambda: [bytes(i) for i in range(1000)]) for _ in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]; print("done")'
works 64 "$oracle" --ops 20000 --threads 1
works 64 "$oracle" --ops 20000 --threads 8

finish
