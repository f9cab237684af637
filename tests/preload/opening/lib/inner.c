/* SPDX-License-Identifier: BSD-2-Clause */
/* A plugin's plugin, in a folder that only the plugin's RUNPATH names. */
const char* plugin_inner(void);

const char* plugin_inner(void) { return "inner"; }
