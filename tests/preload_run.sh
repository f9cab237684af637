#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# preload_run.sh [--library PATH] [--env KEY=VALUE]... [--under WORD]... PROGRAM [ARGUMENT]...
# Runs one program with the library preloaded into it, or without one.
set -u

under=()
environment=()
while [ $# -gt 0 ]; do
  case $1 in
    --library)
      library=$(realpath -e "$2") || exit 1
      # UMA_TEST_LIBRARY makes the program prove that the library is mapped.
      environment+=("LD_PRELOAD=$library" "UMA_TEST_LIBRARY=$library")
      ;;
    --env) environment+=("$2") ;;
    --under) under+=("$2") ;;
    *) break ;;
  esac
  shift 2
done
ulimit -c 0
exec env ${environment[@]+"${environment[@]}"} ${under[@]+"${under[@]}"} "$@"
