/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many of something each name has: connections of an address, nonces of a B-TID. */
#ifndef SIMAUTH_GATEWAY_COUNTS_H
#define SIMAUTH_GATEWAY_COUNTS_H

struct counts;
struct counts *counts_new(void);
void counts_free(struct counts *counts);
void counts_add(struct counts *counts, const char *name);
void counts_remove(struct counts *counts, const char *name);
unsigned counts_of(struct counts *counts, const char *name);

#endif
