/* SPDX-License-Identifier: BSD-2-Clause */
/* A library whose allocator nobody has called: its layout is valid and empty. */
#include "alloc/base/layout.h"

struct uma_layout uma_layout = {
    .magic = UMA_LAYOUT_MAGIC,
    .version = UMA_LAYOUT_VERSION,
    .size = sizeof(struct uma_layout),
    .zone_size = sizeof(struct uma_layout_zone),
    .keg_size = sizeof(struct uma_layout_keg),
};
