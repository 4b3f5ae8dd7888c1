/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NAIs: RFC 7542 with a realm, and the operator's part of it in lower case. */
#include "names.h"
#include "simauth/name.h"
#include <string.h>

static bool user_char(char c)
{
    return ascii_alnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* dot-string: atoms with single dots between them. */
static bool user_good(const char *user, size_t len)
{
    bool after_dot = true;

    for (size_t i = 0; i < len; i++) {
        if (user[i] == '.' ? after_dot : !user_char(user[i]))
            return false;
        after_dot = user[i] == '.';
    }
    return !after_dot;
}

bool realm_good(const char *realm)
{
    unsigned labels = 0;

    if (strlen(realm) > SIMAUTH_REALM_MAX)
        return false;
    for (const char *at = realm; at == realm || at[-1] == '.';) {
        size_t len = strcspn(at, ".");
        if (!host_label_good(at, len))
            return false;
        for (size_t i = 0; i < len; i++) {
            if (at[i] != ascii_lower(at[i]))
                return false;
        }
        labels++;
        at += len;
        if (*at == '.')
            at++;
    }
    return labels >= 2;
}

enum simauth_result simauth_nai_check(const char *nai)
{
    size_t len = strnlen(nai, SIMAUTH_NAI_MAX + 1);
    const char *at;

    if (len > SIMAUTH_NAI_MAX)
        return SIMAUTH_TOO_LONG;
    at = strchr(nai, '@');
    if (at == NULL || !user_good(nai, (size_t)(at - nai)) || !realm_good(at + 1))
        return SIMAUTH_MALFORMED;
    return SIMAUTH_OK;
}

const char *simauth_nai_realm(const char *nai)
{
    const char *at = strrchr(nai, '@');

    return at != NULL ? at + 1 : "";
}

static bool printable_within(const char *text, size_t max)
{
    size_t len;

    if (text == NULL || *text == '\0')
        return false;
    for (len = 0; text[len] != '\0'; len++) {
        if (len == max || text[len] <= ' ' || text[len] > '~')
            return false;
    }
    return true;
}

bool names_fit(const struct simauth_names *names)
{
    return printable_within(names->aor_a, SIMAUTH_AOR_MAX) &&
           printable_within(names->aor_b, SIMAUTH_AOR_MAX) &&
           printable_within(names->nai_a, SIMAUTH_NAI_MAX) &&
           printable_within(names->nai_b, SIMAUTH_NAI_MAX);
}
