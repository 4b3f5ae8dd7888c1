/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ub: bootstrapping with Digest AKA (TS 33.220, TS 24.109, RFC 3310); of a 2G SIM as TS 33.220
 * annex I and TS 24.109 annex H have it: RAND and Ks-input stand in the nonce, AUTN is zeros there,
 * and what is kept as AUTN is Ks-input; of a subscriber without a SIM as TS 33.220 annex M and
 * TS 24.109 annex I have it (GBA_Digest): Digest SHA-256 with a password that belongs to H(A1) and
 * to this TLS connection. */
#include "bucket.h"
#include "http.h"
#include "request.h"
#include "tries.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_SECONDS 60
#define RES_LONG 8 /* octets that nobody guesses */
#define TYPE_BOOTSTRAPPING "application/vnd.3gpp.bsf+xml"

/* Who asks, and the challenge that there is for it. */
struct asker {
    struct store_subscriber subscriber;
    struct store_ub ub;
    bool open; /* `ub` may be answered */
};

static bool no_sim(const struct store_subscriber *subscriber)
{
    return subscriber->keys.algorithm == STORE_NO_SIM;
}

/* Annex M: the home network's name, as in the SIP credentials that the password may be of. */
static const char *realm_of(const struct request *request, const struct store_subscriber *s)
{
    const char *at = no_sim(s) ? strrchr(s->impi, '@') : NULL;

    return at ? at + 1 : request->gateway->config->fqdn;
}

static void write_nonce(const struct store_subscriber *subscriber, const struct store_ub *ub,
                        char nonce[static SIMAUTH_NONCE_2G_LEN + 1])
{
    if (no_sim(subscriber))
        simauth_gba_digest_nonce_write(ub->rand, nonce);
    else if (subscriber->keys.gsm)
        simauth_gba_2g_nonce_write(ub->rand, ub->autn, nonce);
    else
        simauth_aka_nonce_write(ub->rand, ub->autn, nonce);
}

/* 401 with this challenge. */
static void challenge(struct request *request, const struct store_subscriber *subscriber,
                      const struct store_ub *ub)
{
    struct simauth_digest_challenge c = {.algorithm = no_sim(subscriber) ? SIMAUTH_DIGEST_SHA256
                                                                         : SIMAUTH_DIGEST_AKAV1_MD5,
                                         .qop = SIMAUTH_QOP_AUTH_INT};

    g_strlcpy(c.realm, realm_of(request, subscriber), sizeof c.realm);
    write_nonce(subscriber, ub, c.nonce);
    answer_problem(request, PROBLEM_UNAUTHORIZED, NULL, "challenged");
    if (simauth_digest_write_challenge(&c, request->answer.challenge) != SIMAUTH_OK)
        request->answer.challenge[0] = '\0';
}

struct bucket_name {
    char text[32];
};

static struct bucket_name bucket_of(int64_t subscriber)
{
    struct bucket_name name;

    snprintf(name.text, sizeof name.text, "ub:%lld", (long long)subscriber);
    return name;
}

/* Who knows many names has a challenge drawn for each, without an answer to any. */
static bool address_allowed(struct request *request)
{
    char address[HTTP_REMOTE_MAX], name[HTTP_REMOTE_MAX + 8];
    int most = request->gateway->config->ub_address_per_minute;

    http_remote(request, address);
    snprintf(name, sizeof name, "ub-of:%s", address);
    return buckets_take(request->gateway->buckets, name, most, most, g_get_monotonic_time());
}

static bool allowed(struct request *request, int64_t subscriber)
{
    const struct config *config = request->gateway->config;

    return request->again ||
           (address_allowed(request) &&
            buckets_take(request->gateway->buckets, bucket_of(subscriber).text,
                         config->ub_per_minute, config->ub_burst, g_get_monotonic_time()));
}

/* Nothing was drawn for it. */
static void give_back(struct request *request, int64_t subscriber)
{
    if (!request->again)
        buckets_give(request->gateway->buckets, bucket_of(subscriber).text);
}

/* A password, a short RES; an AUTS makes work elsewhere. Wrong answers where nothing can be guessed
 * cost nobody anything: they count for nothing, also not for the owner behind the same address. */
static bool is_counted(const struct request *request, const struct store_subscriber *subscriber,
                       const struct store_ub *ub)
{
    return no_sim(subscriber) || ub->res.len < RES_LONG || request->credentials.has_auts;
}

static bool may_try(struct request *request, const struct store_subscriber *subscriber,
                    const struct store_ub *ub)
{
    char address[HTTP_REMOTE_MAX];

    if (request->again || !is_counted(request, subscriber, ub))
        return true;
    http_remote(request, address);
    return tries_take(request->gateway->tries, subscriber->id, address, g_get_monotonic_time());
}

static void was_right(struct request *request, const struct store_subscriber *subscriber,
                      const struct store_ub *ub)
{
    char address[HTTP_REMOTE_MAX];

    if (!is_counted(request, subscriber, ub))
        return;
    http_remote(request, address);
    tries_right(request->gateway->tries, subscriber->id, address);
}

/* What the SIM's answer is worth on Ub: RES and Ks. */
static bool make_secrets(const struct store_subscriber *subscriber, const struct auc_vector *vector,
                         struct store_ub *ub)
{
    memcpy(ub->rand, vector->rand, sizeof ub->rand);
    if (subscriber->keys.gsm)
        return RAND_bytes(ub->autn, SIMAUTH_KS_INPUT_LEN) == 1 &&
               simauth_gba_2g(ub->rand, &vector->res, &vector->k, ub->autn, &ub->res, &ub->ck_ik) ==
                   SIMAUTH_OK;
    memcpy(ub->autn, vector->autn, sizeof ub->autn);
    ub->res = vector->res;
    ub->ck_ik = vector->k;
    return true;
}

/* A challenge without a SIM is random octets. What stands where RES and Ks do is random too, so
 * that it is no answer for a gateway that is older than this and shares the store. */
static enum store_result draw_nonce(struct request *request,
                                    const struct store_subscriber *subscriber, struct store_ub *ub)
{
    struct gateway *gateway = request->gateway;

    *ub = (struct store_ub){.subscriber = subscriber->id,
                            .issued = request->now,
                            .res.len = SIMAUTH_RES_MAX,
                            .ck_ik.len = SIMAUTH_KEY_LEN};
    if (RAND_bytes(ub->rand, sizeof ub->rand) != 1 || RAND_bytes(ub->autn, sizeof ub->autn) != 1 ||
        RAND_bytes(ub->res.octets, ub->res.len) != 1 ||
        RAND_bytes(ub->ck_ik.octets, ub->ck_ik.len) != 1)
        return STORE_FAILED;
    return gateway->ops->ub_put(gateway->store, ub);
}

/* In a writing transaction: draws and keeps a challenge. */
static enum store_result draw(struct request *request, const struct store_subscriber *subscriber,
                              const struct auc_auts *auts, struct store_ub *ub,
                              enum auc_result *why, const char **reason)
{
    struct gateway *gateway = request->gateway;
    struct auc_vector vector = {.triplets = subscriber->keys.gsm ? 1 : 0};
    enum store_result result = STORE_OK;

    if (no_sim(subscriber)) {
        *why = AUC_OK;
        return draw_nonce(request, subscriber, ub);
    }
    *why = request_draw(request, subscriber, auts, &vector, &result, reason);
    if (*why == AUC_OK) {
        *ub = (struct store_ub){
            .subscriber = subscriber->id, .resynced = auts != NULL, .issued = request->now};
        if (make_secrets(subscriber, &vector, ub))
            result = gateway->ops->ub_put(gateway->store, ub);
        else
            *why = AUC_FAILED;
    }
    auc_vector_wipe(&vector);
    return result;
}

/* Ends the transaction of a draw with a challenge, or with what went wrong. */
static void finish_draw(struct request *request, enum store_result result, enum auc_result why,
                        const char *reason, const struct asker *asker)
{
    struct gateway *gateway = request->gateway;

    if (result == STORE_OK && why == AUC_OK)
        result = gateway->ops->commit_soft(gateway->store, &request->ticket);
    else
        gateway->ops->rollback(gateway->store);
    if (result != STORE_OK)
        answer_store(request, result);
    else if (why == AUC_AUTS_REFUSED || why == AUC_UNKNOWN || why == AUC_BARRED ||
             why == AUC_WEAK || why == AUC_NO_METHOD || why == AUC_NO_KEYS)
        answer_problem(request, PROBLEM_NOT_YOURS, NULL, reason);
    else if (why != AUC_OK)
        answer_problem(request, PROBLEM_OPERATOR_DOWN, NULL, reason);
    else
        challenge(request, &asker->subscriber, &asker->ub);
}

/* The open challenge again, or a new one. */
static void first(struct request *request, struct asker *asker)
{
    enum auc_result why = AUC_OK;
    const char *reason = NULL;
    enum store_result result;

    if (asker->open) {
        request->gateway->ops->rollback(request->gateway->store);
        challenge(request, &asker->subscriber, &asker->ub);
        return;
    }
    result = draw(request, &asker->subscriber, NULL, &asker->ub, &why, &reason);
    finish_draw(request, result, why, reason, asker);
}

static void resync(struct request *request, struct asker *asker)
{
    struct auc_auts auts;
    uint8_t rand[SIMAUTH_RAND_LEN];
    enum auc_result why = AUC_OK;
    const char *reason = NULL;
    enum store_result result;

    memcpy(rand, asker->ub.rand, sizeof rand);
    auts = (struct auc_auts){.rand = rand, .auts = request->credentials.auts};
    result = draw(request, &asker->subscriber, &auts, &asker->ub, &why, &reason);
    if (result == STORE_OK && why == AUC_OK)
        was_right(request, &asker->subscriber, &asker->ub);
    finish_draw(request, result, why, reason, asker);
}

static char *info_body(const char *btid, int64_t expires)
{
    GDateTime *time = g_date_time_new_from_unix_utc(expires);
    char *date = time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL, *text = NULL;

    if (!date || asprintf(&text,
                          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                          "<BootstrappingInfo xmlns=\"uri:3gpp-bsf\"><btid>%s</btid>"
                          "<lifetime>%s</lifetime></BootstrappingInfo>\n",
                          btid, date) < 0)
        text = NULL;
    g_free(date);
    if (time)
        g_date_time_unref(time);
    return text;
}

static void answer_session(struct request *request, const struct store_session *session,
                           const struct simauth_secret *res)
{
    char *body = info_body(session->btid, session->expires);

    if (!body || simauth_digest_write_info(&request->credentials, body, strlen(body), res->octets,
                                           res->len, NULL, request->answer.info) != SIMAUTH_OK) {
        free(body);
        answer_problem(request, PROBLEM_OPERATOR_DOWN, NULL, "no Authentication-Info");
        return;
    }
    request->answer.status = 200;
    request->answer.type = TYPE_BOOTSTRAPPING;
    request->answer.body = body;
}

/* RES was right: the session, in the open transaction. */
static void bootstrap(struct request *request, const struct store_ub *ub)
{
    struct gateway *gateway = request->gateway;
    struct store_session session = {.subscriber = ub->subscriber, .ck_ik = ub->ck_ik};
    char *rand = g_base64_encode(ub->rand, sizeof ub->rand);
    enum store_result result = gateway->ops->ub_take(gateway->store, ub->rand);

    snprintf(session.btid, sizeof session.btid, "%s@%s", rand, gateway->config->fqdn);
    g_free(rand);
    memcpy(session.rand, ub->rand, sizeof session.rand);
    session.expires = request->now + gateway->config->session_lifetime;
    if (result == STORE_OK)
        result = gateway->ops->session_put(gateway->store, &session);
    if (result == STORE_OK)
        result = gateway->ops->commit_soft(gateway->store, &request->ticket);
    else
        gateway->ops->rollback(gateway->store);
    if (result == STORE_OK)
        answer_session(request, &session, &ub->res);
    else
        answer_store(request, result);
    simauth_secret_wipe(&session.ck_ik);
}

static bool digest_right(struct request *request, const struct store_subscriber *subscriber,
                         const struct store_ub *ub)
{
    const struct simauth_digest_credentials *c = &request->credentials;
    struct simauth_digest_request hashed = {
        .method = request->method, .body = request->body.data, .body_len = request->body.len};
    bool auts = c->has_auts;

    if (auts && (subscriber->keys.gsm || no_sim(subscriber))) /* there are no sequence numbers */
        return false;
    return c->algorithm ==
               (no_sim(subscriber) ? SIMAUTH_DIGEST_SHA256 : SIMAUTH_DIGEST_AKAV1_MD5) &&
           c->qop == SIMAUTH_QOP_AUTH_INT && c->nc == 1 && strcmp(c->uri, request->target) == 0 &&
           strcmp(c->realm, realm_of(request, subscriber)) == 0 &&
           simauth_digest_check(c, &hashed, auts ? "" : (const char *)ub->res.octets,
                                auts ? 0 : ub->res.len) == SIMAUTH_OK;
}

/* GBA_Digest: the password of this connection and Ks, in the place of RES and of a SIM's Ks. They
 * are made of what the phone sent, so only after its answer came; a wrong one gives a Ks that
 * nobody uses. */
static void make_digest_secrets(struct request *request, const struct store_subscriber *subscriber,
                                struct store_ub *ub)
{
    struct simauth_secret ha1 = {0};
    uint8_t tls_mk[SIMAUTH_TLS_MK_LEN];

    simauth_secret_wipe(&ub->res);
    if (!http_tls_mk(request, tls_mk) ||
        simauth_secret_set(&ha1, subscriber->keys.ha1, SIMAUTH_HA1_LEN) != SIMAUTH_OK ||
        simauth_gba_digest_ks(&ha1, tls_mk, request->credentials.response, &ub->ck_ik) !=
            SIMAUTH_OK ||
        simauth_gba_digest_passwd(&ha1, tls_mk, &ub->res) != SIMAUTH_OK)
        request->credentials.response[0] = '\0'; /* which no password has */
    simauth_secret_wipe(&ha1);
    OPENSSL_cleanse(tls_mk, sizeof tls_mk);
}

/* What an answer or a first request comes to. */
enum step { ANSWERED, DRAW, RESYNC, BOOTSTRAP };

static bool is_answer(const struct request *request, const struct asker *asker)
{
    char nonce[SIMAUTH_NONCE_2G_LEN + 1];

    if (!asker->open)
        return false;
    write_nonce(&asker->subscriber, &asker->ub, nonce);
    return strcmp(nonce, request->credentials.nonce) == 0;
}

/* Outside of transactions: answers whatever changes nothing, so that strangers take no writer's
 * turn. */
static enum step judge(struct request *request, struct asker *asker)
{
    const struct store_subscriber *subscriber = &asker->subscriber;
    bool answer = is_answer(request, asker);

    if (answer && no_sim(subscriber))
        make_digest_secrets(request, subscriber, &asker->ub);
    if (!answer && asker->open) {
        /* Also one that is late: the phone is to begin again. */
        challenge(request, subscriber, &asker->ub);
    } else if (!answer) {
        if (allowed(request, subscriber->id))
            return DRAW;
        answer_problem(request, PROBLEM_TOO_MANY, NULL, "limit of Ub");
    } else if (!may_try(request, subscriber, &asker->ub)) {
        answer_problem(request, PROBLEM_TOO_MANY, NULL, "wrong answers on Ub");
    } else if (!digest_right(request, subscriber, &asker->ub)) {
        answer_problem(request, PROBLEM_NOT_YOURS, NULL,
                       no_sim(subscriber) ? "wrong password, or TLS ends before this gateway"
                                          : "wrong RES");
    } else if (!request->credentials.has_auts) {
        was_right(request, subscriber, &asker->ub); /* also where it cannot be kept now */
        return BOOTSTRAP;
    } else if (asker->ub.resynced) {
        answer_problem(request, PROBLEM_NOT_YOURS, NULL, "second AUTS");
    } else {
        return RESYNC;
    }
    return ANSWERED;
}

/* In an open transaction. STORE_NONE: there is no such IMPI. */
static enum store_result load(struct request *request, struct asker *asker)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = gateway->ops->subscriber_by_impi(
        gateway->store, request->credentials.username, &asker->subscriber);

    if (result != STORE_OK)
        return result;
    result = gateway->ops->ub_get(gateway->store, asker->subscriber.id, &asker->ub);
    asker->open = result == STORE_OK && asker->ub.issued >= request->now - OPEN_SECONDS &&
                  asker->ub.issued <= request->now;
    return result == STORE_NONE ? STORE_OK : result;
}

static void asker_wipe(struct asker *asker)
{
    store_subscriber_wipe(&asker->subscriber);
    simauth_secret_wipe(&asker->ub.res);
    simauth_secret_wipe(&asker->ub.ck_ik);
}

static void answer_no_asker(struct request *request, enum store_result result)
{
    if (result == STORE_NONE)
        answer_problem(request, PROBLEM_NOT_YOURS, NULL, "unknown IMPI");
    else
        answer_store(request, result);
}

/* A first request, or an answer to a challenge that another request had used up meanwhile. */
static void begin_again(struct request *request, enum step step, struct asker *asker)
{
    bool draws = !asker->open;

    if (step == DRAW && !draws) {
        give_back(request, asker->subscriber.id);
    } else if (step != DRAW && draws && !allowed(request, asker->subscriber.id)) {
        request->gateway->ops->rollback(request->gateway->store);
        answer_problem(request, PROBLEM_TOO_MANY, NULL, "limit of Ub");
        return;
    }
    first(request, asker);
}

/* With the writer's turn all is read again: another request may have been faster. */
static void take_step(struct request *request, enum step step, const struct asker *seen)
{
    struct gateway *gateway = request->gateway;
    struct asker asker = {0};
    enum store_result result;
    bool same;

    if (!request_begin(request, STORE_WRITE)) {
        if (step == DRAW)
            give_back(request, seen->subscriber.id);
        return;
    }
    result = load(request, &asker);
    same = asker.open && memcmp(asker.ub.rand, seen->ub.rand, sizeof asker.ub.rand) == 0;
    if (result != STORE_OK) {
        gateway->ops->rollback(gateway->store);
        answer_no_asker(request, result);
    } else if (step == DRAW || !same) {
        begin_again(request, step, &asker);
    } else if (step == RESYNC) {
        resync(request, &asker);
    } else {
        bootstrap(request, &seen->ub);
    }
    asker_wipe(&asker);
}

/* False: answered. */
static bool is_served(struct request *request, const struct store_subscriber *subscriber)
{
    const struct config *config = request->gateway->config;

    if (subscriber->keys.gsm && !config->allow_2g)
        answer_problem(request, PROBLEM_NOT_YOURS, NULL, "2G SIM, and [auc] allow_2g is false");
    else if (no_sim(subscriber) && !config->allow_password)
        answer_problem(request, PROBLEM_NOT_YOURS, NULL, "[auc] allow_password is false");
    else
        return true;
    return false;
}

void ub_get(struct request *request)
{
    struct gateway *gateway = request->gateway;
    const char *header = request->authorization;
    struct asker asker = {0};
    enum store_result result;
    enum step step = ANSWERED;

    if (!header || simauth_digest_parse_credentials(header, strlen(header),
                                                    &request->credentials) != SIMAUTH_OK) {
        answer_problem(
            request, PROBLEM_BAD_REQUEST,
            "Bootstrapping begins with an Authorization that names the IMPI (TS 24.109).",
            "no Digest credentials");
        return;
    }
    if (!request_begin(request, STORE_READ))
        return;
    result = load(request, &asker);
    gateway->ops->rollback(gateway->store);
    if (result != STORE_OK) {
        answer_no_asker(request, result);
    } else if (is_served(request, &asker.subscriber)) {
        snprintf(request->who, sizeof request->who, "s:%lld", (long long)asker.subscriber.id);
        step = judge(request, &asker);
    }
    if (step != ANSWERED)
        take_step(request, step, &asker);
    asker_wipe(&asker);
}
