#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""exact_counts_test.py LIBRARY PROGRAM UMASTAT OPERATIONS [signals] [KEY=VALUE]...

What umastat shows of a quiet process must equal what its threads did, to the unit."""

import json
import os
import subprocess
import sys

SIZES = [64, 64, 1000, 1000, 16, 256, 4000, 20000]
LEFT = 1000


def snapshot(umastat, pid):
    """The malloc zones of a process by name."""
    text = subprocess.run(
        [umastat, "--json", str(pid)], stdout=subprocess.PIPE, check=True, timeout=60
    ).stdout
    table = json.loads(text)
    if table["exact"] is not True:
        sys.exit("failed: the process is quiet, but the table is not exact")
    zones = table["memory-zone-statistics"]["zone"]
    return {zone["name"]: zone for zone in zones if zone["name"].startswith("malloc-")}


def class_of(zones, size):
    """The name of the zone that serves a size."""
    fitting = [zone for zone in zones.values() if zone["size"] >= size]
    return min(fitting, key=lambda zone: zone["size"])["name"]


def check(what, base, now, expected):
    """Compares the growth of requests and used items of every zone; returns the failures."""
    failures = 0
    for name, zone in now.items():
        before = base.get(name, {"requests": 0, "used": 0})
        for field, column in (("requests", 0), ("used", 1)):
            have = zone[field] - before[field]
            want = expected.get(name, (0, 0))[column]
            if have != want:
                print("failed: %s: %s %s grew by %d, not %d" % (what, name, field, have, want),
                      file=sys.stderr)
                failures += 1
    return failures


def expected_growth(zones, requests, used):
    """The same numbers of requests and used items for each thread, summed by zone."""
    growth = {}
    for size in SIZES:
        name = class_of(zones, size)
        old = growth.get(name, (0, 0))
        growth[name] = (old[0] + requests, old[1] + used)
    return growth


def say(child, line):
    child.stdin.write(line)
    child.stdin.flush()


def hear(child, line):
    heard = child.stdout.readline()
    if heard != line:
        sys.exit("failed: the program said %r, not %r (status %s)" % (heard, line, child.poll()))


def main():
    library, program, umastat = (os.path.realpath(path) for path in sys.argv[1:4])
    operations = int(sys.argv[4])
    if os.environ.get("UMA_LONG") == "1":
        operations *= 10
    words = sys.argv[5:]
    environment = dict(word.split("=", 1) for word in words if "=" in word)
    environment.update(LD_PRELOAD=library, UMA_TEST_LIBRARY=library)
    # A thread of the allocator's would be in the counts: libc allocates for it.
    options = environment.get("UMA_OPTIONS")
    environment["UMA_OPTIONS"] = "background:off" + ("," + options if options else "")
    arguments = [program, str(operations)] + [word for word in words if "=" not in word]
    child = subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **environment}
    )
    failures = 0
    with child:
        hear(child, b"ready\n")
        base = snapshot(umastat, child.pid)
        again = snapshot(umastat, child.pid)
        failures += check("looking twice", base, again, {})
        say(child, b"go\n")
        hear(child, b"done\n")
        now = snapshot(umastat, child.pid)
        failures += check("after the work", base, now, expected_growth(now, operations, LEFT))
        say(child, b"swap\n")
        hear(child, b"done\n")
        now = snapshot(umastat, child.pid)
        failures += check("after the swap", base, now, expected_growth(now, operations, LEFT // 2))
        child.stdin.close()
    if child.returncode != 0:
        print("failed: the program ended with %d" % child.returncode, file=sys.stderr)
        failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
