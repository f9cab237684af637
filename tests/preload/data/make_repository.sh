#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Makes a git repository at DIRECTORY whose every commit id is always the same.
set -euo pipefail
git init -q -b main "$1"
cd "$1"

# One fast-import stream instead of 200 commits: the same objects in a fraction of the time.
for commit in {1..200}; do
  printf 'commit refs/heads/main\nmark :%d\n' "$commit"
  printf 'committer A Tester <tester@example.org> %d +0000\n' $((1700000000 + commit * 60))
  message="Change number $commit"
  printf 'data %d\n%s\n' ${#message} "$message"
  if ((commit > 1)); then printf 'from :%d\n' $((commit - 1)); fi
  for file in $((commit % 40)) $((commit * 7 % 40)) $((40 + commit)); do
    body=$(seq -f "file $file line %g of commit $commit" $((50 + commit % 30)))
    printf 'M 100644 inline directory%d/file%d.txt\ndata %d\n%s\n' $((file % 6)) "$file" ${#body} "$body"
  done
  printf '\n'
done | git fast-import --quiet
git tag end main
