# SPDX-License-Identifier: BSD-2-Clause
"""Programs that use another allocator by its own names and ours by the standard ones.

foreign_test.py LIBRARY LINKED NAMED INSIDE
"""

import glob
import os
import re
import resource
import signal
import subprocess
import sys

from proof import Failure
from situations import VARIANTS, run_all

# The file, the package, and the names by which its blocks are taken, measured and given back.
OTHERS = {
    "libjemalloc.so.2": ("libjemalloc2", ["mallocx", "sallocx", "dallocx"]),
    "libtcmalloc_minimal.so.4": ("libtcmalloc-minimal4", ["tc_malloc", "tc_malloc_size", "tc_free"]),
    "libmimalloc.so.[0-9]": ("libmimalloc2.0", ["mi_malloc", "mi_usable_size", "mi_free"]),
}
MISTAKES = ["large-twice", "cached-twice", "unmapped", "unreadable", "small-twice"]


def run(argv, library, variant, options, behind=None):
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", **VARIANTS[variant],
                   "LD_PRELOAD": ":".join(filter(None, [library, behind]))}
    if options:
        environment["UMA_OPTIONS"] = options
    done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60, check=False,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
    return done.returncode, done.stdout, done.stderr


def other_allocators():
    for pattern, (package, names) in OTHERS.items():
        found = glob.glob(f"/usr/lib/x86_64-linux-gnu/{pattern}")
        yield (found[0] if found else None), package, names


def cases(linked, named, inside):
    """What to run, with which options and which library behind, and what must come of it."""
    good = (0, r"ok\n", "")
    told = r"uma: %s\(0x[0-9a-f]+\)[^\n]*\n"

    def stopped(function):
        return -signal.SIGABRT, "", told % f"invalid pointer: {function}"

    yield "linked", [linked], None, None, good
    yield "linked, ignore", [linked], "foreign:ignore", None, good
    yield "linked, abort", [linked], "foreign:abort", None, stopped("malloc_usable_size")
    for library, package, names in other_allocators():
        if not library:
            yield f"{package} is not installed", ["false"], None, None, good
            continue
        yield f"behind: {package}", [named, *names], None, library, good
        for mistake in MISTAKES:
            abort = (-signal.SIGABRT, "", told % r"[a-z ]+: [a-z_]+")
            yield f"{mistake} beside {package}", [named, *names, mistake], None, library, abort
    option = r"[^\n]*foreign:ignore[^\n]*\n"
    yield "size of nobody's", [inside, "size"], None, None, good
    yield "size of nobody's, abort", [inside, "size"], "foreign:abort", None, stopped(
        "malloc_usable_size")
    for function in ("free", "realloc"):
        status, out, err = stopped(function)
        yield f"{function} of nobody's", [inside, function], None, None, (status, out, err)
        yield f"{function} of nobody's names the option", [inside, function], None, None, (
            status, out, option)
        # One line, whatever the number of calls.
        yield f"{function} of nobody's, ignore", [inside, function], "foreign:ignore", None, (
            0, r"ok\n", told % f"ignored: {function}")


def expect(result, expected):
    status, out, err = result
    if (status != expected[0] or not re.fullmatch(expected[1], out)
            or not re.fullmatch(expected[2], err)):
        raise Failure(f"status {status}, stdout {out[-200:]!r}, stderr {err[-400:]!r}")


def main():
    library, *programs = map(os.path.realpath, sys.argv[1:])

    def situations(variant):
        for name, argv, options, behind, expected in cases(*programs):
            yield name, lambda argv=argv, options=options, behind=behind, expected=expected: expect(
                run(argv, library, variant, options, behind), expected)

    return run_all(situations)


if __name__ == "__main__":
    sys.exit(main())
