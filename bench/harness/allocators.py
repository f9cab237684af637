# SPDX-License-Identifier: BSD-2-Clause
"""The libraries that are compared: where they are, and whether they really load."""

import glob
import hashlib
import os
import shutil
import subprocess

from harness.errors import Failed, Unusable, say
from harness.process import Process, require_success

OURS = "ours"
LIBRARIES = "/usr/lib/x86_64-linux-gnu/"
PEERS = {  # name: (pattern of the library, the Debian package that has it)
    "glibc": None,
    "jemalloc": (LIBRARIES + "libjemalloc.so.2", "libjemalloc2"),
    "mimalloc": (LIBRARIES + "libmimalloc.so.[23]", "libmimalloc2.0 or libmimalloc3"),
    "tcmalloc": (LIBRARIES + "libtcmalloc_minimal.so.4",
                 "libtcmalloc-minimal4 or libtcmalloc-minimal4t64"),
    "scudo": ("/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.scudo_standalone-x86_64.so",
              "libclang-rt-19-dev"),
}


class Allocator:
    """A name, the library to preload (None: the C library alone) and where it came from."""

    def __init__(self, name, library, origin):
        self.name = name
        self.library = library
        self.origin = origin

    def environment(self):
        """What tells a bench program which library it has to find in its own memory map."""
        return {"UMA_BENCH_LIB": self.library or ""}


def package_version(path):
    """"package version" of the Debian package that owns the file, or None."""
    owner = subprocess.run(["dpkg-query", "-S", path], capture_output=True, text=True, check=False)
    if owner.returncode != 0:
        return None
    package = owner.stdout.split(": ")[0].split(",")[0]
    shown = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}", package],
                           capture_output=True, text=True, check=False)
    return shown.stdout if shown.returncode == 0 else None


def _copied(name, path, scratch):
    """A copy that every user can read and that no build replaces while it is measured."""
    folder = os.path.join(scratch, "lib", name)
    os.makedirs(folder)
    copy = os.path.join(folder, os.path.basename(path))
    shutil.copyfile(path, copy)
    os.chmod(copy, 0o755)
    with open(copy, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()[:12]
    return Allocator(name, copy, "%s (sha256 %s)" % (path, digest))


def _peer(name):
    if PEERS[name] is None:
        return Allocator(name, None, package_version("/lib/x86_64-linux-gnu/libc.so.6") or "libc")
    pattern, package = PEERS[name]
    found = sorted(glob.glob(pattern))
    if not found:
        raise Failed("not installed (package %s)" % package)
    path = os.path.realpath(found[-1])
    return Allocator(name, path, package_version(path) or path)


def probe(allocator, bin_dir, scratch):
    """Raises Failed unless a bench program starts under the allocator and finds it loaded."""
    command = [os.path.join(bin_dir, "cells"), "--benchmark_list_tests"]
    process = Process(os.path.join(bin_dir, "launch"), scratch, command, allocator.library,
                      allocator.environment())
    require_success(process.wait(30))


def _own(name, path, bin_dir, scratch):
    if not os.path.isfile(path):
        raise Failed("%s: no such library" % path)
    allocator = _copied(name, path, scratch)
    probe(allocator, bin_dir, scratch)
    return allocator


def gather(ours, base, peers, added, bin_dir, scratch):
    """The allocators to measure, ours first. One that is missing or broken is named and left out."""
    try:
        result = [_own(OURS, ours, bin_dir, scratch)]
    except Failed as reason:
        raise Unusable("the library under test cannot be measured: %s" % reason) from None
    wanted = [(name, None) for name in peers] + added + ([("base", base)] if base else [])
    for name, path in wanted:
        try:
            if path is None:
                allocator = _peer(name)
                probe(allocator, bin_dir, scratch)
            else:
                allocator = _own(name, path, bin_dir, scratch)
        except Failed as reason:
            say("%s is left out: %s" % (name, reason))
            continue
        result.append(allocator)
    if len(result) == 1:
        raise Unusable("nothing to compare with: every other library is missing or broken")
    return result
