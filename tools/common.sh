# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# What the commands in this folder share. The caller has set `tree`, the root of the sources.

uma_version=0.1.0
self=${0##*/}

say() { printf '%s: %s\n' "$self" "$*" >&2; }

# die STATUS MESSAGE...
die() {
  say "${@:2}"
  exit "$1"
}

# A folder that is ours alone, made on demand; fails when somebody else owns it.
private_dir() {
  mkdir -p "$1" 2>/dev/null && [[ -O $1 && -w $1 && ! -L $1 ]]
}

# cache_dir: prints the folder for what is built or remembered for this tree. Root's is readable by
# all, because a program that drops its privileges starts children that load the library again.
cache_dir() {
  local base sum dir
  sum=$(printf '%s' "$tree" | cksum)
  sum=${sum%% *}
  if ((EUID == 0)); then base=/var/cache; else base=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}; fi
  # The loader splits LD_PRELOAD at spaces and colons.
  if [[ $base != *[[:space:]:]* ]]; then
    dir=$base/uma/$sum
    if private_dir "$dir"; then
      printf '%s\n' "$dir"
      return
    fi
  fi
  dir=/tmp/uma-$EUID
  if (umask 077 && private_dir "$dir") && private_dir "$dir/$sum"; then
    printf '%s\n' "$dir/$sum"
    return
  fi
  die 1 "no folder for the built library: neither $base/uma nor $dir is ours to write"
}

# need_plain_path: ends with one line where Bazel cannot work, which by itself says so late and at
# length.
need_plain_path() {
  local LC_ALL=C
  [[ $tree != *[^!-~]* ]] || die 1 "Bazel can build nothing in a folder whose name has" \
    "spaces or letters other than ASCII, so move the tree: $tree"
}

# Bazel wants a home and a user name, and must not run under the caller's preloaded libraries.
run_bazel() (
  cd "$tree" || exit 1
  unset LD_PRELOAD UMA_OPTIONS
  if [[ ! -w ${HOME:-/nonexistent} ]]; then
    HOME=$(cache_dir)
    export HOME
    unset XDG_CACHE_HOME
  fi
  USER=${USER:-$(id -un 2>/dev/null || id -u)}
  export USER
  exec bazel "$@" </dev/null
)
