/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of methods: adding one is a file method_NAME.c and a row here. */
#include "methods.h"
#include <string.h>

static const struct simauth_method *const METHODS[] = {
    &simauth_method_aka, &simauth_method_akap, &simauth_method_gsm,
    &simauth_method_stp, &simauth_method_agt,
};
#define METHODS_COUNT (sizeof METHODS / sizeof METHODS[0])
_Static_assert(METHODS_COUNT <= SIMAUTH_METHODS_MAX, "too many methods");

const struct simauth_method *simauth_method_find(const char *name, size_t len)
{
    for (size_t i = 0; i < METHODS_COUNT; i++) {
        if (strlen(METHODS[i]->name) == len && memcmp(METHODS[i]->name, name, len) == 0)
            return METHODS[i];
    }
    return NULL;
}

const struct simauth_method *simauth_method_at(size_t i)
{
    return i < METHODS_COUNT ? METHODS[i] : NULL;
}

enum simauth_result simauth_method_k(const struct simauth_challenge *challenge, const char *realm,
                                     const struct simauth_secret *card, struct simauth_secret *k)
{
    const struct simauth_method *method = challenge->method;
    struct simauth_secret from = *card; /* `k` may be `card` */
    enum simauth_result result = SIMAUTH_MALFORMED;

    simauth_secret_wipe(k);
    if (method->make_k != NULL)
        result = method->make_k(challenge, realm, &from, k);
    else if (from.len == method->k_len)
        result = simauth_secret_set(k, from.octets, from.len);
    simauth_secret_wipe(&from);
    return result;
}

bool simauth_method_is_held(const struct simauth_method *method)
{
    return method != NULL && method->id_len > 0;
}

size_t simauth_method_chal_len(const struct simauth_method *method, bool opening)
{
    return opening ? method->rand_len : (size_t)(method->rand_len - method->id_len);
}

void simauth_card_answer_wipe(struct simauth_card_answer *answer)
{
    simauth_secret_wipe(&answer->res);
    simauth_secret_wipe(&answer->k);
    memset(answer->auts, 0, sizeof answer->auts);
}
