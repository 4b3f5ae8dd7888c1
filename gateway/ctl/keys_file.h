/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of one SIM, from a file or standard input. */
#ifndef SIMAUTH_GATEWAY_KEYS_FILE_H
#define SIMAUTH_GATEWAY_KEYS_FILE_H

#include "ctl.h"

/* Lines NAME=VALUE: k, opc or op, amf, method (aka or akap), c1 to c5, r1 to r5; for TUAK
 * topc or top in the place of opc or op, and keccak, the iterations. `path` "-" is standard input.
 * Prints what is wrong. */
int keys_file_read(const char *path, struct store_subscriber *subscriber);
/* Without a SIM: one line, password=... (H(A1) is made of it with the subscriber's IMPI and that
 * name's realm) or ha1=. The IMPI must be there. */
int password_file_read(const char *path, struct store_subscriber *subscriber);
/* How many digits the MNC of this IMSI has, by its country. */
int keys_file_mnc_digits(const char *imsi);

#endif
