/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ub: bootstrapping by HTTP Digest AKA (TS 33.220, TS 24.109, RFC 3310); by a 2G SIM as TS 33.220
 * annex I has it, where TLS and the name in its certificate are all that tells who asks; without a
 * SIM as annex M has it (GBA_Digest), with a password that belongs to this very TLS connection. */
#include "ag_private.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define PATH "/"
#define BSF_TYPE "application/vnd.3gpp.bsf+xml"
#define LIFE_MAX (30 * 86400) /* seconds: what is longer counts as this */

/* One bootstrapping while it goes on. */
struct ub {
    struct simauth_challenge challenge;     /* the last that the gateway sent */
    struct simauth_digest_challenge digest; /* and its header */
    struct simauth_digest_credentials sent;
    uint8_t ks_input[SIMAUTH_KS_INPUT_LEN]; /* 2G alone */
    struct simauth_card_answer card;        /* without a SIM: res is passwd, k is Ks */
    uint8_t tls_mk[SIMAUTH_TLS_MK_LEN];     /* without a SIM alone */
    bool resynced, again;
};

/* Annex M: without a SIM the home network's name. */
static const char *realm_of(const struct ag *ag)
{
    const char *at = ag->no_sim ? strrchr(ag->impi, '@') : NULL;

    return at ? at + 1 : ag->fqdn;
}

static enum ag_status send_header(struct ag *ag, const char *header)
{
    const struct http_request request = {
        .method = "GET", .path = PATH, .authorization = header, .export_keys = ag->no_sim};
    char why[AG_ERROR_MAX];

    if (ag_exchange(ag, &request, ag_limit_ms(ag), why) != HTTP_GOOD)
        return ag_fail(ag, AG_DOWN, "The gateway %s did not answer: %.150s.", ag->fqdn, why);
    return AG_OK;
}

/* Says who we are; what is behind it is filled from the gateway's challenge. */
static enum ag_status send_hello(struct ag *ag, struct ub *ub)
{
    char header[SIMAUTH_DIGEST_HEADER_MAX];
    struct simauth_digest_credentials *c = &ub->sent;

    memset(c, 0, sizeof *c);
    memcpy(c->username, ag->impi, sizeof ag->impi);
    memcpy(c->realm, realm_of(ag), strlen(realm_of(ag)) + 1);
    memcpy(c->uri, PATH, sizeof PATH);
    if (simauth_digest_write_credentials(c, header) != SIMAUTH_OK)
        return ag_fail(ag, AG_GARBAGE, "The SIM's identity does not fit into a request.");
    return send_header(ag, header);
}

static enum ag_status read_nonce(struct ag *ag, struct ub *ub)
{
    static const uint8_t no_autn[SIMAUTH_AUTN_LEN];
    struct simauth_challenge *c = &ub->challenge;

    c->method = simauth_method_find("aka", 3);
    c->rand_len = SIMAUTH_RAND_LEN;
    c->has_autn = true;
    if (simauth_aka_nonce_read(ub->digest.nonce, c->rand, c->autn) != SIMAUTH_OK)
        return ag_fail(ag, AG_GARBAGE, "The gateway %s sent a challenge without RAND and AUTN.",
                       ag->fqdn);
    if (memcmp(c->autn, no_autn, sizeof no_autn) == 0)
        return ag_fail(ag, AG_GARBAGE,
                       "The gateway %s asks as if this SIM were a 2G SIM: ask your operator to "
                       "enter it as a USIM.",
                       ag->fqdn);
    return AG_OK;
}

/* One run of the SIM, of a method that has three in a call. */
static enum ag_status read_nonce_2g(struct ag *ag, struct ub *ub)
{
    ub->challenge.method = simauth_method_find("gsm", 3);
    ub->challenge.rand_len = SIMAUTH_RAND_LEN;
    ub->challenge.has_autn = false;
    if (simauth_gba_2g_nonce_read(ub->digest.nonce, ub->challenge.rand, ub->ks_input) != SIMAUTH_OK)
        return ag_fail(ag, AG_GARBAGE,
                       "The gateway %s sent a challenge that is not for a 2G SIM, as this is: ask "
                       "your operator to enter it as one.",
                       ag->fqdn);
    return AG_OK;
}

static enum ag_status read_nonce_without(struct ag *ag, struct ub *ub)
{
    if (simauth_gba_digest_nonce_read(ub->digest.nonce, ub->challenge.rand) != SIMAUTH_OK)
        return ag_fail(ag, AG_GARBAGE,
                       "The gateway %s sent a challenge that is none of GBA_Digest.", ag->fqdn);
    if (!ag->answer->has_tls_mk)
        return ag_fail(ag, AG_GARBAGE,
                       "The TLS connection to the gateway %s exports no keys: is libcurl the one "
                       "with OpenSSL?",
                       ag->fqdn);
    memcpy(ub->tls_mk, ag->answer->tls_mk, sizeof ub->tls_mk);
    return AG_OK;
}

static enum simauth_digest_algorithm algorithm_of(const struct ag *ag)
{
    return ag->no_sim ? SIMAUTH_DIGEST_SHA256 : SIMAUTH_DIGEST_AKAV1_MD5;
}

/* The 401 in ag->answer. */
static enum ag_status read_challenge(struct ag *ag, struct ub *ub)
{
    const struct http_answer *answer = ag->answer;
    const char *header = answer->www_authenticate;

    if (answer->status != 401)
        return answer->status == 200
                   ? ag_fail(ag, AG_GARBAGE, "The gateway %s did not challenge the SIM.", ag->fqdn)
                   : problem_read(ag, answer);
    if (answer->header_bad ||
        simauth_digest_parse_challenge(header, strlen(header), &ub->digest) != SIMAUTH_OK ||
        ub->digest.algorithm != algorithm_of(ag) || (ub->digest.qop & SIMAUTH_QOP_AUTH_INT) == 0)
        return ag_fail(ag, AG_GARBAGE,
                       ag->no_sim
                           ? "The gateway %s sent a challenge that is not for a password: ask "
                             "your operator to enter you as a subscriber without a SIM."
                           : "The gateway %s sent a challenge that is no Digest AKA.",
                       ag->fqdn);
    if (strcasecmp(ub->digest.realm, realm_of(ag)) != 0)
        return ag_fail(ag, AG_GARBAGE, "The gateway %s challenges in another name.", ag->fqdn);
    if (ag->no_sim)
        return read_nonce_without(ag, ub);
    return ag->sim_2g ? read_nonce_2g(ag, ub) : read_nonce(ag, ub);
}

/* SRES and Kc become RES and Ks, which stand where those of AKA do. */
static enum ag_status make_secrets_2g(struct ag *ag, struct ub *ub)
{
    struct simauth_secret sres = ub->card.res, kc = ub->card.k;
    enum simauth_result result =
        simauth_gba_2g(ub->challenge.rand, &sres, &kc, ub->ks_input, &ub->card.res, &ub->card.k);

    simauth_secret_wipe(&sres);
    simauth_secret_wipe(&kc);
    if (result == SIMAUTH_OK)
        return AG_OK;
    return ag_fail(ag, AG_NO_CARD, "The SIM's answer is not one of a 2G SIM.");
}

static enum ag_status run_card(struct ag *ag, struct ub *ub)
{
    simauth_card_answer_wipe(&ub->card);
    switch (ag->card.run(ag->card.user, &ub->challenge, &ub->card)) {
    case SIMAUTH_CARD_GOOD:
        return ag->sim_2g ? make_secrets_2g(ag, ub) : AG_OK;
    case SIMAUTH_CARD_RESYNC:
        if (!ub->resynced)
            return AG_OK;
        return ag_fail(ag, AG_NO_CARD,
                       "The SIM finds the gateway's sequence numbers too old, even after it told "
                       "the gateway its own.");
    case SIMAUTH_CARD_REFUSED:
        return ag_fail(ag, AG_NO_CARD,
                       "The SIM refuses the challenge of %s: it does not come from this SIM's "
                       "operator.",
                       ag->fqdn);
    case SIMAUTH_CARD_ABSENT:
        return ag_fail(ag, AG_NO_CARD, "There is no SIM.");
    case SIMAUTH_CARD_LOCKED:
        return ag_fail(ag, AG_NO_CARD, "The SIM is locked.");
    default:
        return ag_fail(ag, AG_NO_CARD, "The SIM did not answer.");
    }
}

/* The password's hash as it is for this connection. */
static enum ag_status take_password(struct ag *ag, struct ub *ub, struct simauth_secret *ha1)
{
    enum simauth_card_status status =
        ag->card.ha1 ? ag->card.ha1(ag->card.user, realm_of(ag), ha1) : SIMAUTH_CARD_ABSENT;

    if (status == SIMAUTH_CARD_GOOD &&
        simauth_gba_digest_passwd(ha1, ub->tls_mk, &ub->card.res) == SIMAUTH_OK)
        return AG_OK;
    return ag_fail(ag, AG_NO_CARD, "There is no password for %s.", realm_of(ag));
}

/* RES is the password; with AUTS there is none. */
static enum ag_status send_response(struct ag *ag, struct ub *ub)
{
    const struct simauth_digest_request request = {"GET", NULL, 0};
    const struct simauth_secret *res = &ub->card.res;
    struct simauth_digest_credentials *c = &ub->sent;
    char header[SIMAUTH_DIGEST_HEADER_MAX];

    c->algorithm = algorithm_of(ag);
    c->qop = SIMAUTH_QOP_AUTH_INT;
    c->nc = 1;
    memcpy(c->realm, ub->digest.realm, sizeof c->realm);
    memcpy(c->nonce, ub->digest.nonce, sizeof c->nonce);
    memcpy(c->opaque, ub->digest.opaque, sizeof c->opaque);
    c->has_auts = ub->card.status == SIMAUTH_CARD_RESYNC;
    memcpy(c->auts, ub->card.auts, sizeof c->auts);
    if (!ag_random_text(c->cnonce, 16) ||
        simauth_digest_sign(c, &request, res->octets, c->has_auts ? 0 : res->len) != SIMAUTH_OK ||
        simauth_digest_write_credentials(c, header) != SIMAUTH_OK)
        return ag_fail(ag, AG_GARBAGE, "The answer to the gateway's challenge cannot be made.");
    return send_header(ag, header);
}

static enum ag_status check_answer(struct ag *ag, struct ub *ub)
{
    const struct http_answer *answer = ag->answer;
    char nextnonce[SIMAUTH_DIGEST_TEXT_MAX + 1];

    if (answer->status == 401 || (ag->no_sim && answer->status == 403))
        return ag_fail(ag, AG_REFUSED,
                       ag->no_sim ? "The gateway %s does not take this password; or somebody ends "
                                    "TLS between: ask your operator."
                                  : "The gateway %s does not take this SIM's answer.",
                       ag->fqdn);
    if (answer->status != 200)
        return problem_read(ag, answer);
    if (answer->header_bad ||
        simauth_digest_check_info(answer->info, strlen(answer->info), &ub->sent, answer->body,
                                  answer->body_len, ub->card.res.octets, ub->card.res.len,
                                  nextnonce) != SIMAUTH_OK)
        return ag_fail(ag, AG_GARBAGE,
                       "The gateway %s did not prove that it knows this SIM, or its answer was "
                       "changed on the way.",
                       ag->fqdn);
    return AG_OK;
}

/* B-TID is base64(RAND)@FQDN (TS 33.220, 4.5.2): another one is somebody else's session. */
static bool btid_right(const struct ag *ag, const struct ub *ub, const char *btid)
{
    char expected[SIMAUTH_B64_LEN(SIMAUTH_RAND_LEN) + 1];
    size_t len = sizeof expected - 1;

    simauth_b64_encode(ub->challenge.rand, SIMAUTH_RAND_LEN, expected);
    return strncmp(btid, expected, len) == 0 && btid[len] == '@' &&
           strcasecmp(btid + len + 1, ag->fqdn) == 0;
}

/* How long it lives, in seconds: by the gateway's clock where it told, for ours may be wrong. */
static int64_t life(const struct ag *ag, const struct bsf_info *info)
{
    int64_t now = ag->answer->date > 0 ? ag->answer->date : (int64_t)time(NULL);
    int64_t seconds = info->ends - now;

    return seconds > LIFE_MAX ? LIFE_MAX : seconds;
}

static enum ag_status begin_session(struct ag *ag, struct ub *ub)
{
    struct ag_session fresh = {0};
    struct bsf_info info;
    int64_t seconds;

    if (!ag_content_is(ag->answer, BSF_TYPE) ||
        !bsf_parse(ag->answer->body, ag->answer->body_len, &info) || !btid_right(ag, ub, info.btid))
        return ag_fail(ag, AG_GARBAGE,
                       "The gateway %s answered with something that is no bootstrapping "
                       "information.",
                       ag->fqdn);
    seconds = life(ag, &info);
    if (seconds <= 0)
        return ag_fail(ag, AG_GARBAGE,
                       "The session that the gateway %s offers is over already: one of the two "
                       "clocks is wrong.",
                       ag->fqdn);
    if (simauth_ks_naf(&ub->card.k, ub->challenge.rand, ag->impi, ag->fqdn, &fresh.ks_naf) !=
        SIMAUTH_OK)
        return ag_fail(ag, AG_NO_CARD, "The SIM's answer gives no key.");
    simauth_b64_encode(fresh.ks_naf.octets, fresh.ks_naf.len, fresh.password);
    memcpy(fresh.btid, info.btid, sizeof fresh.btid);
    fresh.ends_at = ag_clock_ms() + seconds * 1000;
    fresh.renew_at = ag_clock_ms() + seconds * 500;
    fresh.valid = true;
    ag_session_end(&ag->session);
    ag->session = fresh;
    OPENSSL_cleanse(&fresh, sizeof fresh);
    return AG_OK;
}

/* An answer of ours came twice, for its own answer was lost on the way: the challenge is used up,
 * and the gateway sends another (docs/protocol.md, section 6.1). A wrong RES is refused with 403.
 */
static bool too_late(const struct ag *ag, struct ub *ub)
{
    bool late = ag->answer->status == 401 && !ub->again;

    ub->again = true;
    return late;
}

/* Without a SIM: the answer belongs to the connection that brought the challenge; where that was
 * closed between, libcurl makes another, and the exchange begins anew, once. */
static enum ag_status steps_without(struct ag *ag, struct ub *ub)
{
    struct simauth_secret ha1 = {0};
    enum ag_status status = AG_OK;

    for (int attempt = 0; attempt < 2; attempt++) {
        status = send_hello(ag, ub);
        if (status == AG_OK)
            status = read_challenge(ag, ub);
        if (status == AG_OK)
            status = take_password(ag, ub, &ha1);
        if (status == AG_OK)
            status = send_response(ag, ub);
        if (status != AG_OK || !ag->answer->fresh)
            break;
    }
    if (status == AG_OK)
        status = check_answer(ag, ub);
    if (status == AG_OK &&
        simauth_gba_digest_ks(&ha1, ub->tls_mk, ub->sent.response, &ub->card.k) != SIMAUTH_OK)
        status = ag_fail(ag, AG_NO_CARD, "The password gives no key.");
    simauth_secret_wipe(&ha1);
    return status == AG_OK ? begin_session(ag, ub) : status;
}

static enum ag_status steps(struct ag *ag, struct ub *ub)
{
    enum ag_status status = send_hello(ag, ub);

    for (;;) {
        if (status == AG_OK)
            status = read_challenge(ag, ub);
        if (status == AG_OK)
            status = run_card(ag, ub);
        if (status == AG_OK)
            status = send_response(ag, ub);
        if (status != AG_OK)
            return status;
        if (ub->sent.has_auts)
            ub->resynced = true; /* the answer is a new challenge, once */
        else if (!too_late(ag, ub))
            break;
    }
    status = check_answer(ag, ub);
    return status == AG_OK ? begin_session(ag, ub) : status;
}

enum ag_status ub_bootstrap(struct ag *ag)
{
    struct ub ub = {0};
    enum ag_status status = ag->no_sim ? steps_without(ag, &ub) : steps(ag, &ub);

    OPENSSL_cleanse(&ub, sizeof ub);
    return status;
}
