/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ag_tool.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

bool tool_card_open(struct tool_card *card, const char *setting, char error[static SIM_ERROR_MAX])
{
    enum simauth_card_status status;
    const char *where;

    memset(card, 0, sizeof *card);
    if (strcmp(setting, "foretold") == 0)
        return true;
    card->backend = sim_backend_for(setting, &where);
    if (!card->backend) {
        snprintf(error, SIM_ERROR_MAX, "No such kind of SIM.");
        return false;
    }
    card->sim = card->backend->open(where, NULL, &status, error);
    return card->sim != NULL;
}

void tool_card_close(struct tool_card *card)
{
    if (card->backend)
        card->backend->close(card->sim);
    memset(card, 0, sizeof *card);
}

/* SHA-256(what || RAND): no SIM works like this, and the fake gateway knows it too. */
static void derive(const char *what, const uint8_t *rand, uint8_t out[static 32])
{
    uint8_t text[64];
    size_t len = strlen(what);

    memcpy(text, what, len);
    memcpy(text + len, rand, SIMAUTH_RAND_LEN);
    SHA256(text, len + SIMAUTH_RAND_LEN, out);
}

/* The first octet of AUTN says what the SIM is to do. */
static enum simauth_card_status foretold(const struct simauth_challenge *challenge,
                                         struct simauth_card_answer *answer)
{
    uint8_t out[32];

    switch (challenge->autn[0]) {
    case 0xff:
        derive("auts", challenge->rand, out);
        memcpy(answer->auts, out, sizeof answer->auts);
        return SIMAUTH_CARD_RESYNC;
    case 0xee:
        return SIMAUTH_CARD_REFUSED;
    case 0xdd:
        return SIMAUTH_CARD_ABSENT;
    case 0xcc:
        return SIMAUTH_CARD_LOCKED;
    case 0xbb:
        return SIMAUTH_CARD_FAILED;
    }
    derive("res", challenge->rand, out);
    simauth_secret_set(&answer->res, out, 8);
    derive("k", challenge->rand, out);
    simauth_secret_set(&answer->k, out, sizeof out);
    OPENSSL_cleanse(out, sizeof out);
    return SIMAUTH_CARD_GOOD;
}

enum simauth_card_status tool_card_run(void *user, const struct simauth_challenge *challenge,
                                       struct simauth_card_answer *answer)
{
    struct tool_card *card = user;

    card->runs++;
    if (card->backend)
        return card->backend->run(card->sim, challenge, answer);
    memset(answer, 0, sizeof *answer);
    answer->status = foretold(challenge, answer);
    return answer->status;
}

enum simauth_card_status tool_card_ha1(void *user, const char *realm, struct simauth_secret *ha1)
{
    struct tool_card *card = user;

    return card->backend && card->backend->ha1 ? card->backend->ha1(card->sim, realm, ha1)
                                               : SIMAUTH_CARD_ABSENT;
}
