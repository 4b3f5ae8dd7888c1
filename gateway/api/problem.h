/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The closed set of refusals: RFC 9457 problems (docs/protocol.md section 6). */
#ifndef SIMAUTH_GATEWAY_PROBLEM_H
#define SIMAUTH_GATEWAY_PROBLEM_H

#include <stddef.h>

enum problem {
    PROBLEM_NONE,
    PROBLEM_BAD_REQUEST,
    PROBLEM_UNAUTHORIZED,
    PROBLEM_NOT_YOURS, /* one word and one timing for all its reasons */
    PROBLEM_NOBODY,
    PROBLEM_NOT_FOUND, /* no such path */
    PROBLEM_METHOD_NOT_ALLOWED,
    PROBLEM_TWO_VOUCHERS,
    PROBLEM_TOO_LARGE,
    PROBLEM_KEY_REUSED, /* Idempotency-Key with another body */
    PROBLEM_NO_METHOD,
    PROBLEM_TOO_MANY,
    PROBLEM_OPERATOR_DOWN,
    PROBLEM_UNSURE /* the same for a partner whose question may have been counted */
};
#define PROBLEM_TYPE "urn:simauth:" /* and its name */
struct problem_row {
    int status;
    const char *name;  /* after "urn:simauth:" */
    const char *title; /* for people */
};
const struct problem_row *problem_row(enum problem problem);
/* What a partner's status means for the phone that waits. */
enum problem problem_of_status(long status);
/* JSON; `detail` may be NULL. malloc'ed; NULL: no memory. */
char *problem_json(enum problem problem, const char *detail);

#endif
