#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The rules of this tree: licence lines, the top level, the layers, the size of files.

Run as house.py TREE; prints one line for each breach and exits 1 if there is any.
"""

import os
import re
import sys

TOP_LEVEL = {
    "WORKSPACE", "BUILD", "README.md", "LICENSE",
    "alloc", "mbuf", "preload", "tests", "bench", "tools",
}
LAYERS = ["alloc/base", "alloc/os", "alloc/percpu", "alloc/page", "alloc/uma", "alloc/heap", "alloc"]
PUBLIC = {"alloc/uma/uma.h", "alloc/uma/uma.hpp", "alloc/uma/smr.h", "mbuf/mbuf.h"}
# What tools may read: the first includes nothing, the others only each other.
LAYOUT = ["alloc/base/layout.h", "alloc/base/layout_read.h"]
OUTSIDE = {".git", "__pycache__"}
# What Bazel leaves at the top level. Its last name is that of the checkout.
BAZEL = re.compile(r"bazel-[^/]+$")
SOURCES = re.compile(r"\.(c|cc|h|S|inc|py|sh|bzl|md)$|(^|/)BUILD$")
CODE = re.compile(r"\.(c|cc|h|S|inc)$")
SHELL_TEST = re.compile(r"^tests/.*_test\.sh$")
CHECK_SH = "\n. tests/check.sh\n"
MAX_LINES = 450
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
LICENCE = "SPDX-License-Identifier: BSD-2-" + "Clause"
# Written in two halves because this file is under the same rule.
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b")


def all_files(tree):
    """Every file, and every link, also one to a folder: links are named but not followed."""
    for folder, folders, names in os.walk(tree):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        folders[:] = [name for name in folders if name not in OUTSIDE]
        for name in names + links:
            if name in OUTSIDE:  # git keeps a file of that name in a second working tree
                continue
            path = os.path.relpath(os.path.join(folder, name), tree)
            if not (BAZEL.match(path) and os.path.islink(os.path.join(folder, name))):
                yield path


def layer(path):
    """The index of the layer a file of alloc/ stands on."""
    folder = "/".join(path.split("/")[:2]) if path.count("/") > 1 else "alloc"
    return LAYERS.index(folder) if folder in LAYERS else None


def resolve(path, quote, name, files):
    """The file of this tree that an #include means, or None for one from outside."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
    if quote == '"' and beside in files:
        return beside
    for root in ("", "alloc"):
        found = os.path.normpath(os.path.join(root, name))
        if found in files:
            return found
    return None


def may_include(path, target):
    """True when the layers allow the file `path` to include the file `target`."""
    if path in LAYOUT:
        return target in LAYOUT and LAYOUT.index(target) < LAYOUT.index(path)
    top, target_top = path.split("/")[0], target.split("/")[0]
    if top == "alloc":
        return target_top == "alloc" and layer(target) <= layer(path)
    if top == "mbuf":
        return target_top == "mbuf" or target == "alloc/uma/uma.h"
    if top == "preload":
        return target_top in ("alloc", "preload")
    if top == "tools":
        return target_top == "tools" or target in LAYOUT
    if top == "bench":
        return target_top == "bench" or target in LAYOUT or target in PUBLIC
    return top == "tests"


def check_top_level(files):
    for name in sorted({path.split("/")[0] for path in files}):
        if name not in TOP_LEVEL and not name.startswith("."):
            yield f"{name}: not one of the entries of the top level"


def check_text(path, text, files):
    head = "\n".join(text.split("\n")[:10])
    if LICENCE not in head and path + ".license" not in files:
        yield f"{path}: no line '{LICENCE}' near its top"
    for match in UNFINISHED.finditer(text):
        yield f"{path}: says {match.group(0)}"
    if SHELL_TEST.search(path) and CHECK_SH not in text:
        yield f"{path}: a test that does not begin with tests/check.sh"
    lines = text.count("\n")
    if (SOURCES.search(path) or text.startswith("#!")) and lines >= MAX_LINES:
        yield f"{path}: {lines} lines, {MAX_LINES} or more"


def check_includes(path, text, files):
    if not CODE.search(path):
        return
    if path.startswith("alloc/") and layer(path) is None:
        yield f"{path}: stands on no known layer of alloc/"
        return
    for quote, name in INCLUDE.findall(text):
        target = resolve(path, quote, name, files)
        if target is None:
            continue
        if target.startswith("alloc/") and layer(target) is None:
            continue  # reported for the target itself
        if not may_include(path, target):
            yield f"{path}: must not include {target}"


def check(tree):
    files = set(all_files(tree))
    yield from check_top_level(files)
    for path in sorted(files):
        full = os.path.join(tree, path)
        if os.path.islink(full):
            yield f"{path}: a symbolic link"
            continue
        with open(full, encoding="utf-8", errors="replace") as file:
            text = file.read()
        yield from check_text(path, text, files)
        yield from check_includes(path, text, files)


def main():
    if len(sys.argv) != 2 or not os.path.isfile(os.path.join(sys.argv[1], "WORKSPACE")):
        sys.exit("usage: house.py TREE")
    breaches = list(check(sys.argv[1]))
    for breach in breaches:
        print(breach)
    sys.exit(1 if breaches else 0)


if __name__ == "__main__":
    main()
