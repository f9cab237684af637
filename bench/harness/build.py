# SPDX-License-Identifier: BSD-2-Clause
"""Installs what a comparison needs and builds the bench programs and the library."""

import os
import subprocess

from harness.errors import Unusable, say
from harness.process import environment

PROGRAMS = ("cells", "memory", "pairs", "launch")
LIBRARY = "libuma_malloc.so"


def install(tree):
    """Installs missing packages; without the rights to, measures what is there."""
    command = [os.path.join(tree, "tools", "install"), "build", "test", "tests/preload", "bench"]
    if subprocess.run(command, check=False).returncode != 0:
        say("not all packages could be installed: what is missing will be left out")


def bazel(tree, want_programs, want_library):
    """Builds optimised; returns the folder of the outputs."""
    targets = ["//bench:" + name for name in PROGRAMS] if want_programs else []
    targets += ["//preload:" + LIBRARY] if want_library else []
    say("building " + " ".join(targets))
    env = environment({"USER": os.environ.get("USER", "root")})
    try:
        built = subprocess.run(["bazel", "build", "-c", "opt"] + targets, cwd=tree, env=env,
                               stdin=subprocess.DEVNULL, check=False)
        where = subprocess.run(["bazel", "info", "-c", "opt", "bazel-bin"], cwd=tree, env=env,
                               text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, check=False)
    except OSError as error:
        raise Unusable("bazel cannot be run: %s (package bazel-bootstrap)" %
                       error.strerror) from None
    if built.returncode != 0 or where.returncode != 0:
        raise Unusable("the build failed")
    return where.stdout.strip()


def require_programs(folder):
    for name in PROGRAMS:
        if not os.access(os.path.join(folder, name), os.X_OK):
            raise Unusable("%s has no program %s" % (folder, name))
