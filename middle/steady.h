/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SIMAUTH_MIDDLE_STEADY_H
#define SIMAUTH_MIDDLE_STEADY_H

#include <stdint.h>

/* Seconds since 1970 as the clock had them when this process began, and since then by one that
 * nobody sets: how long calls live. */
int64_t steady_seconds(void);
/* How many seconds the clock is ahead of that now: 0, unless somebody set it since. */
int64_t steady_apart(void);

#endif
