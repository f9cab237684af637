/* SPDX-License-Identifier: BSD-2-Clause */
/* A plugin that allocates for its caller and frees for it. */
#include <stdlib.h>

void* plugin_give(size_t size) { return malloc(size); }

void plugin_take(void* p) { free(p); }
