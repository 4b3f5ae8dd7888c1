/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Statements of operators whose signature was checked: the check takes three signatures and the
 * statement is the same all day. */
#ifndef SIMAUTH_PLUGIN_AG_STATEMENTS_H
#define SIMAUTH_PLUGIN_AG_STATEMENTS_H

#include <simauth/vector.h>

#define STATEMENTS_MAX 16
#define STATEMENTS_KEEP 86400 /* seconds */

struct statements_entry {
    uint8_t digest[32]; /* SHA-256 of its text */
    int64_t checked;    /* 0: the entry is free */
    uint64_t used;      /* grows: the smallest is the oldest */
    struct simauth_statement statement;
};
struct statements {
    struct statements_entry entries[STATEMENTS_MAX];
    uint64_t uses;
    unsigned checks; /* signatures that were checked, for tests */
};

/* simauth_statement_verify() of `text` at `now`, or what it said less than a day ago. */
enum simauth_result statements_verify(struct statements *cache, const char *text,
                                      X509_STORE *anchors, int64_t now,
                                      struct simauth_statement *statement);
#endif
