/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is derived from a setup key. */
#include "crypto.h"
#include "simauth/setup.h"

#include <openssl/crypto.h>
#include <string.h>

enum simauth_result simauth_setup_keyid(const struct simauth_secret *key,
                                        const uint8_t nonce_a[static SIMAUTH_NONCE_LEN],
                                        uint8_t keyid[static SIMAUTH_KEYID_LEN])
{
    struct span nonce = {nonce_a, SIMAUTH_NONCE_LEN};
    struct simauth_secret mac_key = {0};
    uint8_t mac[SHA256_LEN];
    enum simauth_result result = SIMAUTH_MALFORMED;

    if (key->len == SIMAUTH_KEY_LEN)
        result = simauth_hkdf(key, "keyid", SIMAUTH_KEY_LEN, &mac_key);
    if (result == SIMAUTH_OK)
        result = crypto_hmac(mac_key.octets, mac_key.len, &nonce, 1, mac);
    if (result == SIMAUTH_OK)
        memcpy(keyid, mac, SIMAUTH_KEYID_LEN);
    simauth_secret_wipe(&mac_key);
    OPENSSL_cleanse(mac, sizeof mac);
    return result;
}

int64_t simauth_setup_lifetime(int64_t own, int64_t peer)
{
    int64_t shorter = peer >= 0 && peer < own ? peer : own;

    if (shorter < 0)
        return 0;
    return shorter < SIMAUTH_SETUP_SIM_LIMIT ? shorter : SIMAUTH_SETUP_SIM_LIMIT;
}

void simauth_ticket_aad(const char *use, const uint8_t ticket[static SIMAUTH_TICKET_LEN],
                        const char *caller, const char *callee, const char *nai_a,
                        const char *nai_b, struct simauth_octets *aad)
{
    const char *const names[] = {caller, callee, nai_a, nai_b};

    simauth_octets_field(aad, use, strlen(use));
    simauth_octets_field(aad, ticket, SIMAUTH_TICKET_LEN);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        simauth_octets_field(aad, names[i], strlen(names[i]));
}
