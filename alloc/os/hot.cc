// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/os/hot.h"

namespace uma {

constinit Hot uma_hot = {
    .arena_base = 0,
    .arena_limit = 0,
    // Unused padding of glibc's thread control block, which reads as CPU 0 and may be written:
    // valid from the first instruction on, before anything of ours has run.
    .rseq_offset = 128,
};

}  // namespace uma
