/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* akap: aka with the keys of EAP-AKA' (RFC 9048; RFC 5448 section 3.3). K_X = CK' || IK', bound to
 * the realm of the SIM's operator as network name, so no other use of the vector has the same. */
#include "crypto.h"
#include "methods.h"
#include <openssl/crypto.h>
#include <string.h>

#define FC_CK_IK_PRIME 0x20
#define AMF_AT 6 /* in AUTN: SQN ^ AK || AMF || MAC */

/* CK' || IK' = KDF(CK || IK, 0x20, network name, SQN ^ AK), TS 33.402 annex A.2. */
static enum simauth_result make_k(const struct simauth_challenge *challenge, const char *realm,
                                  const struct simauth_secret *card, struct simauth_secret *k)
{
    static const uint8_t fc = FC_CK_IK_PRIME, sqn_len[2] = {0, 6};
    size_t len = strlen(realm);
    uint8_t realm_len[2] = {(uint8_t)(len >> 8), (uint8_t)len}, mac[SHA256_LEN];
    const struct span s[] = {
        {&fc, 1}, {realm, len}, {realm_len, 2}, {challenge->autn, 6}, {sqn_len, 2}};
    enum simauth_result result;

    /* RFC 9048 section 3.4: without the separation bit CK and IK may serve another network too. */
    if (!challenge->has_autn || !(challenge->autn[AMF_AT] & 0x80) || card->len != 32 || len == 0)
        return SIMAUTH_MALFORMED;
    if (len > UINT16_MAX)
        return SIMAUTH_TOO_LONG;
    result = crypto_hmac(card->octets, card->len, s, sizeof s / sizeof *s, mac);
    if (result == SIMAUTH_OK)
        result = simauth_secret_set(k, mac, sizeof mac);
    OPENSSL_cleanse(mac, sizeof mac);
    return result;
}

const struct simauth_method simauth_method_akap = {
    .name = "akap",
    .strength = 32,
    .rand_len = SIMAUTH_RAND_LEN,
    .needs_autn = true,
    .separation = true,
    .k_len = 32,
    .make_k = make_k,
};
