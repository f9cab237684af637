# SPDX-License-Identifier: BSD-2-Clause
"""Runs one real program of programs.toml without and with the preload library.

Passes when both runs gave the same output and status 0, and the second one provably ran on the
library: see proof.py. A program that is not installed is a failure.
"""

import argparse
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib

import proof
import servers
from proof import Failure

HERE = pathlib.Path(__file__).resolve().parent
BATCH_TIMEOUT = 100
MIN_REQUESTS = 1000


class Run:
    """One execution: a fresh directory, the environment, and what the program may use."""

    def __init__(self, program, library, umastat, root):
        self.program = program
        self.data = str(HERE / "data")
        self.umastat = umastat  # None: count nothing
        self.library = library  # None: the run without preload
        self.work = pathlib.Path(root) / "work"
        # The same path in both runs: programs print it, compilers put it into object files.
        if self.work.exists():
            shutil.rmtree(self.work)
        self.work.mkdir()
        self.work.chmod(0o777)
        self.requests = 0
        self.mapped = False  # seen in the mappings of a batch command
        self.environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.work),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "TERM": "dumb",
            **program.get("env", {}),
        }
        self.setup_environment = dict(self.environment)
        if self.library:
            self.environment["LD_PRELOAD"] = self.library

    def fill(self, text):
        return text.replace("{data}", self.data).replace("{work}", str(self.work))

    def setup(self):
        script = self.program.get("setup")
        if script:
            subprocess.run(["bash", "-ec", self.fill(script)], cwd=self.work, check=True,
                           env=self.setup_environment, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, timeout=BATCH_TIMEOUT)

    def batch(self, argv, watched=None, user=None, extra=None):
        """Runs a command to its end; returns stdout. Under preload, collects the evidence."""
        argv = [self.fill(word) for word in argv]
        environment = {**self.environment, **(extra or {})}
        if self.library:
            environment["UMA_OPTIONS"] = "stats:exit"
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = subprocess.Popen(argv, cwd=self.work, env=environment, user=user, group=user,
                                     extra_groups=[] if user else None,
                                     stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            watcher = None
            if self.library:
                watcher = proof.MapsWatcher(child.pid, watched, self.library)
                watcher.start()
            try:
                status = child.wait(timeout=BATCH_TIMEOUT)
            except subprocess.TimeoutExpired as error:
                raise Failure(f"'{' '.join(argv)[:120]}' hangs") from error
            finally:
                if watcher and watcher.stop():
                    self.mapped = True
            out.seek(0)
            err.seek(0)
            stdout = out.read().decode(errors="replace")
            stderr = err.read().decode(errors="replace")
        if status != 0:
            raise Failure(f"'{' '.join(argv)[:120]}' ended with status {status}: "
                          f"{proof.without_tables(stderr)[-1500:]}")
        self.requests += proof.table_requests(stderr)
        return stdout

    def prove_servers(self, pids):
        """Under preload: the library is mapped in every server process and counts requests."""
        if not self.library:
            return
        if not pids:
            raise Failure("no server process found")
        for pid in sorted(pids):
            if not proof.is_mapped(pid, self.library):
                raise Failure(f"{self.library} is not in /proc/{pid}/maps of "
                              f"{proof.command_of(pid)}")
            if self.umastat:
                self.requests += proof.live_requests(self.umastat, pid)

    def check_requests(self, wanted=MIN_REQUESTS):
        if self.library and self.umastat and self.requests < wanted:
            raise Failure(f"only {self.requests} requests counted in the malloc zones, "
                          f"at least {wanted} expected")


def run_batch(run):
    # Of several commands the short ones may end before anybody looks: one sighting is enough.
    transcript = ""
    for argv in run.program["run"]:
        transcript += f"$ {argv[0]}\n" + run.batch(argv, run.program.get("process"))
    for name in run.program.get("artifacts", []):
        digest = hashlib.sha256((run.work / name).read_bytes()).hexdigest()
        transcript += f"sha256 {digest} {name}\n"
    if run.library and not run.mapped:
        raise Failure(f"{run.library} was not seen in /proc/PID/maps")
    run.check_requests()
    return transcript


def execute(program, library, umastat, root):
    run = Run(program, library, umastat, root)
    run.setup()
    if program["kind"] == "batch":
        return run_batch(run), run
    transcript = servers.EXERCISES[program["exercise"]](run)
    run.check_requests()
    return transcript, run


def need(program):
    for name in program["needs"]:
        if not (os.path.exists(name) if name.startswith("/") else shutil.which(name)):
            raise Failure(f"{name} is missing: apt-get install {program['package']}")


def compare(plain, preloaded):
    if plain == preloaded:
        return
    first, second = plain.splitlines(), preloaded.splitlines()
    line = next((i for i, pair in enumerate(zip(first, second)) if pair[0] != pair[1]),
                min(len(first), len(second)))
    shown = [text[line] if line < len(text) else "(end)" for text in (first, second)]
    raise Failure(f"output differs at line {line + 1}: '{shown[0]}' without, "
                  f"'{shown[1]}' with the library")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="a name from programs.toml")
    parser.add_argument("--lib", required=True, help="the library to preload")
    parser.add_argument("--umastat", help="the umastat program")
    parser.add_argument("--maps-only", action="store_true",
                        help="for other allocators: check the mapping only, count nothing")
    options = parser.parse_args()
    if not options.umastat and not options.maps_only:
        parser.error("--umastat is needed unless --maps-only is given")
    return options


def main():
    options = parse_arguments()
    with open(HERE / "programs.toml", "rb") as table:
        programs = {entry["name"]: entry for entry in tomllib.load(table)["programs"]}
    if options.name not in programs:
        raise Failure(f"programs.toml has no program '{options.name}'")
    program = programs[options.name]
    umastat = None if options.maps_only else os.path.realpath(options.umastat)
    need(program)
    proof.adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="uma-preload-", dir="/tmp") as root:
        os.chmod(root, 0o755)
        # A copy, so that servers under another user can read it wherever the original lives.
        library = shutil.copy(os.path.realpath(options.lib), root)
        os.chmod(library, 0o755)
        try:
            plain, _ = execute(program, None, None, root)
            preloaded, run = execute(program, library, umastat, root)
            left = proof.descendants(os.getpid())
            if left:
                raise Failure(f"still running: {[proof.command_of(pid) for pid in left]}")
        finally:
            proof.end_all(os.getpid())
    compare(plain, preloaded)
    if len(plain) < program.get("least_output", 1):
        raise Failure(f"the program printed only {len(plain)} characters")
    print(f"{options.name}: same output ({len(plain)} characters), {run.requests} requests")


if __name__ == "__main__":
    try:
        main()
    except (Failure, OSError, subprocess.SubprocessError) as error:
        print(f"FAIL: {error}", file=sys.stderr)
        sys.exit(1)
