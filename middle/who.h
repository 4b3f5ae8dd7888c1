/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which user of this machine opened a connection to us: the kernel knows (sock_diag(7)). */
#ifndef SIMAUTH_MIDDLE_WHO_H
#define SIMAUTH_MIDDLE_WHO_H

#include <stdint.h>
#include <sys/socket.h>

#define WHO_UNKNOWN UINT32_MAX /* it came from another machine, or the kernel does not say */

/* `theirs` is where the connection comes from, `ours` where it goes to; of one family. */
uint32_t who_connected(const struct sockaddr *theirs, const struct sockaddr *ours);

#endif
