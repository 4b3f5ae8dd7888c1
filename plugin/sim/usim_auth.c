/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AUTHENTICATE (TS 31.102, 7.1.2) and RUN GSM ALGORITHM (TS 51.011, 9.2.16). */
#include "usim.h"

#include <openssl/crypto.h>
#include <string.h>

#define TRIPLETS_MAX (SIMAUTH_CHAL_MAX / SIMAUTH_RAND_LEN)

/* One length-value of exactly `min` to `max` octets. */
static const uint8_t *field(const struct apdu_reply *reply, size_t *at, size_t min, size_t max,
                            size_t *len)
{
    const uint8_t *value;

    if (*at >= reply->len)
        return NULL;
    *len = reply->data[*at];
    value = reply->data + *at + 1;
    if (*len < min || *len > max || *len > reply->len - *at - 1)
        return NULL;
    *at += 1 + *len;
    return value;
}

/* DB: RES, CK, IK and, where 2G may be used, Kc. */
static bool parse_success(const struct apdu_reply *reply, struct simauth_card_answer *answer)
{
    size_t at = 1, res_len, len;
    const uint8_t *res = field(reply, &at, 4, SIMAUTH_RES_MAX, &res_len);
    const uint8_t *ck = res ? field(reply, &at, 16, 16, &len) : NULL;
    const uint8_t *ik = ck ? field(reply, &at, 16, 16, &len) : NULL;
    uint8_t k[32];
    bool good;

    if (!ik || (at != reply->len && !field(reply, &at, SIMAUTH_KC_LEN, SIMAUTH_KC_LEN, &len)) ||
        at != reply->len)
        return false;
    memcpy(k, ck, 16);
    memcpy(k + 16, ik, 16);
    good = simauth_secret_set(&answer->res, res, res_len) == SIMAUTH_OK &&
           simauth_secret_set(&answer->k, k, sizeof k) == SIMAUTH_OK;
    OPENSSL_cleanse(k, sizeof k);
    return good;
}

/* DC: AUTS and nothing else. */
static bool parse_resync(const struct apdu_reply *reply, struct simauth_card_answer *answer)
{
    size_t at = 1, len;
    const uint8_t *auts = field(reply, &at, SIMAUTH_AUTS_LEN, SIMAUTH_AUTS_LEN, &len);

    if (!auts || at != reply->len)
        return false;
    memcpy(answer->auts, auts, SIMAUTH_AUTS_LEN);
    return true;
}

static enum apdu_meaning run_3g(const struct usim *usim, const struct simauth_challenge *challenge,
                                struct simauth_card_answer *answer)
{
    struct apdu apdu = usim_apdu(usim, 0x88, 0x00, 0x81);
    struct apdu_reply reply;
    enum apdu_meaning meaning;

    if (usim->gsm)
        return APDU_UNSUPPORTED; /* a 2G SIM knows no AUTN */
    apdu.data[0] = SIMAUTH_RAND_LEN;
    memcpy(apdu.data + 1, challenge->rand, SIMAUTH_RAND_LEN);
    apdu.data[17] = SIMAUTH_AUTN_LEN;
    memcpy(apdu.data + 18, challenge->autn, SIMAUTH_AUTN_LEN);
    apdu.lc = 34;
    apdu.has_le = true;
    meaning = apdu_send(usim->link, &apdu, &reply);
    if (meaning == APDU_GOOD) {
        meaning = APDU_MALFORMED;
        if (reply.len > 0 && reply.data[0] == 0xdb && parse_success(&reply, answer)) {
            answer->status = SIMAUTH_CARD_GOOD;
            meaning = APDU_GOOD;
        } else if (reply.len > 0 && reply.data[0] == 0xdc && parse_resync(&reply, answer)) {
            answer->status = SIMAUTH_CARD_RESYNC;
            meaning = APDU_GOOD;
        }
    }
    OPENSSL_cleanse(&reply, sizeof reply);
    return meaning;
}

/* A USIM in GSM context puts lengths before SRES and Kc; a 2G SIM does not. */
static bool parse_triplet(const struct usim *usim, const struct apdu_reply *reply,
                          uint8_t sres[static SIMAUTH_SRES_LEN], uint8_t kc[static SIMAUTH_KC_LEN])
{
    const uint8_t *from = reply->data;

    if (usim->gsm ? reply->len != SIMAUTH_SRES_LEN + SIMAUTH_KC_LEN
                  : reply->len != 2 + SIMAUTH_SRES_LEN + SIMAUTH_KC_LEN ||
                        from[0] != SIMAUTH_SRES_LEN || from[5] != SIMAUTH_KC_LEN)
        return false;
    memcpy(sres, from + (usim->gsm ? 0 : 1), SIMAUTH_SRES_LEN);
    memcpy(kc, from + (usim->gsm ? 4 : 6), SIMAUTH_KC_LEN);
    return true;
}

static enum apdu_meaning run_triplet(const struct usim *usim, const uint8_t *rand,
                                     uint8_t sres[static SIMAUTH_SRES_LEN],
                                     uint8_t kc[static SIMAUTH_KC_LEN])
{
    struct apdu apdu = usim_apdu(usim, 0x88, 0x00, usim->gsm ? 0x00 : 0x80);
    struct apdu_reply reply;
    enum apdu_meaning meaning;

    if (!usim->gsm)
        apdu.data[apdu.lc++] = SIMAUTH_RAND_LEN;
    memcpy(apdu.data + apdu.lc, rand, SIMAUTH_RAND_LEN);
    apdu.lc = (uint8_t)(apdu.lc + SIMAUTH_RAND_LEN);
    apdu.has_le = true;
    meaning = apdu_send(usim->link, &apdu, &reply);
    if (meaning == APDU_GOOD && !parse_triplet(usim, &reply, sres, kc))
        meaning = APDU_MALFORMED;
    OPENSSL_cleanse(&reply, sizeof reply);
    return meaning;
}

static enum apdu_meaning run_2g(const struct usim *usim, const struct simauth_challenge *challenge,
                                struct simauth_card_answer *answer)
{
    uint8_t sres[TRIPLETS_MAX * SIMAUTH_SRES_LEN], kc[TRIPLETS_MAX * SIMAUTH_KC_LEN];
    size_t n = challenge->rand_len / SIMAUTH_RAND_LEN;
    enum apdu_meaning meaning = APDU_GOOD;

    for (size_t i = 0; i < n && meaning == APDU_GOOD; i++)
        meaning = run_triplet(usim, challenge->rand + i * SIMAUTH_RAND_LEN,
                              sres + i * SIMAUTH_SRES_LEN, kc + i * SIMAUTH_KC_LEN);
    if (meaning == APDU_GOOD) {
        if (simauth_secret_set(&answer->res, sres, n * SIMAUTH_SRES_LEN) == SIMAUTH_OK &&
            simauth_secret_set(&answer->k, kc, n * SIMAUTH_KC_LEN) == SIMAUTH_OK)
            answer->status = SIMAUTH_CARD_GOOD;
    }
    OPENSSL_cleanse(sres, sizeof sres);
    OPENSSL_cleanse(kc, sizeof kc);
    return meaning;
}

enum apdu_meaning usim_authenticate(struct usim *usim, const struct simauth_challenge *challenge,
                                    struct simauth_card_answer *answer)
{
    size_t len = challenge->rand_len;

    answer->status = SIMAUTH_CARD_FAILED;
    if (challenge->has_autn)
        return len == SIMAUTH_RAND_LEN ? run_3g(usim, challenge, answer) : APDU_UNSUPPORTED;
    /* A challenge that should carry AUTN but does not would make the card answer anybody. */
    if (!challenge->method || challenge->method->needs_autn || challenge->method->id_len > 0 ||
        len == 0 || len > SIMAUTH_CHAL_MAX || len % SIMAUTH_RAND_LEN != 0)
        return APDU_UNSUPPORTED;
    return run_2g(usim, challenge, answer);
}
