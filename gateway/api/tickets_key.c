/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tickets.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <simauth/setup.h>
#include <stdio.h>
#include <string.h>

const char *ticket_use(const struct store_ticket *ticket)
{
    return ticket->first_key ? "stp" : "agt";
}

bool ticket_draw(const struct request *request, struct store_ticket *ticket,
                 struct simauth_secret *half)
{
    static const char digits[] = "0123456789abcdef";
    char label[8 + 2 * (STORE_KEY_LEN + STORE_HASH_LEN) + 1] = "ticket ";
    struct simauth_secret drawn;
    uint8_t own[STORE_KEY_LEN + STORE_HASH_LEN];
    char *at = label + strlen(label);
    bool good;

    memcpy(own, request->key, STORE_KEY_LEN);
    memcpy(own + STORE_KEY_LEN, request->hash, STORE_HASH_LEN);
    for (size_t i = 0; i < sizeof own; i++) {
        *at++ = digits[own[i] >> 4];
        *at++ = digits[own[i] & 15];
    }
    *at = '\0';
    good = simauth_hkdf(&request->ks_naf, label, SIMAUTH_TICKET_LEN + SIMAUTH_KEY_LEN, &drawn) ==
           SIMAUTH_OK;
    if (good) {
        memcpy(ticket->ticket, drawn.octets, SIMAUTH_TICKET_LEN);
        half->len = SIMAUTH_KEY_LEN;
        memcpy(half->octets, drawn.octets + SIMAUTH_TICKET_LEN, SIMAUTH_KEY_LEN);
    }
    simauth_secret_wipe(&drawn);
    return good;
}

bool ticket_other_half(struct simauth_secret *half)
{
    half->len = SIMAUTH_KEY_LEN;
    return RAND_bytes(half->octets, SIMAUTH_KEY_LEN) == 1;
}

bool ticket_key(struct store_ticket *ticket, const struct simauth_secret *half_a,
                const struct simauth_secret *half_b)
{
    struct simauth_secret both = {.len = 2 * SIMAUTH_KEY_LEN};
    bool good;

    memcpy(both.octets, half_a->octets, SIMAUTH_KEY_LEN);
    memcpy(both.octets + SIMAUTH_KEY_LEN, half_b->octets, SIMAUTH_KEY_LEN);
    good = simauth_hkdf(&both, ticket->first_key ? "stp first" : "agt", SIMAUTH_KEY_LEN,
                        &ticket->key) == SIMAUTH_OK;
    simauth_secret_wipe(&both);
    return good;
}

static int64_t ttl(const struct request *request, const struct store_ticket *t)
{
    int64_t life = t->first_key ? FIRST_KEY_S : request->gateway->config->vector_ttl;
    int64_t left = t->made + life - request->now;

    return left < 1 ? 1 : left > life ? life : left;
}

json_t *ticket_object(const struct request *request, const struct store_ticket *t,
                      const char *operator_name)
{
    uint8_t nonce[12], sealed[SIMAUTH_SEALED_LEN];
    char sealed_text[SIMAUTH_B64U_LEN(sizeof sealed) + 1];
    char ticket[SIMAUTH_B64U_LEN(SIMAUTH_TICKET_LEN) + 1];
    struct simauth_octets aad = {0};
    bool good;

    simauth_ticket_aad(ticket_use(t), t->ticket, t->caller, t->callee, t->nai_a, t->nai_b, &aad);
    good = !aad.failed && RAND_bytes(nonce, sizeof nonce) == 1 &&
           simauth_channel_seal(&request->ks_naf, "seal down", aad.data, aad.len, nonce, &t->key,
                                sealed) == SIMAUTH_OK;
    simauth_octets_clear(&aad);
    if (!good)
        return NULL;
    simauth_b64u_encode(sealed, sizeof sealed, sealed_text);
    simauth_b64u_encode(t->ticket, sizeof t->ticket, ticket);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "use", ticket_use(t),
                     "ticket", ticket, "caller", t->caller, "callee", t->callee, "nai_a", t->nai_a,
                     "nai_b", t->nai_b, "operator", operator_name, "ttl",
                     (json_int_t)ttl(request, t), "sealed", sealed_text);
}
