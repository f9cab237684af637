# SPDX-License-Identifier: BSD-2-Clause
"""Ordinary programs that run under the preload library, each in several variants."""

LIBRARY = "//preload:libuma_malloc.so"

# The same with its contracts checked.
CHECKED = "//tests/checked:libuma_malloc.so"

# The folders of alloc/ whose sources are compiled once more for some tests.
LAYERS = [
    "base",
    "os",
    "percpu",
    "page",
    "uma",
    "heap",
]

# The compiler must not drop a call that it knows to be an allocation.
COPTS = [
    "-fno-builtin",
    "-fno-allocation-dce",
]

# glibc: the program without the library, which proves that the test describes glibc.
# valgrind: a machine without restartable sequences, one thread running at a time.
# crowded: more threads than virtual CPUs.
# checked: a build that tests its own contracts.
RSEQ_OFF = ["--env GLIBC_TUNABLES=glibc.pthread.rseq=0"]
CROWDED = ["--env UMA_OPTIONS=cpus:2"]
_VARIANTS = {
    "default": [],
    "rseq_off": RSEQ_OFF,
    "glibc": [],
    "invariants": ["--env UMA_OPTIONS=invariants:on"],
    "crowded": CROWDED,
    "checked": [],
    "valgrind": ["--under valgrind", "--under --tool=none", "--under --quiet"],
}

DEFAULT_VARIANTS = [
    "default",
    "rseq_off",
]

def preload_program(name, srcs, deps = [], linkopts = [], copts = []):
    """A test program: linked to libc and the C++ runtime alone."""
    native.cc_binary(
        name = name,
        testonly = True,
        srcs = srcs,
        copts = COPTS + copts,
        linkopts = ["-lpthread"] + linkopts,
        deps = ["//tests/conformance:check"] + deps + ["//tools/bazel:cxx_runtime"],
    )

def preload_run(name, program, args = [], env = {}, variants = DEFAULT_VARIANTS, size = "small", tags = []):
    """One test for each variant of one command line."""
    for variant in variants:
        words = list(_VARIANTS[variant])
        words += ["--env %s=%s" % item for item in env.items()]
        library = []
        if variant != "glibc":
            library = [CHECKED if variant == "checked" else LIBRARY]
            words.append("--library $(rootpath %s)" % library[0])
        native.sh_test(
            name = name if variant == "default" else name + "_" + variant,
            size = size,
            srcs = ["//tests:preload_run.sh"],
            args = words + ["$(rootpath %s)" % program] + args,
            data = [program] + library,
            tags = tags,
        )

def preload_test(
        name,
        srcs,
        args = [],
        env = {},
        variants = DEFAULT_VARIANTS,
        size = "small",
        deps = [],
        linkopts = [],
        copts = [],
        tags = []):
    """A program and its runs."""
    preload_program(
        name = name + "_program",
        srcs = srcs,
        deps = deps,
        linkopts = linkopts,
        copts = copts,
    )
    preload_run(
        name = name,
        program = ":" + name + "_program",
        args = args,
        env = env,
        variants = variants,
        size = size,
        tags = tags,
    )
