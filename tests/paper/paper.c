/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* paper: the source paper's exchange with its 32 bits, for experiments; in no product. */
#include "paper.h"

#include <openssl/crypto.h>
#include <string.h>

const struct simauth_method paper_method = {
    .name = "paper",
    .strength = 0, /* never in the place of anything */
    .rand_len = SIMAUTH_RAND_LEN,
};

#define CALL "sim01"
#define ANSWER "sim02"
#define CONFIRM "z9hG4bKsim03"

static char *put(char *to, const uint8_t *octets, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        *to++ = digits[octets[i] >> 4];
        *to++ = digits[octets[i] & 15];
    }
    *to = '\0';
    return to;
}

/* Exactly `len` octets in lower case; *at moves behind them. */
static bool get(const char **at, uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < 2 * len; i++) {
        char c = **at;
        int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

        if (value < 0)
            return false;
        octets[i / 2] = (uint8_t)(i % 2 ? octets[i / 2] | value : value << 4);
        (*at)++;
    }
    return true;
}

static bool begins(const char **at, const char *with)
{
    size_t len = strlen(with);

    if (strncmp(*at, with, len) != 0)
        return false;
    *at += len;
    return true;
}

static enum simauth_result closed(struct paper *p, enum simauth_result why)
{
    p->state = PAPER_CLOSED;
    return why;
}

static bool same_sres(const struct paper *p, const uint8_t sres[static SIMAUTH_SRES_LEN])
{
    return CRYPTO_memcmp(p->peer.sres, sres, SIMAUTH_SRES_LEN) == 0;
}

void paper_call(struct paper *p, const struct paper_triplet *of_b, char tag[static PAPER_TEXT_MAX])
{
    *p = (struct paper){PAPER_WAITS, *of_b};
    put(strcpy(tag, CALL) + strlen(CALL), of_b->rand, SIMAUTH_RAND_LEN);
}

enum simauth_result paper_called(struct paper *p, const char *tag,
                                 uint8_t rand_b[static SIMAUTH_RAND_LEN])
{
    if (p->state != PAPER_IDLE || !begins(&tag, CALL) || !get(&tag, rand_b, SIMAUTH_RAND_LEN) ||
        *tag)
        return closed(p, SIMAUTH_MALFORMED);
    return SIMAUTH_OK;
}

void paper_answer(struct paper *p, const struct paper_triplet *of_a,
                  const uint8_t sres_b[static SIMAUTH_SRES_LEN], char tag[static PAPER_TEXT_MAX])
{
    char *at;

    *p = (struct paper){PAPER_WAITS, *of_a};
    at = put(strcpy(tag, ANSWER) + strlen(ANSWER), sres_b, SIMAUTH_SRES_LEN);
    *at++ = '_';
    put(at, of_a->rand, SIMAUTH_RAND_LEN);
}

enum simauth_result paper_answered(struct paper *p, const char *tag,
                                   uint8_t rand_a[static SIMAUTH_RAND_LEN])
{
    uint8_t sres[SIMAUTH_SRES_LEN];

    if (p->state != PAPER_WAITS || !begins(&tag, ANSWER) || !get(&tag, sres, sizeof sres) ||
        *tag++ != '_' || !get(&tag, rand_a, SIMAUTH_RAND_LEN) || *tag)
        return closed(p, SIMAUTH_MALFORMED);
    return same_sres(p, sres) ? SIMAUTH_OK : closed(p, SIMAUTH_WRONG);
}

void paper_confirm(struct paper *p, const uint8_t sres_a[static SIMAUTH_SRES_LEN],
                   char branch[static PAPER_TEXT_MAX])
{
    p->state = PAPER_DONE;
    put(strcpy(branch, CONFIRM) + strlen(CONFIRM), sres_a, SIMAUTH_SRES_LEN);
}

enum simauth_result paper_confirmed(struct paper *p, const char *branch)
{
    uint8_t sres[SIMAUTH_SRES_LEN];

    if (p->state != PAPER_WAITS || !begins(&branch, CONFIRM) || !get(&branch, sres, sizeof sres) ||
        *branch)
        return closed(p, SIMAUTH_MALFORMED);
    if (!same_sres(p, sres))
        return closed(p, SIMAUTH_WRONG);
    p->state = PAPER_DONE;
    return SIMAUTH_OK;
}
