/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* systemd's side channel (sd_notify(3)); nothing where it did not start us. */
#ifndef SIMAUTH_GATEWAY_NOTIFY_H
#define SIMAUTH_GATEWAY_NOTIFY_H

#include <stdint.h>

/* Waits for a systemd that does not read, but not for long. */
void notify_send(const char *state);
/* What it hears again soon: waits for nobody. */
void notify_again(const char *state);
/* Microseconds within which WATCHDOG=1 is wanted; 0: not at all. */
int64_t notify_watchdog_us(void);

#endif
