# SPDX-License-Identifier: BSD-2-Clause
"""How the preload library starts, lives beside others, and ends, one small program per situation.

Every situation runs twice: with restartable sequences and with glibc's tunable that forbids them.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import proof
from proof import Failure
from situations import VARIANTS, run_all

TIMEOUT = 60
IS_ROOT = os.getuid() == 0


class Place:
    """Where things are, and how to start one of the programs."""

    def __init__(self, library, programs, work, variant):
        self.library = library
        self.programs = programs
        self.work = work
        self.variant = variant

    def path(self, name):
        return str(self.programs / name)

    def environment(self, preload=True, **extra):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
                       **VARIANTS[self.variant]}
        if preload:
            environment["LD_PRELOAD"] = str(self.library)
            environment["EXPECT_HEAP"] = self.library.name
        return {**environment, **extra}

    def run(self, argv, preload=True, preexec=None, **extra):
        with subprocess.Popen(argv, env=self.environment(preload, **extra), cwd=self.work,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, preexec_fn=preexec) as child:
            try:
                out, err = child.communicate(timeout=TIMEOUT)
            except subprocess.TimeoutExpired as error:
                child.kill()
                raise Failure(f"{argv} hangs") from error
        return child.returncode, out.decode(errors="replace"), err.decode(errors="replace")


def expect(result, out="ok\n", err=""):
    status, stdout, stderr = result
    if status != 0 or stdout != out or (err is not None and stderr != err):
        raise Failure(f"status {status}, stdout '{stdout[-300:]}', stderr '{stderr[-600:]}'")
    return stderr


# The plain ones: run NAME ARGS under preload, which must print "ok", nothing else, and end with 0.
PLAIN = [
    ["basic"],
    ["first_call", "calloc"],
    ["first_call", "realloc"],
    ["first_call", "memalign"],
    ["first_call", "posix_memalign"],
    ["first_call", "free"],
    ["first_call", "malloc_usable_size"],
    ["init_order"],
    ["thread_local_objects"],
    ["thread_specific"],
    ["exit_with_threads"],
    ["at_exit"],
    ["fork_once"],
]


def closed_descriptors(place):
    for options in ({}, {"UMA_OPTIONS": "stats:exit"}, {"UMA_OPTIONS": "help"},
                    {"UMA_OPTIONS": "nosuch:1"}):
        files = place.work / "files"
        shutil.rmtree(files, ignore_errors=True)
        files.mkdir()
        child = subprocess.Popen([place.path("closed_descriptors"), str(files)],
                                 env=place.environment(**options),
                                 preexec_fn=lambda: os.closerange(0, 3))
        status = child.wait(TIMEOUT)
        written = [(files / f"file{i}").read_text() for i in range(3)] if status == 0 else []
        if written != ["data\n"] * 3:
            raise Failure(f"{options}: status {status}, files {str(written)[:300]}")


def audit(place):
    expect(place.run([place.path("basic")], LD_AUDIT=place.path("libaudit.so")))


def late_dlopen(place):
    expect(place.run([place.path("late_dlopen"), str(place.library)], preload=False))


def preload_in_front(place):
    expect(place.run([place.path("counted")],
                     LD_PRELOAD=f"{place.path('libcount.so')}:{place.library}"))


def preload_behind(place):
    expect(place.run([place.path("basic")],
                     LD_PRELOAD=f"{place.library}:{place.path('libcount.so')}"))


def make_root(place):
    """A root directory that holds a program, its libraries and nothing else: no /proc, no /sys."""
    root = place.work / "root"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    shutil.copy(place.path("basic"), root / "basic")
    shutil.copy(place.library, root / place.library.name)
    listed = subprocess.run(["ldd", place.path("basic"), str(place.library)], capture_output=True,
                            text=True, check=True).stdout
    for library in set(re.findall(r"(/\S+) \(0x", listed)):
        target = root / library.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)
    return root


def enter(root):
    def preexec():
        os.chroot(root)
        os.chdir("/")
    return preexec


def no_proc(place):
    root = make_root(place)
    expect(place.run(["/basic"], preexec=enter(root), LD_PRELOAD=f"/{place.library.name}"))
    err = expect(place.run(["/basic"], preexec=enter(root), LD_PRELOAD=f"/{place.library.name}",
                           UMA_OPTIONS="stats:exit"), err=None)
    if proof.table_requests(err) < 1000:
        raise Failure("no requests counted in the chroot")


def set_user_id(place):
    """A program with more rights than its caller: the library works, its options are ignored.

    LD_PRELOAD is restricted for such programs, /etc/ld.so.preload (of a chroot) is not.
    """
    root = make_root(place)
    (root / "etc").mkdir()
    (root / "etc" / "ld.so.preload").write_text(f"/{place.library.name}\n")

    def privileged():
        enter(root)()
        os.setresuid(65534, 0, 0)

    expected = "secure 1\nok\n"
    for options in ("help", "stats:exit", "nosuch:1"):
        extra = {"UMA_OPTIONS": options, "EXPECT_HEAP": place.library.name}
        if not place.run(["/basic", "secure"], False, enter(root), **extra)[2]:
            raise Failure(f"'{options}' has no effect in an ordinary program")
        expect(place.run(["/basic", "secure"], False, privileged, **extra), expected)


def option_help(place):
    err = expect(place.run([place.path("basic")], UMA_OPTIONS="help"), err=None)
    lines = err.splitlines()
    if len(lines) < 3 or not all(re.search(rf"^\s+{key}\s.*default", err, re.MULTILINE)
                                 for key in ("stats", "rseq", "foreign")):
        raise Failure(f"this is no table of options: '{err}'")


def option_mistakes(place):
    mistakes = ["nosuch:1", "nosuch", "stats", "stats:", "stats:nonsense", ":", ":exit", "stats:-1",
                "rseq:perhaps", "stats:99999999999999999999", "x" * 5000, "k:" + "v" * 5000,
                "\x01\x7f\xff:1", "%s%n:1", "stats:exit "]
    for options in mistakes:
        err = expect(place.run([place.path("basic")], UMA_OPTIONS=options), err=None)
        if not re.fullmatch(r"uma: [ -~]*\n", err):
            raise Failure(f"UMA_OPTIONS='{options[:40]}': no single warning but '{err[:300]}'")
    for options in ("", ",", ",,,"):
        expect(place.run([place.path("basic")], UMA_OPTIONS=options))
    err = expect(place.run([place.path("basic")], UMA_OPTIONS="bad:1,worse:2,stats:exit"), err=None)
    if len(re.findall("^uma: ", err, re.MULTILINE)) != 2 or proof.table_requests(err) < 1000:
        raise Failure(f"two warnings and a table expected, not '{err[:500]}'")


def tables(err):
    return len(re.findall(r"^ITEM\s+SIZE\s", err, re.MULTILINE))


def option_stats(place):
    err = expect(place.run([place.path("basic")], UMA_OPTIONS="stats:exit"), err=None)
    if tables(err) != 1 or proof.table_requests(err) < 3001:
        raise Failure(f"not one table of 3,001 requests or more: '{err[:1000]}'")
    err = expect(place.run([place.path("fork_once")], UMA_OPTIONS="stats:exit"), err=None)
    if tables(err) != 2:
        raise Failure(f"{tables(err)} tables of parent and child")
    shell = 'export UMA_OPTIONS=stats:$$ LD_PRELOAD=$1; exec "$0"'
    err = expect(place.run(["bash", "-c", shell, place.path("fork_once"), str(place.library)],
                           preload=False, EXPECT_HEAP=place.library.name), err=None)
    if tables(err) != 1:
        raise Failure(f"stats:PID: {tables(err)} tables, the parent's alone expected")
    expect(place.run([place.path("basic")], UMA_OPTIONS="stats:1999999"))


def option_deepbind(place):
    """The plugin frees its caller's blocks, and the other way round."""
    argv = [place.path("deepbind"), place.path("libplugin.so")]
    expect(place.run(argv))
    status, _, err = place.run(argv, UMA_OPTIONS="deepbind:keep")
    if status != -signal.SIGABRT or not re.fullmatch(r"uma: .*free\(0x[0-9a-f]+\).*\n", err):
        raise Failure(f"deepbind:keep: status {status}, '{err}' does not say what is wrong")


SPECIAL = [closed_descriptors, audit, late_dlopen, preload_in_front, preload_behind]
PRIVILEGED = [no_proc, set_user_id]
OPTIONS = [option_help, option_mistakes, option_stats, option_deepbind]


def situations(place, options):
    for argv in PLAIN:
        yield " ".join(argv), lambda argv=argv: expect(
            place.run([place.path(argv[0]), *argv[1:]]))
    special = SPECIAL + (PRIVILEGED if IS_ROOT else [])
    for function in special + ([] if options.other else OPTIONS):
        yield function.__name__, lambda function=function: function(place)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lib", required=True, help="the library to preload")
    parser.add_argument("--programs", required=True, help="any one of the built programs")
    parser.add_argument("--other", action="store_true",
                        help="another allocator: leave out what concerns UMA_OPTIONS")
    options = parser.parse_args()
    if not IS_ROOT:
        print("SKIP: chroot and set-user-id situations need root")
    with tempfile.TemporaryDirectory(prefix="uma-start-", dir="/tmp") as work:
        os.chmod(work, 0o755)
        library = pathlib.Path(shutil.copy(os.path.realpath(options.lib), work))
        programs = pathlib.Path(options.programs).resolve().parent
        return run_all(lambda variant: situations(
            Place(library, programs, pathlib.Path(work), variant), options))


if __name__ == "__main__":
    sys.exit(main())
