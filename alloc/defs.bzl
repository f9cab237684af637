# SPDX-License-Identifier: BSD-2-Clause
"""How the layers of the allocator are compiled."""

# No exceptions, no RTTI, thread-local storage that needs no call, nothing exported unless it says
# so, and none of the toolchain's extras that cost instructions.
ALLOC_COPTS = [
    "-fno-exceptions",
    "-fno-rtti",
    "-fno-threadsafe-statics",
    "-fvisibility=hidden",
    "-ftls-model=initial-exec",
    "-fno-stack-protector",
    "-fomit-frame-pointer",
    "-U_FORTIFY_SOURCE",
]

# How the shared libraries are linked, with //alloc:libc.so.6 among additional_linker_inputs: of
# the usual libraries there is only what the compiler's own code needs, and fork's registration.
SHARED_LINKOPTS = [
    "-Wl,-z,now,-z,relro,-z,noexecstack,-z,nodelete,-z,defs",
    "-nodefaultlibs",
    "$(location //alloc:libc.so.6)",
    "-l:libc_nonshared.a",
    "-lgcc",
]

def alloc_layer(name, visibility, deps = []):
    """A layer: everything in its folder as one library, and its files for other ways to compile."""
    code = native.glob(["*.cc", "*.S"], allow_empty = True)
    headers = native.glob(["*.h", "*.inc"], allow_empty = True)
    native.cc_library(
        name = name,
        srcs = code,
        hdrs = headers,
        copts = ALLOC_COPTS,
        linkstatic = 1,
        visibility = visibility,
        deps = deps,
        alwayslink = 1,
    )
    native.filegroup(
        name = "sources",
        srcs = code + headers,
        visibility = [
            "//tests/checked:__pkg__",
            "//tests/sanitize:__pkg__",
        ],
    )
