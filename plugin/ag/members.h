/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The members of an answer, by table: what is named must be there and right, and nothing else. */
#ifndef SIMAUTH_PLUGIN_AG_MEMBERS_H
#define SIMAUTH_PLUGIN_AG_MEMBERS_H

#include <simauth/vector.h>

enum member_kind {
    MEMBER_TEXT,      /* a string, 1 to room - 1 octets, to char[room] */
    MEMBER_AOR,       /* a canonical AOR, to char[SIMAUTH_AOR_MAX + 1] */
    MEMBER_NAI,       /* to char[SIMAUTH_NAI_MAX + 1] */
    MEMBER_REALM,     /* to char[SIMAUTH_REALM_MAX + 1] */
    MEMBER_TIME,      /* an integer above 0, to int64_t */
    MEMBER_OCTETS,    /* b64u of exactly `room` octets */
    MEMBER_CHALLENGE, /* {method, rand, autn}, to struct simauth_challenge */
    MEMBER_RAW        /* borrowed, to json_t *: the reader looks at it */
};
struct member {
    const char *name;
    enum member_kind kind;
    bool optional; /* then *to is left as it was */
    void *to;
    size_t room;
};

#define MEMBERS_MAX 9

/* Fills all of `members` (up to MEMBERS_MAX) from `object`. False when one is missing, is of
 * another type or syntax, or `object` has one more. */
bool members_read(const json_t *object, const struct member *members, size_t count);
/* One value; see enum member_kind. */
bool member_read(const json_t *value, const struct member *member);

#endif
