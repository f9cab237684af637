# SPDX-License-Identifier: BSD-2-Clause
"""The allocator compiled once more for a sanitizer, with the test in one program."""

load("//alloc:defs.bzl", "ALLOC_COPTS")

LAYERS = ["base", "os", "percpu", "page", "uma", "heap"]

def sanitized_oracle(name, sanitizer, runs):
    """A program and its runs: the name of each, and the words before and after the program."""
    flags = [
        "-fsanitize=" + sanitizer,
        "-fno-sanitize-recover=all",
    ]
    native.cc_binary(
        name = name + "_program",
        testonly = True,
        srcs = [
            "blocks.h",
            "oracle.cc",
            "zones.h",
        ] + ["//alloc/%s:sources" % layer for layer in LAYERS],
        # Stacks can be walked, and locks check their order.
        copts = ALLOC_COPTS + flags + [
            "-fno-omit-frame-pointer",
            "-UNDEBUG",
        ],
        linkopts = flags + ["-lpthread"],
        linkstatic = 1,
        deps = ["//tools/bazel:cxx_runtime"],
    )
    for run, (environment, arguments) in runs.items():
        native.sh_test(
            name = name if run == "" else name + "_" + run,
            size = "small",
            srcs = ["run.sh"],
            args = environment + ["$(rootpath :%s_program)" % name] + arguments,
            data = [":%s_program" % name],
        )
