# SPDX-License-Identifier: BSD-2-Clause
"""Evidence that a process really allocates from the preloaded library.

Two independent facts are wanted: the library is among the mappings of the process, and its malloc
zones counted requests. The first alone would pass with a library that is loaded and never called,
the second alone with a table printed by some other process.
"""

import ctypes
import json
import os
import re
import signal
import subprocess
import threading
import time

ROW = re.compile(r"^(malloc\S*?):\s*(\d+),\s*(\d+),\s*(\d+),\s*(\d+),\s*(\d+)", re.MULTILINE)
PR_SET_CHILD_SUBREAPER = 36


class Failure(Exception):
    """The test failed; the text is the line to print."""


def adopt_orphans():
    """Makes every process that a program leaves behind a child of this one."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _parents():
    parents = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as stat:
                # The command may contain spaces and parentheses: fields count from the last ')'.
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        if fields and fields[0] != "Z":
            parents[int(entry)] = int(fields[1])
    return parents


def descendants(root):
    """The living processes below root, without root."""
    parents = _parents()
    found = {root}
    grown = True
    while grown:
        below = {pid for pid, parent in parents.items() if parent in found} - found
        found |= below
        grown = bool(below)
    return found - {root}


def command_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as comm:
            return comm.read().rstrip("\n")
    except OSError:
        return ""


def is_mapped(pid, library):
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as maps:
            return library in maps.read()
    except OSError:
        return False


class MapsWatcher(threading.Thread):
    """Looks for the library in process root, until it is seen there or stop() is called.

    With `command` it is a descendant of root that counts: a compiler driver starts the compiler.
    """

    def __init__(self, root, command, library):
        super().__init__(daemon=True)
        self.root = root
        self.command = command and command[:15]  # what the kernel keeps
        self.library = library
        self.seen = False
        self._ended = threading.Event()

    def run(self):
        while not self._ended.is_set() and not self.seen:
            self.seen = any(is_mapped(pid, self.library) for pid in self._candidates())
            time.sleep(0.0005)

    def _candidates(self):
        if not self.command:
            return [self.root]
        return [pid for pid in descendants(self.root) if command_of(pid) == self.command]

    def stop(self):
        self._ended.set()
        self.join()
        return self.seen


def table_requests(text):
    """The sum of the REQ column over the malloc zones of every table in the text."""
    return sum(int(row[5]) for row in ROW.findall(text))


def without_tables(text):
    """The lines that are no part of a zone table, to show what a program itself complained of."""
    lines = text.splitlines()
    return "\n".join(line for line in lines if line and not re.search(r",\s+\d+,", line))


def live_requests(umastat, pid):
    """The requests that the malloc zones of a running process have counted."""
    answer = subprocess.run([umastat, "--json", str(pid)], capture_output=True, text=True,
                            timeout=20, check=False)
    if answer.returncode != 0:
        raise Failure(f"umastat {pid} ({command_of(pid)}): {answer.stderr.strip()}")
    zones = json.loads(answer.stdout)["memory-zone-statistics"]["zone"]
    return sum(int(zone["requests"]) for zone in zones if zone["name"].startswith("malloc"))


def end_all(root):
    """Ends everything that still runs below root; returns the commands that were there."""
    left = {pid: command_of(pid) for pid in descendants(root)}
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + 3
        for pid in descendants(root):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        while descendants(root) and time.monotonic() < deadline:
            time.sleep(0.02)
    return sorted(left.values())
