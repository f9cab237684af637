#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# repository.sh FOLDER: makes a git repository of 300 commits of growing text files.
set -eu
git init -q "$1"
cd "$1"
git config user.name bench
git config user.email bench@example.org
git config gc.auto 0
i=0
while [ $i -lt 300 ]; do
  seq $((i * 7)) $((i * 11 + 2000)) >"file$((i % 40)).txt"
  git add .
  git commit -q -m "commit $i"
  i=$((i + 1))
done
