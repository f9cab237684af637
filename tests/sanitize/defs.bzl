# SPDX-License-Identifier: BSD-2-Clause
"""The allocator compiled once more for a sanitizer, with the test in one program."""

load("//alloc:defs.bzl", "ALLOC_COPTS")
load("//tests:defs.bzl", "LAYERS")

# Functions of alloc/os that mappings.cc stands before.
_WRAPPED = [
    "_ZN3uma2os11map_countedEm",
    "_ZN3uma2os3mapEPvmPb",
    "_ZN3uma2os5remapEPvmmb",
    "_ZN3uma2os5unmapEPvm",
    "_ZN3uma2os7reserveEPvmPb",
]

def sanitized_oracle(name, sanitizer, runs):
    """A program and its runs: the name of each, and the words before and after the program."""
    flags = [
        "-fsanitize=" + sanitizer,
        "-fno-sanitize-recover=all",
    ]
    wrapped = _WRAPPED if sanitizer == "thread" else []
    native.cc_binary(
        name = name + "_program",
        testonly = True,
        srcs = [
            "blocks.h",
            "oracle.cc",
            "zones.h",
        ] + (["mappings.cc"] if wrapped else []) + ["//alloc/%s:sources" % layer for layer in LAYERS],
        # Stacks can be walked, and locks check their order.
        copts = ALLOC_COPTS + flags + [
            "-fno-omit-frame-pointer",
            "-UNDEBUG",
        ],
        linkopts = flags + ["-lpthread"] + ["-Wl,--wrap=" + name for name in wrapped],
        linkstatic = 1,
        deps = [
            "//tests/support",
            "//tools/bazel:cxx_runtime",
        ],
    )
    for run, (environment, arguments) in runs.items():
        native.sh_test(
            name = name if run == "" else name + "_" + run,
            size = "small",
            srcs = ["run.sh"],
            args = environment + ["$(rootpath :%s_program)" % name] + arguments,
            data = [":%s_program" % name],
        )
