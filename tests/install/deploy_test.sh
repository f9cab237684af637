#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2016,SC2046 # inner shells expand; pkg-config prints words
# An installation from what is built: complete, usable by a compiler, by umarun and by umastat, and
# replaced without harm to what runs. Works in the runfiles, which are laid out as bazel-bin.
# shellcheck source=tests/check.sh
. tests/check.sh
deploy=$PWD/tools/deploy bin_dir=$PWD sources=$PWD/tests/install manual=$PWD/tools/man/uma.3
cd "$work" || exit 1
unset LD_LIBRARY_PATH PKG_CONFIG_LIBDIR
for tool in pkg-config gcc; do
  command -v "$tool" >/dev/null || { echo "SKIP: $tool is not installed" && exit 0; }
done

# refused STATUS MESSAGE ARGUMENT...: one line on stderr with MESSAGE in it.
refused() {
  "$deploy" "${@:3}" >out 2>err
  [[ $? == "$1" && ! -s out && $(wc -l <err) == 1 && $(<err) == "deploy: "*"$2"* ]] ||
    fail "expected status $1, one line with '$2', got: $(<err): ${*:3}"
}

installs() {
  local path
  "$deploy" --bin-dir "$bin_dir" installed/here >out 2>err || fail "status $?: $(<err)"
  [[ ! -s out && ! -s err ]] || fail "not silent: $(cat out err)"
  find installed/here ! -type d | sort >found
  sort >wanted <<'LIST'
installed/here/bin/umarun
installed/here/bin/umastat
installed/here/include/uma/layout.h
installed/here/include/uma/smr.h
installed/here/include/uma/uma.h
installed/here/include/uma/uma.hpp
installed/here/lib/cmake/uma/uma-config-version.cmake
installed/here/lib/cmake/uma/uma-config.cmake
installed/here/lib/libuma.a
installed/here/lib/libuma.so
installed/here/lib/libuma.so.1
installed/here/lib/libuma_malloc.a
installed/here/lib/libuma_malloc.so
installed/here/lib/pkgconfig/uma.pc
installed/here/lib/pkgconfig/uma_malloc.pc
installed/here/lib/uma/tools/common.sh
installed/here/lib/uma/tools/elf.sh
installed/here/lib/uma/tools/umarun
installed/here/share/man/man1/umarun.1
installed/here/share/man/man1/umastat.1
installed/here/share/man/man3/uma.3
installed/here/share/man/man7/uma-options.7
LIST
  diff wanted found || fail 'not exactly the files that are wanted'
  prefix=$work/installed/here
  export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
  while IFS= read -r path; do
    [[ -r $path ]] || fail "$path cannot be read"
  done <found
}

# compiles NAME PACKAGE SOURCE FLAG...: then NAME runs.
compiles() {
  gcc -Wall -Wextra -Werror -O1 -fno-builtin $(pkg-config --cflags "$2") "$3" -o "$1" \
    $(pkg-config --libs "${static[@]}" "$2") "${@:4}" >log 2>&1 || fail "$1: not compiled: $(<log)"
  LD_LIBRARY_PATH=$prefix/lib "./$1" >out 2>err || fail "$1: status $?: $(<err)"
}

# shows NAME ROW...: its zone table has the rows.
shows() {
  local row
  LD_LIBRARY_PATH=$prefix/lib UMA_OPTIONS=stats:exit "./$1" print 2>err
  for row in "${@:2}"; do grep -q "^$row:" err || fail "$1: no row $row: $(<err)"; done
}

serves_compilers() {
  local static=()
  compiles api uma "$sources/api.c"
  compiles heap uma_malloc "$sources/heap.c"
  compiles both uma_malloc "$sources/api.c"
  shows both shown malloc-5120
  # A program that never says malloc itself.
  printf '#include <stdio.h>\n#include <string.h>\nint main(void) { return puts(strdup("x")) < 0; }\n' \
    >quiet.c
  compiles quiet uma_malloc quiet.c
  shows quiet malloc-16
  static=(--static)
  compiles api_static uma "$sources/api.c" -static
  compiles heap_static uma_malloc "$sources/heap.c" -static
  compiles quiet_static uma_malloc quiet.c -static
  shows quiet_static malloc-16
  static=()
  # The example of the manual.
  sed -n '/^#include <uma\/uma.h>/,/^\.Ed/p' "$manual" | grep -v '^\.Ed' >example.c
  grep -q uma_zcreate example.c || fail "no example in $manual"
  compiles example uma example.c
  manual_compiles
}

# The command that the manual gives, as a reader copies it from the screen; what it makes runs as
# it is.
manual_compiles() {
  local command
  command -v man >/dev/null || { echo 'SKIP: man is not installed' && return; }
  mkdir copied cc
  printf '#!/bin/bash\nexec gcc "$@"\n' >cc/cc && chmod 755 cc/cc
  cp example.c copied/point.c
  command=$(MANWIDTH=80 LC_ALL=C.UTF-8 man -l "$manual" 2>/dev/null |
    sed -n '/^ *cc point\.c/ { :more; /\\$/ { N; b more }; p }')
  [[ -n $command ]] || fail "no command in $manual"
  (cd copied && PATH=$work/cc:$PATH bash -c "$command") >out 2>err ||
    fail "status $? of the manual's command: $command"
  copied/a.out >out 2>err || fail "status $? of what the manual's command made: $command"
}

# A program linked with libuma, in a process whose malloc is preloaded: one allocator, one table.
is_one_allocator() {
  LD_LIBRARY_PATH=$prefix/lib LD_PRELOAD=$prefix/lib/libuma_malloc.so ./api print 2>err
  [[ $(grep -c '^ITEM' err) == 1 && $(grep -c -e '^shown:' -e '^malloc-5120:' err) == 2 ]] ||
    fail "the zones of a preloaded program are not in one table: $(<err)"
}

runs_programs() {
  (cd / && "$prefix/bin/umarun" --stats -- true) 2>err || fail "umarun: status $?: $(<err)"
  grep -q '^ITEM' err || fail "umarun: no table: $(<err)"
  [[ $("$prefix/bin/umarun" -- sh -c 'echo "$LD_PRELOAD"') == "$prefix/lib/libuma_malloc.so" ]] ||
    fail 'umarun does not use the installed library'
  "$prefix/bin/umarun" -- sh -c "'$prefix/bin/umastat' \$\$" >out 2>err || fail "umastat: $(<err)"
  grep -q '^malloc-' out || fail "umastat shows no zone of malloc: $(<out)"
  mv "$prefix" "$work/moved"
  [[ $("$work/moved/bin/umarun" -- sh -c 'echo "$LD_PRELOAD"') == "$work/moved/lib/libuma_malloc.so" ]] ||
    fail 'umarun does not find its library after a move'
  mv "$work/moved" "$prefix"
  mv "$prefix/lib/libuma_malloc.so" kept.so
  "$prefix/bin/umarun" -- true 2>err
  [[ $? == 1 && $(wc -l <err) == 1 && $(<err) == *'is missing'* ]] ||
    fail "umarun without its library: $(<err)"
  mv kept.so "$prefix/lib/libuma_malloc.so"
}

# The file that a program has mapped is not written again.
replaces() {
  local library=$prefix/lib/libuma_malloc.so before
  before=$(stat -c %i "$library")
  exec 3<"$library"
  "$deploy" --bin-dir "$bin_dir" "$prefix" 2>err || fail "the second time: $(<err)"
  [[ $(stat -c %i "$library") != "$before" ]] || fail 'a library was written in place'
  cmp -s /dev/fd/3 "$library" || fail 'the old library changed'
  exec 3<&-
  find "$prefix" ! -type d | sed 's,.*installed,installed,' | sort | diff found - ||
    fail 'files are left over'
}

refuses() {
  refused 2 'no PREFIX'
  refused 2 'unknown option --nonsense' --nonsense "$work/x"
  refused 2 '--bin-dir needs a value' --bin-dir
  refused 2 'no such folder: /nowhere' --bin-dir /nowhere "$work/x"
  refused 2 'more than one PREFIX: b' a b
  refused 2 'pkg-config' --bin-dir "$bin_dir" "$work/with space"
  mkdir empty
  refused 1 'not built: empty/alloc/libuma.so.1' --bin-dir empty "$work/x"
  : >file
  refused 1 "cannot install $work/file/lib/libuma.so.1: Not a directory" \
    --bin-dir "$bin_dir" "$work/file"
  # In the way of each kind of thing that is installed: a file, a link, one from a template.
  local target
  for target in lib/libuma.so.1 lib/libuma.so lib/pkgconfig/uma.pc; do
    mkdir -p "blocked/$target/inside"
    refused 1 "cannot install $work/blocked/$target: cannot overwrite directory" \
      --bin-dir "$bin_dir" "$work/blocked"
    [[ -z $(find blocked -name '*.new.*') ]] || fail "left over: $(find blocked -name '*.new.*')"
    rm -r blocked
  done
  if ((UID != 0)); then
    mkdir locked && chmod a-w locked
    refused 1 "cannot install $work/locked/lib/libuma.so.1: Permission denied" \
      --bin-dir "$bin_dir" "$work/locked"
  fi
  "$deploy" --help >out 2>err
  [[ $? == 0 && ! -s err && $(<out) == *'--bin-dir DIR'* ]] || fail '--help'
}

installs
serves_compilers
is_one_allocator
runs_programs
replaces
refuses
finish
