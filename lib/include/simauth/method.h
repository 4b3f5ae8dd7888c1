/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Authentication methods: how a challenge looks on the wire and how the card's answer becomes K_X
 * (docs/protocol.md sections 2 and 4). A method is one file method_NAME.c and one row in methods.c.
 */
#ifndef SIMAUTH_METHOD_H
#define SIMAUTH_METHOD_H

#include "secret.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIMAUTH_RAND_LEN 16 /* octets, TS 33.102 */
#define SIMAUTH_AUTN_LEN 16
#define SIMAUTH_AUTS_LEN 14
#define SIMAUTH_RES_MAX 16 /* RES has 4 to 16 octets */
#define SIMAUTH_SRES_LEN 4 /* of a triplet, TS 43.020 */
#define SIMAUTH_KC_LEN 8
#define SIMAUTH_CHAL_MAX 48 /* the longest challenge on the wire (gsm: three RAND) */
#define SIMAUTH_METHODS_MAX 8
#define SIMAUTH_NONCE_LEN 16  /* NONCE_A and NONCE_B of the methods without a SIM */
#define SIMAUTH_KEYID_LEN 8   /* stp */
#define SIMAUTH_TICKET_LEN 16 /* agt */

/* What a challenge is for the one who answers it. */
struct simauth_challenge {
    const struct simauth_method *method;
    uint8_t rand[SIMAUTH_CHAL_MAX];
    uint8_t rand_len; /* 16 for aka and akap, 48 for gsm */
    uint8_t autn[SIMAUTH_AUTN_LEN];
    bool has_autn;
};

/* What the card said. */
enum simauth_card_status {
    SIMAUTH_CARD_GOOD,
    SIMAUTH_CARD_RESYNC,  /* AUTN out of the window: auts is set */
    SIMAUTH_CARD_REFUSED, /* AUTN has a wrong MAC: not from this SIM's operator */
    SIMAUTH_CARD_ABSENT,  /* no reader, no card, no key file */
    SIMAUTH_CARD_LOCKED,  /* PIN or PUK needed */
    SIMAUTH_CARD_FAILED   /* anything else: mute, busy, time-out, an unknown status word */
};
struct simauth_card_answer {
    enum simauth_card_status status;
    struct simauth_secret res; /* RES, or SRES of each triplet in challenge order */
    struct simauth_secret k;   /* CK || IK, or Kc_1 || Kc_2 || Kc_3 */
    uint8_t auts[SIMAUTH_AUTS_LEN];
};

struct simauth_method {
    const char *name; /* as in elements and JSON: "aka" */
    uint8_t strength; /* for pins: a higher one is never silently replaced by a lower */
    uint8_t rand_len; /* octets of the challenge on the wire, in element 1 */
    uint8_t id_len;   /* of these, the KEYID or TICKET that names a key both hold already (then
                         element 2 has the rest alone); 0: a SIM answers */
    bool needs_autn;  /* the card checks who asks: a USIM's AUTHENTICATE in 3G context */
    bool separation;  /* its vectors have the AMF separation bit (TS 33.102 annex H) */
    uint8_t k_len;    /* octets of K_X */
    /* SIMAUTH_MALFORMED when the challenge is not one of this method (gsm: two RAND equal). NULL:
     * none. */
    enum simauth_result (*check_rand)(const uint8_t *rand, size_t len);
    /* K_X from what the card or the AuC gave for `challenge`; `realm` is the realm of the SIM's
     * NAI. SIMAUTH_MALFORMED: not a challenge or answer of this method. NULL: K_X is what they
     * gave. */
    enum simauth_result (*make_k)(const struct simauth_challenge *challenge, const char *realm,
                                  const struct simauth_secret *card, struct simauth_secret *k);
};

/* NULL for an unknown name; the name has `len` characters. */
SIMAUTH_API const struct simauth_method *simauth_method_find(const char *name, size_t len);
/* The i-th row, NULL past the end. */
SIMAUTH_API const struct simauth_method *simauth_method_at(size_t i);
/* K_X of challenge->method (section 4) from the card's or AuC's answer; the same at the phone and
 * at the gateway. `k` may be `card`. SIMAUTH_MALFORMED (`k` is empty then): the answer does not
 * fit. */
SIMAUTH_API enum simauth_result simauth_method_k(const struct simauth_challenge *challenge,
                                                 const char *realm,
                                                 const struct simauth_secret *card,
                                                 struct simauth_secret *k);
/* A method of two who hold a key (stp, agt): no vector, no SIM. NULL: false. */
SIMAUTH_API bool simauth_method_is_held(const struct simauth_method *method);
/* Octets of the challenge in element 1 (`opening`) or element 2. */
SIMAUTH_API size_t simauth_method_chal_len(const struct simauth_method *method, bool opening);
SIMAUTH_API void simauth_card_answer_wipe(struct simauth_card_answer *answer);

#endif
