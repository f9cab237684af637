#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2046 # pkg-config prints words
# The examples of how to link with an installation, one for each build tool, with the linker told to
# drop what it can: the programs run and their malloc is ours, by what umarun says and by what they
# did. Once more after the installation has been moved. Works in the runfiles, laid out as bazel-bin.
# shellcheck source=tests/check.sh
. tests/check.sh
export LC_ALL=C
deploy=$PWD/tools/deploy bin_dir=$PWD examples=$PWD/tests/install/examples
cd "$work" || exit 1
unset LD_LIBRARY_PATH PKG_CONFIG_LIBDIR
export HOME=$work LDFLAGS=-Wl,--as-needed

# is_ours HOW PROGRAM: HOW is what umarun says of it.
is_ours() {
  local said
  said=$("$prefix/bin/umarun" --check "$2" 2>&1)
  [[ $said == "$2: uma, linked $1" ]] || fail "umarun says: $said"
  UMA_OPTIONS=stats:exit "$2" >out 2>err || fail "$2: status $?: $(<err)"
  [[ $(<out) == 'it runs' ]] || fail "$2 prints $(<out)"
  grep -q '^malloc-16:' err || fail "$2 does not allocate with uma: $(<err)"
}
is_linked() { is_ours "with $prefix/lib/libuma_malloc.so" "$1"; }
is_static() { is_ours statically "$1"; }

# built NAME COMMAND...
built() { "${@:2}" >log 2>&1 || { fail "$1 does not build: $(<log)" && return 1; }; }

with_compiler() {
  local linker
  for linker in bfd gold lld; do
    command -v "ld.$linker" >/dev/null || { echo "there is no ld.$linker to try" && continue; }
    built "$linker" gcc -fuse-ld="$linker" "$LDFLAGS" $(pkg-config --libs uma_malloc) \
      examples/program.c -Wl,-rpath,"$prefix/lib" -o "$linker" && is_linked "./$linker"
    built "$linker, static" gcc -fuse-ld="$linker" -static -Wl,--fatal-warnings examples/program.c \
      $(pkg-config --static --libs uma_malloc) -o "$linker" && is_static "./$linker"
  done
}

with_make() {
  built make make -C examples/make && is_linked ./examples/make/program
  rm -f examples/make/program
  built 'make, static' make -C examples/make \
    LDLIBS="-static $(pkg-config --static --libs uma_malloc)" && is_static ./examples/make/program
}

# with_cmake FOLDER
with_cmake() {
  built "$1" cmake -S "examples/$1" -B "$1" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release &&
    built "$1" cmake --build "$1" || return
  is_linked "./$1/program"
  is_static "./$1/program_static"
}

with_meson() {
  built meson meson setup meson examples/meson && built meson meson compile -C meson || return
  is_linked ./meson/program
  is_static ./meson/program_static
}

with_cargo() {
  (
    cd examples/cargo || exit 1
    unset LDFLAGS
    export CARGO_HOME=$work/cargo RUSTFLAGS='-C link-arg=-Wl,--as-needed'
    cargo build --offline --release
  ) >log 2>&1 || { fail "cargo: does not build: $(<log)" && return; }
  is_static ./examples/cargo/target/release/program
}

# everywhere PREFIX: all of them against the installation there.
everywhere() {
  prefix=$1
  export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
  rm -rf examples cmake cmake_pkgconfig meson
  cp -rL "$examples" . && chmod -R u+w examples || exit 1
  with_compiler
  with_make
  with_cmake cmake
  with_cmake cmake_pkgconfig
  with_meson
  with_cargo
}

for tool in cargo cmake make meson pkg-config; do
  command -v "$tool" >/dev/null || { echo "SKIP: $tool is not installed" && exit 0; }
done
"$deploy" --bin-dir "$bin_dir" "$work/here" || exit 1
everywhere "$work/here"
mkdir -p moved/far && mv here moved/far/away
everywhere "$work/moved/far/away"
finish
