#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""umastat_test.py LIBRARY SLEEPER UMASTAT

umastat sees the zones of a program that links libuma.so.1, alone and under the preload library:
one table, in which malloc's classes stand beside them when malloc is the library's."""

import json
import os
import subprocess
import sys

RSEQ_OFF = {"GLIBC_TUNABLES": "glibc.pthread.rseq=0"}


def table(sleeper, umastat, extra):
    """The zones of one run of the program, by name."""
    child = subprocess.Popen([sleeper], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             env={**os.environ, **extra})
    try:
        if child.stdout.readline() != b"ready\n":
            sys.exit("failed: the program does not start")
        text = subprocess.run([umastat, "--json", str(child.pid)], stdout=subprocess.PIPE,
                              check=True, timeout=60).stdout
    finally:
        child.stdin.close()
        status = child.wait(timeout=60)
    if status != 0:
        sys.exit("failed: the program ended with status %d" % status)
    zones = json.loads(text)["memory-zone-statistics"]["zone"]
    names = [zone["name"] for zone in zones]
    if len(names) != len(set(names)):
        sys.exit("failed: a zone is listed twice: %s" % names)
    return {zone["name"]: zone for zone in zones}


def main():
    library, sleeper, umastat = (os.path.realpath(path) for path in sys.argv[1:])
    failures = []

    def want(condition, what):
        if not condition:
            failures.append(what)

    for preload in (False, True):
        for tunables in ({}, RSEQ_OFF):
            extra = dict(tunables, LD_PRELOAD=library) if preload else tunables
            zones = table(sleeper, umastat, extra)
            where = "%s: %s" % (extra, sorted(zones))
            for name, used, requests in (("sleeper", 100, 1000), ("sleeper2", 0, 0)):
                zone = zones.get(name, {})
                want(zone.get("used") == used, "used of %s, %s, %s" % (name, zone, where))
                want(zone.get("requests") == requests, "requests of %s, %s" % (name, where))
            classes = [name for name in zones if name.startswith("malloc-")]
            want(bool(classes) == preload, "classes of malloc, %s" % where)
    for failure in failures:
        print("failed:", failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
