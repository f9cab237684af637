/* SPDX-License-Identifier: BSD-2-Clause */
/* Never says malloc itself: only what it calls does. */
#include <stdio.h>
#include <string.h>

int main(void) { return puts(strdup("it runs")) < 0; }
