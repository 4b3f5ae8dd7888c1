/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * AddressSanitizer that is preloaded begins at the program's first malloc(), and then asks the
 * linker for a symbol and reads the text of its refusal. In linphone-daemon that malloc() is inside
 * bindtextdomain(), which libgpg-error calls as it is loaded and which holds the lock that the text
 * needs too: the lock is broken from then on, and pulseaudio waits for it for ever. This is
 * initialised before all others (-z initfirst), so that the sanitizer begins here.
 */
#include <stdlib.h>

static void *volatile block;

__attribute__((constructor)) static void begin(void)
{
    block = malloc(1);
    free(block);
}
