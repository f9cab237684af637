# SPDX-License-Identifier: BSD-2-Clause
"""How the floors of the allocator are compiled."""

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
