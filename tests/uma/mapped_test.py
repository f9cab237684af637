#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""mapped_test.py LIBRARY PROGRAM UMASTAT

"mapped" is one number: the same in the library's table, in mallinfo2 and in umastat, and it grows
and shrinks by exactly what the kernel counts as the process's private writable memory."""

import json
import os
import re
import subprocess
import sys

# Without the helper thread, whose stack is libc's memory.
VARIANTS = {
    "plain": {"UMA_OPTIONS": "background:off"},
    "no rseq": {"GLIBC_TUNABLES": "glibc.pthread.rseq=0", "UMA_OPTIONS": "background:off"},
    "64 virtual CPUs": {"UMA_OPTIONS": "cpus:64,background:off"},
}
# Mappings of their own that each step makes or unmaps. Behind each lies a page that faults; the
# kernel counts it as writable where it is a mark in the page table (Linux 6.13 and later).
MAPPINGS = {"l": 1, "c": 1, "f": -1}
PAGE = 4096


def table_total(text):
    """The bytes of the line "total: mapped N...": printed in K."""
    found = re.findall(r"^total: mapped (\d+)K", text, re.MULTILINE)
    return int(found[0]) * 1024 if len(found) == 1 else None


class Program:
    """The program under test, a step at a time."""

    def __init__(self, command, extra):
        reading, self.writing = os.pipe()
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=self.writing, env={**os.environ, **extra})
        self.err = reading
        os.set_blocking(reading, False)

    def step(self, letter):
        self.child.stdin.write(letter.encode())
        self.child.stdin.flush()
        words = self.child.stdout.readline().split()
        return int(words[1]), int(words[2]), table_total(self.table())

    def table(self):
        """What was written to stderr so far; all of it is there before the line on stdout."""
        text = b""
        while True:
            try:
                piece = os.read(self.err, 1 << 16)
            except BlockingIOError:
                return text.decode()
            text += piece

    def close(self):
        self.child.stdin.close()
        return self.child.wait(timeout=60)


def main():
    library, command, umastat = (os.path.realpath(path) for path in sys.argv[1:])
    failures = []
    for name, extra in VARIANTS.items():
        program = Program([command], {**extra, "LD_PRELOAD": library})
        before = counted = None
        for letter in "wlrscflf":
            data, mallinfo, table = program.step(letter)
            text = subprocess.run([umastat, "--json", str(program.child.pid)], check=True,
                                  stdout=subprocess.PIPE, timeout=60).stdout
            seen = json.loads(text)["total"]["mapped"]
            where = "%s, step %s" % (name, letter)
            if not mallinfo == table == seen:
                failures.append("%s: mallinfo2 says %s, the table %s, umastat %s"
                                % (where, mallinfo, table, seen))
            if before is not None:
                behind = (data - before[0]) - (seen - before[1])
                guards = MAPPINGS.get(letter, 0) * PAGE
                if guards and counted is None:
                    counted = behind != 0
                if behind != (guards if counted else 0):
                    failures.append("%s: the kernel counts %d bytes more, umastat %d"
                                    % (where, data - before[0], seen - before[1]))
            before = data, seen
        if program.close() != 0:
            failures.append("%s: the program failed" % name)
    for failure in failures:
        print("FAIL:", failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
