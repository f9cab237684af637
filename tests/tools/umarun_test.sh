#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2016 # the inner shells expand
# What umarun passes on, what it refuses, and of what it warns. Arguments: the library, its
# archive, a program with its own malloc, one that links another allocator, one that has another
# allocator in itself.
# shellcheck source=tests/check.sh
. tests/check.sh
lib=$PWD/$1 archive=$PWD/$2 own_malloc=$PWD/$3 linked=$PWD/$4 offers=$PWD/$5
umarun=$PWD/tools/umarun
cd "$work" || exit 1

# run ARGUMENT...: leaves status, out and err behind.
run() {
  { "$umarun" --lib "$lib" "$@" >out 2>err; } 2>killed
  status=$?
}

# expect STATUS OUTPUT ARGUMENT...
expect() {
  run "${@:3}" </dev/null
  [[ $status == "$1" && $(<out) == "$2" ]] || fail "expected status $1, output '$2': ${*:3}"
}

# refused STATUS MESSAGE ARGUMENT...: exactly one line on stderr, MESSAGE in it, no output.
refused() {
  run "${@:3}" </dev/null
  [[ $status == "$1" && ! -s out && $(wc -l <err) == 1 && $(<err) == "umarun: "*"$2"* ]] ||
    fail "expected status $1, one line with '$2': ${*:3}"
}

# elf FILE CLASS MACHINE: the header of a program as od, the loader and the kernel would see it.
elf() {
  printf '\x7fELF%b\x01\x01\0\0\0\0\0\0\0\0\0\x02\0%b\0\x01\0\0\0' "$2" "$3" >"$1"
  head -c 40 /dev/zero >>"$1"
  chmod 755 "$1"
}

# script FILE LINE...
script() {
  printf '%s\n' "${@:2}" >"$1"
  chmod 755 "$1"
}

passes_through() {
  expect 0 '' -- true
  expect 7 '' -- sh -c 'exit 7'
  expect 143 '' -- sh -c 'kill -TERM $$'
  expect 137 '' sh -c 'kill -KILL $$'
  expect 0 $'a\n--stats\nb c' -- printf '%s\n' a --stats 'b c'
  printf 'from stdin' | run -- cat
  [[ $status == 0 && $(<out) == 'from stdin' ]] || fail 'stdin is not passed on'
  expect 0 "sh" -- sh -c 'tr "\0" "\n" </proc/$$/cmdline | head -n 1'
}

sets_the_environment() {
  expect 0 "$lib" -- sh -c 'echo "$LD_PRELOAD"'
  LD_PRELOAD=libc.so.6 expect 0 "$lib:libc.so.6" -- sh -c 'echo "$LD_PRELOAD"'
  expect 0 '' -- sh -c 'echo "${UMA_OPTIONS-}"'
  UMA_OPTIONS=a:1 expect 0 'a:1,b:2,c:d:e' --option b:2 --option=c:d:e -- \
    sh -c 'echo "$UMA_OPTIONS"' # unknown keys only draw a warning from the library
  expect 0 same --stats -- sh -c '[ "$UMA_OPTIONS" = "stats:$$" ] && echo same'
}

reaches_children() {
  expect 0 yes -- sh -c 'grep -q "/libuma_malloc\.so" /proc/self/maps && echo yes; true'
  run --stats -- bash -c 'ls / >/dev/null; (ls / >/dev/null; exit 0); bash -c "true; true"; true'
  [[ $status == 0 && $(grep -c '^ITEM' err) == 1 ]] || fail 'not exactly one table with --stats'
  run -- sh -c 'ls / >/dev/null; true'
  [[ $status == 0 && ! -s err ]] || fail 'something on stderr without --stats'
}

follows_scripts() {
  script plain '#!/bin/sh' 'echo "$0 $1"'
  expect 0 "$work/plain x" -- ./plain x
  script 'with space' '#!/usr/bin/env -S sh -e' 'echo spaced'
  expect 0 spaced -- './with space'
  script bare 'echo "bare $1"'
  expect 0 'bare x' -- ./bare x
  script lost '#!/nowhere/interpreter'
  refused 127 "'/nowhere/interpreter' was not found" -- ./lost
  script lost_env '#!/usr/bin/env no-such-interpreter'
  refused 127 'no-such-interpreter: not found' -- ./lost_env
  script wiped '#!/usr/bin/env -i' 'true'
  refused 126 'env -i' -- ./wiped
  script loop "#!$work/loop"
  refused 126 'too many interpreters' -- ./loop
}

takes_odd_paths() {
  mkdir 'a b:c'
  cp "$lib" 'a b:c/libuma_malloc.so'
  cp "$(type -P echo)" 'a b:c/my echo'
  "$umarun" --lib 'a b:c/libuma_malloc.so' -- 'a b:c/my echo' fine >out 2>err
  [[ $? == 0 && $(<out) == fine && ! -s err ]] || fail 'spaces and colons in paths'
}

refuses() {
  refused 127 'no-such-program: not found' -- no-such-program
  refused 127 './no-such-file: not found' -- ./no-such-file
  refused 126 'is a directory' -- "$work"
  : >text
  refused 126 'not executable' -- ./text
  refused 126 'statically linked' -- /sbin/ldconfig
  elf program32 '\x01' '\x03'
  refused 126 '32-bit' -- ./program32
  elf program_arm '\x02' '\xb7'
  refused 126 'another machine' -- ./program_arm
  elf program_short '\x02' '\x3e'
  refused 126 'damaged' -- ./program_short
  printf 'x\0y' >junk && chmod 755 junk
  refused 126 'neither a program nor a script' -- ./junk
  refused 126 'brings its own malloc' -- "$own_malloc"
  printf 'no library' >fake.so
  lib=$work/fake.so refused 126 'cannot load' -- true
}

# warned MESSAGE OUTPUT ARGUMENT...: runs, after exactly one line on stderr.
warned() {
  run "${@:3}" </dev/null
  [[ $status == 0 && $(<out) == "$2" && $(wc -l <err) == 1 && $(<err) == "umarun: warning: "*"$1"* ]] ||
    fail "expected one line with '$1' and output '$2': ${*:3}"
}

warns() {
  warned '/libjemalloc.so.2, another allocator' ok -- "$linked"
  grep -q -E ' calls [a-z]+allocx of .*foreign in uma-options' err || fail 'what is called, and the option'
  warned "$offers has mallocx in itself" '' -- "$offers"
}

# A library that was built for a later libc, and one that asks for a function nobody has.
refuses_what_cannot_load() {
  printf 'void future(void) {}\n' >libc.c
  printf 'GLIBC_9.99 { future; };\n' >libc.map
  printf 'void future(void);\nvoid* malloc(unsigned long n) { return future(), (void*)n; }\n' >new.c
  gcc -shared -fPIC -nostdlib -Wl,-soname,libc.so.6,--version-script=libc.map libc.c -o libc.so.6 ||
    fail 'no libc.so.6'
  gcc -w -shared -fPIC -nostdlib new.c ./libc.so.6 -o new.so || fail 'no new.so'
  gcc -w -shared -fPIC new.c -o lacks.so || fail 'no lacks.so'
  lib=$work/new.so refused 126 "has a libc without GLIBC_9.99, which $work/new.so needs" -- true
  lib=$work/lacks.so refused 126 "has no future in its libraries, which $work/lacks.so" -- true
}

# says OUTPUT ARGUMENT...: --check runs nothing, and this is all it prints.
says() { expect 0 "$1" --check "${@:2}"; }

checks() {
  says "$(type -P true): uma when umarun starts it, by itself another malloc" true
  script checked '#!/bin/sh' 'echo has run'
  says '/bin/sh: uma when umarun starts it, by itself another malloc' ./checked an argument
  refused 126 'brings its own malloc' --check "$own_malloc"
  refused 126 'statically linked' --check /sbin/ldconfig
  refused 127 'not found' --check no-such-program
  printf 'int main(void) { return 0; }\n' >linked.c
  gcc -Wl,--no-as-needed linked.c "$lib" -Wl,-rpath,"${lib%/*}" -o linked || fail 'the program is not linked'
  says "./linked: uma, linked with $lib" ./linked
  gcc -Wl,--undefined=malloc linked.c "$archive" -o held || fail 'the program is not linked'
  gcc -static -Wl,--gc-sections,--undefined=malloc linked.c "$archive" -o static ||
    fail 'the program is not linked'
  says './held: uma, linked statically' ./held
  says './static: uma, linked statically' ./static
  # Raised rights forbid to preload, and nothing else.
  chmod 4755 static && says './static: uma, linked statically' ./static
}

# Root needs a program of somebody else; everybody else finds one of root's.
refuses_privileged() {
  local setuid=/usr/bin/passwd setgid=/usr/bin/chage
  if ((UID == 0)); then
    setuid=./setuid setgid=./setgid
    cp "$(type -P true)" setuid && chown 65534 setuid && chmod 4755 setuid
    cp "$(type -P true)" setgid && chgrp 65534 setgid && chmod 2755 setgid
    cp "$(type -P true)" mine && chmod 4755 mine
    expect 0 '' -- ./mine
  fi
  if [[ -u $setuid && -g $setgid ]]; then
    refused 126 'setuid' -- "$setuid"
    refused 126 'setgid' -- "$setgid"
  else
    printf 'SKIP: no setuid and setgid programs here\n'
  fi
}

reads_its_command_line() {
  refused 2 'unknown option --nonsense' --nonsense -- true
  refused 2 'no program' --
  refused 2 'no program'
  refused 2 '--option needs a value' --option
  refused 2 'not KEY:VALUE: x' --option x -- true
  refused 2 'not KEY:VALUE: a:b,c:d' --option a:b,c:d -- true
  refused 2 'no such library: /nowhere.so' --lib /nowhere.so -- true
  run --version
  [[ $status == 0 && $(<out) =~ ^umarun\ [0-9]+\.[0-9]+\.[0-9]+$ && ! -s err ]] || fail '--version'
  run --help
  [[ $status == 0 && ! -s err ]] || fail '--help'
  local option
  for option in --stats --lib --option --check --help --version; do
    grep -q -e "^  $option" out || fail "--help does not explain $option"
  done
}

passes_through
sets_the_environment
reaches_children
follows_scripts
takes_odd_paths
refuses
refuses_what_cannot_load
checks
refuses_privileged
warns
reads_its_command_line
finish
