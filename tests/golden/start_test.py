#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""start_test.py LIBRARY GOLDEN [--write]

What the library costs a program that does nothing: the system calls that it makes itself must be
the golden list, and /bin/true may take at most 30 page faults more than it takes with glibc."""

import collections
import difflib
import os
import re
import subprocess
import sys
import tempfile

RUNS = 20
MORE_FAULTS = 30
LISTED = re.compile(r"^(?:\d+\s+)?([a-z0-9_]+)\((.*)\)\s+= ")
ADDRESS = re.compile(r"0x[0-9a-f]{5,}")
CPUS = re.compile(r"\[[0-9 ]*\]")


def environment(library):
    extra = {"LD_PRELOAD": library} if library else {}
    return {**{k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}, **extra}


def faults(library):
    """The fewest page faults of /bin/true over some runs."""
    fewest = None
    for _ in range(RUNS):
        child = os.posix_spawn("/bin/true", ["true"], environment(library))
        _, status, usage = os.wait4(child, 0)
        if status != 0:
            raise SystemExit("failed: /bin/true ended with status %d" % status)
        fewest = usage.ru_minflt if fewest is None else min(fewest, usage.ru_minflt)
    return fewest


def calls(library):
    """The system calls of /bin/true in order, without addresses and CPU numbers."""
    with tempfile.NamedTemporaryFile() as file:
        wrap = ["-E", "LD_PRELOAD=" + library] if library else []
        subprocess.run(["strace", "-f", "-o", file.name] + wrap + ["/bin/true"],
                       env=environment(None), check=True, timeout=60)
        matches = [LISTED.match(line.decode()) for line in file]
    return ["%s(%s)" % (match.group(1), CPUS.sub("CPUS", ADDRESS.sub("ADDRESS", match.group(2))))
            for match in matches if match]


def own_calls(library):
    """Those that the library makes: what is left when the loader's and libc's are taken away.

    The loader maps one more file; that is no call of ours."""
    name = os.path.basename(library)
    rest = collections.Counter(calls(None))
    own, loading = [], False
    for call in calls(library):
        if call.startswith("openat") and name in call:
            loading = True
        if loading:
            loading = not call.startswith("close(")
            continue
        if rest[call] > 0:
            rest[call] -= 1
            continue
        own.append(call)
    # Calls whose arguments differ from run to run: the loader's, not ours.
    return [call for call in own if not re.match(r"^(execve|mprotect|munmap|brk|arch_prctl|access"
                                                 r"|set_tid_address|set_robust_list|rseq)\(", call)]


def main():
    library, golden = (os.path.realpath(path) for path in sys.argv[1:3])
    have = own_calls(library)
    if sys.argv[3:] == ["--write"]:
        with open(golden, "w", encoding="utf-8") as file:
            file.write("# SPDX-License-Identifier: BSD-2-Clause\n")
            file.write("# The system calls of the library in a program that does nothing.\n")
            file.write("".join(call + "\n" for call in have))
        return 0
    with open(golden, encoding="utf-8") as file:
        want = [line.rstrip("\n") for line in file if not line.startswith("#")]
    status = 0
    if have != want:
        print("failed: the system calls at the start are others:", file=sys.stderr)
        for line in difflib.unified_diff(want, have, "golden", "now", lineterm=""):
            print(line, file=sys.stderr)
        status = 1
    glibc, ours = faults(None), faults(library)
    print("page faults of /bin/true: %d with glibc, %d with the library" % (glibc, ours))
    if ours - glibc > MORE_FAULTS:
        print("failed: %d page faults more than glibc, at most %d" % (ours - glibc, MORE_FAULTS),
              file=sys.stderr)
        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
