# SPDX-License-Identifier: BSD-2-Clause
"""Libraries that a program opens under the preload library, with RTLD_DEEPBIND above all.

Such a library looks for malloc in libc first. Without the preload library nothing comes of it,
because libc's is the program's. opening_test.py LIBRARY PROGRAM OTHER_PROGRAM LIBRARIES...
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from proof import Failure
from situations import VARIANTS, run_all

PYTHON = """
import ctypes, os, sys
plugin = ctypes.CDLL(sys.argv[1], mode=os.RTLD_NOW | os.RTLD_DEEPBIND)
libc = ctypes.CDLL(None)
plugin.plugin_give.restype = ctypes.c_void_p
plugin.plugin_give.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
libc.malloc.restype = ctypes.c_void_p
plugin.plugin_take.argtypes = [ctypes.c_void_p]
for size in range(1, 5000, 7):
    libc.free(plugin.plugin_give(size))
    plugin.plugin_take(libc.malloc(size))
assert plugin.plugin_use_libc(100) == 100
print("ok")
"""

# The language opens the plugin itself, by RTLD_DEEPBIND where it is built so.
PHP = """
$plugin = FFI::cdef('void* plugin_give(size_t); void plugin_take(void*); int plugin_use_libc(int);',
                    $argv[1]);
$libc = FFI::cdef('void free(void*); void* malloc(size_t);');
for ($size = 1; $size < 5000; $size += 7) {
  $libc->free($plugin->plugin_give($size));
  $plugin->plugin_take($libc->malloc($size));
}
if ($plugin->plugin_use_libc(100) == 100) echo "ok\\n";
"""

# An extension in perl's own calling convention is libperl-dev's business: this one's function takes
# what every such function gets and leaves the stack alone, so it is the last thing that is called.
PERL = """
use DynaLoader;
my $plugin = DynaLoader::dl_load_file($ARGV[0], 1) or die DynaLoader::dl_error();
my $symbol = DynaLoader::dl_find_symbol($plugin, "plugin_xsub") or die DynaLoader::dl_error();
my $run = DynaLoader::dl_install_xsub("main::run", $symbol, $ARGV[0]) or die "not installed";
$| = 1;
run();
"""


class Place:
    """Where things are, and how to start one of the programs."""

    def __init__(self, library, program, own_malloc, work, variant):
        self.library, self.program, self.own_malloc = library, program, own_malloc
        self.work, self.variant = work, variant
        self.plugin = str(work / "libplugin.so")

    def expect(self, argv, preload=None, **extra):
        """Runs to the end: prints "ok", nothing else, and ends with 0."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
                       "LD_PRELOAD": preload or self.library, **VARIANTS[self.variant], **extra}
        done = subprocess.run(argv, env=environment, cwd=self.work, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)
        if (done.returncode, done.stdout, done.stderr) != (0, "ok\n", ""):
            raise Failure(f"status {done.returncode}, stdout {done.stdout[-300:]!r}, "
                          f"stderr {done.stderr[-600:]!r}")

    def situation(self, name, **extra):
        self.expect([self.program, name, self.plugin], **extra)


def situations(place):
    for name in ("deepbind", "base", "separate", "runpath", "errors", "program_itself"):
        yield name, lambda name=name: place.situation(name)
    library, work = place.library, place.work
    early = {"EARLY_PLUGIN": place.plugin}
    yield "before other constructors", lambda: place.situation(
        "deepbind", preload=f"{library}:{work}/libearly.so", **early)
    yield "before our constructor", lambda: place.situation(
        "deepbind", preload=f"{work}/libearly.so:{library}", **early)
    yield "dlopen watched behind", lambda: place.situation(
        "watched", preload=f"{library}:{work}/libwatch.so")
    yield "malloc watched in front", lambda: place.situation(
        "deepbind", preload=f"{work}/libcount.so:{library}")
    yield "option keep", lambda: place.situation("kept", UMA_OPTIONS="deepbind:keep")
    yield "option drop", lambda: place.situation("deepbind", UMA_OPTIONS="deepbind:drop")
    yield "own malloc", lambda: place.expect([place.own_malloc, place.plugin])
    yield "python", lambda: place.expect(["/usr/bin/python3", "-c", PYTHON, place.plugin])
    yield "perl", lambda: place.expect(["perl", "-e", PERL, place.plugin])
    yield "php", lambda: place.expect(["php", "-d", "ffi.enable=1", "-r", PHP, "--", place.plugin])


def main():
    library, program, own_malloc, *libraries = map(os.path.realpath, sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="uma-opening-", dir="/tmp") as folder:
        work = pathlib.Path(folder)
        (work / "plugins").mkdir()
        for path in libraries:
            name = os.path.basename(path)
            # Only the plugin knows that folder.
            shutil.copy(path, work / "plugins" if name == "libinner.so" else work)
        return run_all(lambda variant: situations(
            Place(library, program, own_malloc, work, variant)))


if __name__ == "__main__":
    sys.exit(main())
