/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "members.h"

#include <string.h>

static bool take_text(const json_t *value, char *to, size_t room)
{
    size_t len = json_string_length(value);

    if (!json_is_string(value) || len == 0 || len >= room)
        return false;
    memcpy(to, json_string_value(value), len + 1);
    return true;
}

static bool take_aor(const json_t *value, char *to)
{
    char canonical[SIMAUTH_AOR_MAX + 1];

    return take_text(value, to, SIMAUTH_AOR_MAX + 1) &&
           simauth_aor_canonical(to, canonical) == SIMAUTH_OK && strcmp(to, canonical) == 0;
}

static bool take_nai(const json_t *value, char *to)
{
    return take_text(value, to, SIMAUTH_NAI_MAX + 1) && simauth_nai_check(to) == SIMAUTH_OK;
}

/* A realm is what may stand behind the "@" of a NAI. */
static bool take_realm(const json_t *value, char *to)
{
    char nai[SIMAUTH_REALM_MAX + 3] = "x@";

    if (!take_text(value, to, SIMAUTH_REALM_MAX - 1))
        return false;
    strcat(nai, to);
    return simauth_nai_check(nai) == SIMAUTH_OK;
}

static bool take_octets(const json_t *value, uint8_t *to, size_t len)
{
    return json_is_string(value) &&
           simauth_b64u_decode(json_string_value(value), json_string_length(value), to, len) ==
               SIMAUTH_OK;
}

static bool take_challenge(const json_t *object, struct simauth_challenge *challenge)
{
    static const char *const names[] = {"method", "rand", "autn", NULL};
    const json_t *method = json_object_get(object, "method");
    const json_t *autn = json_object_get(object, "autn");

    memset(challenge, 0, sizeof *challenge);
    if (!simauth_json_only(object, names) || !json_is_string(method))
        return false;
    challenge->method = simauth_method_find(json_string_value(method), json_string_length(method));
    if (!challenge->method || simauth_method_is_held(challenge->method) ||
        challenge->method->needs_autn != (autn != NULL))
        return false;
    challenge->rand_len = challenge->method->rand_len;
    challenge->has_autn = autn != NULL;
    if (!take_octets(json_object_get(object, "rand"), challenge->rand, challenge->rand_len) ||
        (autn && !take_octets(autn, challenge->autn, sizeof challenge->autn)))
        return false;
    return !challenge->method->check_rand ||
           challenge->method->check_rand(challenge->rand, challenge->rand_len) == SIMAUTH_OK;
}

static bool take_time(const json_t *value, int64_t *to)
{
    *to = json_is_integer(value) ? (int64_t)json_integer_value(value) : 0;
    return *to > 0;
}

bool member_read(const json_t *value, const struct member *member)
{
    switch (member->kind) {
    case MEMBER_TEXT:
        return take_text(value, member->to, member->room);
    case MEMBER_AOR:
        return take_aor(value, member->to);
    case MEMBER_NAI:
        return take_nai(value, member->to);
    case MEMBER_REALM:
        return take_realm(value, member->to);
    case MEMBER_TIME:
        return take_time(value, member->to);
    case MEMBER_OCTETS:
        return take_octets(value, member->to, member->room);
    case MEMBER_CHALLENGE:
        return take_challenge(value, member->to);
    case MEMBER_RAW:
        *(const json_t **)member->to = value;
        return true;
    }
    return false;
}

bool members_read(const json_t *object, const struct member *members, size_t count)
{
    const char *names[MEMBERS_MAX + 1] = {NULL};

    if (count > MEMBERS_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        names[i] = members[i].name;
    if (!simauth_json_only(object, names))
        return false;
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, members[i].name);

        if (!value && members[i].optional)
            continue;
        if (!value || !member_read(value, &members[i]))
            return false;
    }
    return true;
}
