#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""zone_cost_test.py LIBRARY ZONES

What a pair of uma_zalloc and uma_zfree costs beside malloc and free: instructions that callgrind
counts between two lengths of a run, without those of the loop."""

import os
import subprocess
import sys
import tempfile

SHORT, LONG = 1000, 3000
MORE_THAN_MALLOC = 4
ARGUMENTS = 2  # of the loop: zone and flags
# A ctor and a dtor of three and two instructions, their calls, and the way through C++.
CALLBACKS = 100
BULK = 32
BULK_SHARE = 0.6  # of a pair, for each item


def instructions(library, program, what, count):
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as out:
        subprocess.run(["valgrind", "--quiet", "--tool=callgrind",
                        "--callgrind-out-file=" + out.name, program, what, str(count)],
                       env={**os.environ, "LD_PRELOAD": library}, check=True, timeout=60)
        for line in out:
            if line.startswith("summary:") or line.startswith("totals:"):
                return int(line.split()[1])
    raise SystemExit("failed: callgrind counted nothing")


def main():
    library, program = (os.path.realpath(path) for path in sys.argv[1:3])
    cost = {}
    for what in ("malloc", "zone", "callbacks", "bulk"):
        short, long = (instructions(library, program, what, count) for count in (SHORT, LONG))
        cost[what] = (long - short) / (LONG - SHORT)
    print("instructions:", cost)
    limits = {
        "zone": cost["malloc"] + ARGUMENTS + MORE_THAN_MALLOC,
        "callbacks": cost["zone"] + CALLBACKS,
        "bulk": BULK * BULK_SHARE * cost["zone"],
    }
    bad = {what: limit for what, limit in limits.items() if cost[what] > limit}
    for what, limit in bad.items():
        print("failed: %s: %.1f instructions, at most %.1f" % (what, cost[what], limit),
              file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
