/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First octet: which request; the rest its body. What a gateway takes it can ask again in the same
 * words. */
#include "../fuzz/fuzz.h"
#include "api/body.h"

static void vectors(const char *text, size_t len, bool between)
{
    static struct body_vectors body, again;
    json_t *object;
    char *written;
    bool to_gateway;

    if (body_vectors(text, len, between, &body) != NULL)
        return;
    MUST(simauth_aor_same(body.caller, body.caller) && simauth_aor_same(body.callee, body.callee));
    MUST(body.method_count <= SIMAUTH_METHODS_MAX);
    to_gateway = body.nai_a[0] || body.subject == SIMAUTH_SUBJECT_CALLER;
    object = body_vectors_json(&body);
    MUST(object != NULL);
    written = json_dumps(object, JSON_COMPACT);
    MUST(written != NULL && strlen(written) <= BODY_MAX);
    if (body.method_count > 0) {
        MUST(body_vectors(written, strlen(written), to_gateway, &again) == NULL);
        MUST(memcmp(&body, &again, sizeof body) == 0);
    }
    free(written);
    json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct body_challenges challenges;
    static struct body_auts auts;
    const char *text = (const char *)data + 1;

    if (size < 1 || size > BODY_MAX)
        return 0;
    switch (data[0] % 4) {
    case 0:
        vectors(text, size - 1, false);
        break;
    case 1:
        vectors(text, size - 1, true);
        break;
    case 2:
        if (body_challenges(text, size - 1, &challenges) == NULL)
            MUST(challenges.rand_len == challenges.method->rand_len &&
                 challenges.element.kind == SIMAUTH_ELEMENT_1);
        break;
    default:
        body_auts(text, size - 1, &auts);
    }
    return 0;
}
