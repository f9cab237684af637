#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""run_cases.py TABLE LIBRARY PROGRAM [KEY=VALUE]...

Runs each program with one bug under the library. It must die by SIGABRT with one line on stderr
that names the function and the address, and nothing on stdout."""

import os
import re
import resource
import signal
import subprocess
import sys


def rows(path):
    with open(path, encoding="utf-8") as table:
        for line in table:
            line = line.rstrip("\n")
            if line and not line.startswith("#"):
                yield line.split("\t")


def no_core():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(program, use, address, environment):
    """The exit status, both outputs, and the address that the program announced."""
    reader, writer = os.pipe()
    done = subprocess.run(
        [program, use, address, str(writer)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, **environment},
        timeout=60,
        pass_fds=(writer,),
        preexec_fn=no_core,
        check=False,
    )
    os.close(writer)
    with os.fdopen(reader) as announced:
        text = announced.read().strip()
    return done.returncode, done.stdout.decode(), done.stderr.decode(), text


def problem(row, result):
    """What is wrong with a run that must be stopped, or None."""
    use, address, function, what = row[:4]
    status, out, err, announced = result
    if not announced:
        return "the program did not get as far as its bug (status %d): %s" % (status, err)
    if status != -signal.SIGABRT:
        return "ended with %d instead of SIGABRT; stderr: %r" % (status, err)
    if out:
        return "wrote to stdout: %r" % out
    pattern = r"uma: %s: %s\(0x0*%s\)[^\n]*\n" % (what, re.escape(function), announced)
    if not re.fullmatch(pattern, err):
        return "stderr is %r, expected %r" % (err, pattern)
    return None


def passing_problem(result, lines):
    """The same for a run that must go on to the end, with so many lines on stderr."""
    status, out, err, announced = result
    if not announced or status != 0 or out or err.count("\n") != lines:
        return "does not go on: status %d, stdout %r, stderr %r" % (status, out, err)
    return None


def with_option(environment, option):
    options = environment.get("UMA_OPTIONS", "")
    return {**environment, "UMA_OPTIONS": (options + "," + option).lstrip(",")}


def main():
    table, library, program = sys.argv[1:4]
    environment = dict(word.split("=", 1) for word in sys.argv[4:])
    environment["LD_PRELOAD"] = os.path.realpath(library)
    program = os.path.realpath(program)
    failures = 0
    cases = list(rows(table))
    for row in cases:
        stopping = environment
        found = []
        if row[4] == "strict":
            stopping = with_option(environment, "foreign:abort")
            found.append(passing_problem(run(program, row[0], row[1], environment), 0))
        found.append(problem(row, run(program, row[0], row[1], stopping)))
        if row[4] == "foreign":
            ignoring = with_option(environment, "foreign:ignore")
            found.append(passing_problem(run(program, row[0], row[1], ignoring), 1))
        for text in filter(None, found):
            print("failed: %s %s: %s" % (row[0], row[1], text), file=sys.stderr)
            failures += 1
    if not cases:
        print("failed: %s has no cases" % table, file=sys.stderr)
        failures = 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
