// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/os/published.h"

extern "C" {
constinit struct uma_layout uma_layout = {
    .magic = UMA_LAYOUT_MAGIC,
    .version = UMA_LAYOUT_VERSION,
    .size = sizeof(struct uma_layout),
    .zone_size = sizeof(uma_layout_zone),
    .keg_size = sizeof(uma_layout_keg),
    .cpu_count = 0,
    .rseq = 0,
    .cpus = 0,
    .zones = 0,
    .zone_count = 0,
    .generation = 0,
    .pid = 0,
    .large = {},
    .pages = {},
    .extensions = {},
};
}
