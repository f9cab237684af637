# SPDX-License-Identifier: BSD-2-Clause
"""Real programs: commands that run to their end, and servers driven by a client.

The first run under an allocator is the proof that the allocator is there: the loader itself
(LD_DEBUG) has to report that it initialised the library in a process of the program in question,
which may be a grandchild. That run is not measured.
"""

import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from harness.errors import Failed
from harness.process import Process, environment, last_line, require_success

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TIMEOUT = 180
SETUP_TIMEOUT = 900
STARTED = re.compile(r"initialize program: (\S+)")


class ProgramCell:
    """One line of programs.json."""

    kind = "program"

    def __init__(self, entry, tree):
        self.name = entry["name"]
        self.meaning = entry["meaning"]
        self.quick = entry.get("quick", False)
        self._entry = entry
        self._words = {"tree": tree, "work": os.path.join(HERE, "work")}
        self._proven = set()
        self._tmp = None

    def prepare(self, place):
        """What happens once, under no allocator."""
        self._tmp = tempfile.mkdtemp(prefix=self.name + "-", dir=place.scratch)
        os.chmod(self._tmp, 0o1777)
        self._words["tmp"] = self._tmp
        self._words["port"] = str(free_port())
        if "find" in self._entry:
            found = self._quietly("find", SETUP_TIMEOUT).strip().splitlines()
            if not found:
                raise Failed("%s printed no path" % self._entry["find"][0])
            self._words["found"] = found[-1]
        command = self._command("server" if "server" in self._entry else "run")
        if shutil.which(command[0]) is None:
            raise Failed("%s is missing (package %s)" % (command[0], self._entry["package"]))
        if "setup" in self._entry:
            self._quietly("setup", SETUP_TIMEOUT)

    def measure(self, place, allocator):
        if allocator.library and allocator.name not in self._proven:
            self._prove(place, allocator)
            self._proven.add(allocator.name)
        result = self._run(place, allocator, self._entry.get("env", {}))
        return {"cpu": result["user"] + result["sys"], "wall": result["wall"],
                "rss": result["maxrss_kib"] / 1024}, None

    def _run(self, place, allocator, env):
        if "before" in self._entry:
            self._quietly("before", TIMEOUT)
        if "server" in self._entry:
            return self._serve(place, allocator, env)
        result = Process(place.launch, self._tmp, self._command("run"), allocator.library,
                         env).wait(TIMEOUT)
        require_success(result)
        return result

    def _serve(self, place, allocator, env):
        server = Process(place.launch, self._tmp, self._command("server"), allocator.library, env)
        try:
            self._await(server)
            start = time.monotonic()
            self._quietly("client", TIMEOUT)
            wall = time.monotonic() - start
        except BaseException:
            server.kill()
            raise
        result = server.stop(TIMEOUT)
        require_success(result, signal.SIGTERM)
        result["wall"] = wall
        return result

    def _await(self, server):
        """Returns when somebody listens."""
        end = time.monotonic() + 30
        while time.monotonic() < end and server.running():
            try:
                if "socket" in self._entry:
                    with socket.socket(socket.AF_UNIX) as client:
                        client.connect(self._entry["socket"].format_map(self._words))
                else:
                    socket.create_connection(("127.0.0.1", int(self._words["port"])), 1).close()
                return
            except OSError:
                time.sleep(0.01)
        raise Failed("the server did not start to listen")

    def _prove(self, place, allocator):
        prefix = os.path.join(self._tmp, "loader-" + allocator.name)
        self._run(place, allocator, {**self._entry.get("env", {}),
                                     "LD_DEBUG": "files", "LD_DEBUG_OUTPUT": prefix})
        logs = glob.glob(prefix + ".*")
        proven = any(loaded(log, self._entry["proof"], allocator.library) for log in logs)
        for log in logs:
            os.unlink(log)
        if not proven:
            raise Failed("%s ran without the library" % self._entry["proof"])

    def _command(self, key):
        return [word.format_map(self._words) for word in self._entry[key]]

    def _quietly(self, key, timeout):
        """Runs a helper command without any allocator preloaded; returns what it printed."""
        command = self._command(key)
        try:
            done = subprocess.run(command, env=environment(), cwd=self._tmp, text=True,
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                                  check=False)
        except OSError as error:
            raise Failed("%s: %s" % (command[0], error.strerror)) from None
        except subprocess.TimeoutExpired:
            raise Failed("%s: no end after %d s" % (command[0], timeout)) from None
        if done.returncode != 0:
            raise Failed("%s: exit status %d: %s" % (key, done.returncode, last_line(done.stderr)))
        return done.stdout


def loaded(log, program, library):
    """True when the loader's log shows the program starting after the library's constructor."""
    ready = False
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if "calling init: " + library in line:
                ready = True
            started = STARTED.search(line)
            if started:
                if ready and os.path.basename(started.group(1)) == program:
                    return True
                ready = False  # the same process may execute another program
    return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
