# SPDX-License-Identifier: BSD-2-Clause
"""Runs the situations of a test, each with restartable sequences and without."""

import subprocess
import sys

from proof import Failure

# glibc's tunable forbids them.
VARIANTS = {"rseq": {}, "no rseq": {"GLIBC_TUNABLES": "glibc.pthread.rseq=0"}}


def run_all(situations_of):
    """Calls what situations_of(variant) yields, pairs of a name and a function. The exit status."""
    count = failures = 0
    for variant in VARIANTS:
        for name, situation in situations_of(variant):
            count += 1
            try:
                situation()
            except (Failure, OSError, subprocess.SubprocessError) as error:
                failures += 1
                print(f"FAIL: {name} ({variant}): {error}", file=sys.stderr)
    print(f"{count} situations, {failures} failed")
    return 1 if failures or not count else 0
