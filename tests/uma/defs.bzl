# SPDX-License-Identifier: BSD-2-Clause
"""Programs that use zones: linked to libuma.so.1, run alone and under the preload library."""

load("//tests:defs.bzl", "CHECKED", "COPTS", "CROWDED", "LIBRARY", "RSEQ_OFF")

_PRELOAD = ["--library $(rootpath %s)" % LIBRARY]

# rseq_off: virtual CPUs. crowded: fewer of them than threads, so that some threads share one cache.
_VARIANTS = {
    "alone": [],
    "alone_rseq_off": RSEQ_OFF,
    "alone_crowded": CROWDED,
    "alone_cpus64": ["--env UMA_OPTIONS=cpus:64"],
    "preload": _PRELOAD,
    "preload_rseq_off": _PRELOAD + RSEQ_OFF,
    "preload_crowded": _PRELOAD + CROWDED,
    "preload_checked": ["--library $(rootpath %s)" % CHECKED],
}

# Only where they are asked for.
_INVARIANTS = ["--env UMA_OPTIONS=invariants:on"]
_EXTRA = {
    "alone_invariants": _INVARIANTS,
    "alone_invariants_trash": ["--env UMA_OPTIONS=invariants:on,trash:4"],
    "preload_invariants": _PRELOAD + _INVARIANTS,
    "preload_checked_invariants": ["--library $(rootpath %s)" % CHECKED] + _INVARIANTS,
}

def zone_program(name, srcs):
    """A program on zones, with GoogleTest."""
    native.cc_binary(
        name = name,
        testonly = True,
        srcs = srcs,
        copts = COPTS,
        deps = [
            ":libuma",
            ":support",
            "//alloc/base:layout",
            "//alloc/uma:api",
            "@googletest//:gtest",
        ],
    )

def zone_test(name, srcs, size = "small", variants = _VARIANTS.keys()):
    """A program on zones and its runs."""
    zone_program(name = name + "_program", srcs = srcs)
    for variant in variants:
        native.sh_test(
            name = name + "_" + variant,
            size = size,
            srcs = ["//tests:preload_run.sh"],
            args = (_VARIANTS.get(variant) or _EXTRA.get(variant, [])) + ["$(rootpath :%s_program)" % name],
            data = [
                ":" + name + "_program",
                CHECKED if variant.startswith("preload_checked") else LIBRARY,
            ],
        )
