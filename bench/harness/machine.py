# SPDX-License-Identifier: BSD-2-Clause
"""What a reader has to know about the machine and the tree to judge a figure."""

import os
import platform
import subprocess
import time


def _first(path, key):
    """The value of the first line "key : value" of a file, or a question mark."""
    try:
        with open(path, encoding="ascii", errors="replace") as lines:
            for line in lines:
                if line.startswith(key):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "?"


def _text(path):
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return "?"


def _commit(tree):
    def git(*words):
        return subprocess.run(["git", "-C", tree, *words], capture_output=True, text=True,
                              check=False)
    try:
        head = git("rev-parse", "HEAD")
        if head.returncode != 0:
            return "unknown"
        changed = git("status", "--porcelain").stdout.strip()
    except OSError:
        return "unknown"
    return head.stdout.strip() + (" with uncommitted changes" if changed else "")


def facts(tree):
    """{name: value}, in the order of the report."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "commit": _commit(tree),
        "CPU": _first("/proc/cpuinfo", "model name"),
        "CPUs": str(len(os.sched_getaffinity(0))),
        "memory": _first("/proc/meminfo", "MemTotal"),
        "kernel": platform.release(),
        "libc": " ".join(platform.libc_ver()),
        "huge pages": _text("/sys/kernel/mm/transparent_hugepage/enabled"),
        "load at start": "%.2f" % os.getloadavg()[0],
        "UMA_OPTIONS": os.environ.get("UMA_OPTIONS", "not set"),
    }
