/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses that the subscriber proves by itself (docs/protocol.md section 6.2). */
#include "ag_private.h"
#include "members.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool read_binding(const json_t *object, struct ag_binding *b)
{
    const struct member members[] = {
        {"aor", MEMBER_AOR, false, b->aor, sizeof b->aor},
        {"by", MEMBER_TEXT, false, b->by, sizeof b->by},
        {"since", MEMBER_RAW, false, &(const json_t *){NULL}, 0}, /* 0 when it is not known */
        {"until", MEMBER_TIME, false, &b->until, 0},
    };

    b->since = json_integer_value(json_object_get(object, "since"));
    return members_read(object, members, COUNT(members));
}

enum ag_status ag_bindings(struct ag *ag, struct ag_binding *list, size_t room, size_t *count)
{
    const json_t *array = NULL;
    const struct member members[] = {{"bindings", MEMBER_RAW, false, &array, 0}};
    json_t *object;
    enum ag_status status = ua_request(ag, "/v1/bindings", NULL, &object);
    bool good =
        status == AG_OK && members_read(object, members, COUNT(members)) && json_is_array(array);

    *count = 0;
    for (size_t i = 0; good && i < json_array_size(array) && *count < room; i++) {
        good = read_binding(json_array_get(array, i), &list[*count]);
        *count += good;
    }
    json_decref(object);
    return status == AG_OK && !good ? ag_garbage(ag, "addresses") : status;
}

/* Posts {"aor": ...}, with `nonce` unless that is NULL. The answer's `name` goes to *number. */
static enum ag_status post(struct ag *ag, const char *path, const char *aor, const char *nonce,
                           const char *name, int64_t *number)
{
    char answered[SIMAUTH_AOR_MAX + 1] = "";
    const struct member members[] = {
        {"aor", MEMBER_AOR, false, answered, sizeof answered},
        {name, MEMBER_TIME, false, number, 0},
    };
    json_t *object;
    enum ag_status status;

    status = ua_post(ag, path, json_pack("{s:s, s:s*}", "aor", aor, "nonce", nonce), &object);
    if (status == AG_OK &&
        (!members_read(object, members, COUNT(members)) || strcmp(answered, aor) != 0))
        status = ag_garbage(ag, "addresses");
    json_decref(object);
    return status;
}

enum ag_status ag_bind(struct ag *ag, const char *aor)
{
    int64_t seconds;

    return post(ag, "/v1/bindings", aor, NULL, "expires_in", &seconds);
}

enum ag_status ag_prove(struct ag *ag, const char *aor, const uint8_t nonce[static AG_NONCE_LEN],
                        int64_t *until)
{
    char text[SIMAUTH_B64U_LEN(AG_NONCE_LEN) + 1];

    simauth_b64u_encode(nonce, AG_NONCE_LEN, text);
    return post(ag, "/v1/bindings/proof", aor, text, "until", until);
}
