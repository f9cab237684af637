/* SPDX-License-Identifier: BSD-2-Clause */
/* What a plugin of these tests offers. */
#ifndef UMA_TESTS_PRELOAD_OPENING_PLUGIN_H_
#define UMA_TESTS_PRELOAD_OPENING_PLUGIN_H_

#include <stddef.h>

/* A block of the plugin's malloc, and the plugin's free. */
void* plugin_give(size_t size);
void plugin_take(void* p);
/* Frees and resizes what libc's own functions allocated; the number of rounds that were right. */
int plugin_use_libc(int rounds);
/* The file that the plugin's malloc comes from. */
const char* plugin_heap(void);
/* Opens a library by a bare name, or says why it cannot. */
const char* plugin_open(const char* name, int mode);
/* What perl calls: uses libc, prints "ok" and ends the process. */
void plugin_xsub(void* interpreter, void* function);

#endif
