/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /v1/federation and /v1/federation/vectors: another operator's gateway asks. */
#include "batch.h"
#include "http.h"
#include "sum.h"

#include <glib.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define NAMES_MAX 16
#define PEERS_KNOWN 32
#define VERIFIED_US (60 * G_USEC_PER_SEC)

/* -- who is it -----------------------------------------------------------------------------------
 */

struct peer_certificates {
    X509 *leaf;
    STACK_OF(X509) * rest;
};

/* A partner asks again and again with the same certificates: their names are read once, and the
 * chain is verified once a minute against the same anchors and pin. Counted: it stays while
 * somebody has it. */
struct known_peer {
    uint8_t sum[SUM_LEN];
    int64_t used_us;
    char *names[NAMES_MAX + 1];
    /* under the lock */
    int64_t verified_us; /* 0: not yet */
    char *anchors, *pin; /* that it was verified by */
};
static struct known_peer *known_peers[PEERS_KNOWN];
static GMutex known_lock;

static void peer_clear(struct peer_certificates *peer)
{
    X509_free(peer->leaf);
    sk_X509_pop_free(peer->rest, X509_free);
}

/* What was sent in this TLS handshake. */
static bool peer_read(const struct request *request, struct peer_certificates *peer)
{
    const unsigned char *der[HTTP_CHAIN_MAX];
    size_t lengths[HTTP_CHAIN_MAX];
    unsigned count = http_certificates(request, der, lengths);

    memset(peer, 0, sizeof *peer);
    peer->rest = sk_X509_new_null();
    for (unsigned i = 0; peer->rest && i < count; i++) {
        const unsigned char *at = der[i];
        X509 *certificate = d2i_X509(NULL, &at, (long)lengths[i]);

        if (i == 0)
            peer->leaf = certificate;
        else if (certificate)
            sk_X509_push(peer->rest, certificate);
    }
    ERR_clear_error();
    return peer->leaf != NULL;
}

static X509_STORE *read_anchors(const char *pem)
{
    BIO *memory = BIO_new_mem_buf(pem, -1);
    X509_STORE *anchors = X509_STORE_new();
    X509 *certificate;

    while (memory && anchors && (certificate = PEM_read_bio_X509(memory, NULL, NULL, NULL))) {
        X509_STORE_add_cert(anchors, certificate);
        X509_free(certificate);
    }
    BIO_free(memory);
    ERR_clear_error();
    return anchors;
}

static bool chain_good(const struct peer_certificates *peer, const struct store_partner *partner)
{
    X509_STORE *anchors = read_anchors(partner->anchors);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool good = anchors && ctx && X509_STORE_CTX_init(ctx, anchors, peer->leaf, peer->rest) == 1;

    if (good) {
        X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT);
        good = X509_verify_cert(ctx) == 1;
    }
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(anchors);
    ERR_clear_error();
    return good;
}

static bool pin_good(const struct peer_certificates *peer, const struct store_partner *partner)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    unsigned char *der = NULL;
    char *text, *pin;
    int len;
    bool good;

    if (!partner->pin[0])
        return true;
    len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(peer->leaf), &der);
    if (len <= 0)
        return false;
    SHA256(der, (size_t)len, digest);
    OPENSSL_free(der);
    text = g_base64_encode(digest, sizeof digest);
    pin = g_strconcat("sha256//", text, NULL);
    good = strcmp(pin, partner->pin) == 0;
    g_free(text);
    g_free(pin);
    return good;
}

/* The certificate's dNSNames, in lower case: g_strdup()ed into `list`, which ends with NULL. */
static void read_names(X509 *leaf, char *list[static NAMES_MAX + 1])
{
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    int count = names ? sk_GENERAL_NAME_num(names) : 0, kept = 0;

    for (int i = 0; i < count && i < NAMES_MAX; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const ASN1_IA5STRING *dns = name->type == GEN_DNS ? name->d.dNSName : NULL;
        int len = dns ? ASN1_STRING_length(dns) : 0;

        if (len <= 0 || len > SIMAUTH_REALM_MAX ||
            memchr(ASN1_STRING_get0_data(dns), 0, (size_t)len))
            continue;
        list[kept++] = g_ascii_strdown((const char *)ASN1_STRING_get0_data(dns), len);
    }
    list[kept] = NULL;
    GENERAL_NAMES_free(names);
}

static void known_clear(void *data)
{
    struct known_peer *known = data;

    for (char **name = known->names; *name; name++)
        g_free(*name);
    g_free(known->anchors);
    g_free(known->pin);
}

static void known_release(struct known_peer *known)
{
    if (known)
        g_atomic_rc_box_release_full(known, known_clear);
}

/* With the lock held: the place of these certificates, or of those that were not used for longest.
 */
static struct known_peer **place_of(const uint8_t sum[static SUM_LEN])
{
    struct known_peer **oldest = &known_peers[0];

    for (size_t i = 0; i < PEERS_KNOWN; i++) {
        struct known_peer *known = known_peers[i];

        if (known && memcmp(known->sum, sum, SUM_LEN) == 0)
            return &known_peers[i];
        if (!known || (*oldest && known->used_us < (*oldest)->used_us))
            oldest = &known_peers[i];
    }
    return oldest;
}

/* The entry of these certificates, read now if they are new; NULL: they cannot be read. */
static struct known_peer *known_peer(const struct request *request, int64_t now_us)
{
    struct known_peer **place, *known = NULL;
    struct peer_certificates parsed;
    uint8_t sum[SUM_LEN];

    if (!http_peer(request, sum))
        return NULL;
    g_mutex_lock(&known_lock);
    place = place_of(sum);
    if (*place && memcmp((*place)->sum, sum, SUM_LEN) == 0) {
        known = *place;
    } else {
        if (peer_read(request, &parsed)) {
            known = g_atomic_rc_box_new0(struct known_peer);
            memcpy(known->sum, sum, SUM_LEN);
            read_names(parsed.leaf, known->names);
            known_release(*place);
            *place = known;
        }
        peer_clear(&parsed);
    }
    if (known) {
        known->used_us = now_us;
        g_atomic_rc_box_acquire(known);
    }
    g_mutex_unlock(&known_lock);
    return known;
}

/* The agreement of one of the names. */
static enum store_result find_by_names(struct request *request, char *const *names,
                                       struct store_partner *partner)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = gateway->ops->begin(gateway->store, STORE_READ);

    if (result != STORE_OK)
        return result;
    for (result = STORE_NONE; *names && result == STORE_NONE; names++)
        result = gateway->ops->partner_by_certificate(gateway->store, *names, partner);
    if (result == STORE_OK) {
        snprintf(request->who, sizeof request->who, "p:%s", partner->name);
        request_look(request);
    }
    gateway->ops->rollback(gateway->store);
    return result;
}

static bool verified(struct known_peer *known, const struct request *request, int64_t now_us)
{
    const struct store_partner *partner = &request->partner;
    struct peer_certificates parsed;
    bool good;

    g_mutex_lock(&known_lock);
    good = known->verified_us && now_us - known->verified_us < VERIFIED_US &&
           strcmp(known->anchors, partner->anchors) == 0 && strcmp(known->pin, partner->pin) == 0;
    if (!good) {
        good = peer_read(request, &parsed) && chain_good(&parsed, partner) &&
               pin_good(&parsed, partner);
        peer_clear(&parsed);
        g_free(known->anchors);
        g_free(known->pin);
        known->anchors = g_strdup(partner->anchors);
        known->pin = g_strdup(partner->pin);
        known->verified_us = good ? now_us : 0;
    }
    g_mutex_unlock(&known_lock);
    return good;
}

static enum store_result identify(struct request *request, const char **why)
{
    int64_t now_us = g_get_monotonic_time();
    struct known_peer *known = known_peer(request, now_us);
    enum store_result result = STORE_NONE;

    *why = "no certificate";
    if (!known)
        return STORE_NONE;
    *why = "certificate of no partner";
    result = find_by_names(request, known->names, &request->partner);
    if (result == STORE_OK && !verified(known, request, now_us)) {
        result = STORE_NONE;
        *why = "certificate is not the one agreed";
    }
    known_release(known);
    return result;
}

bool federation_identify(struct request *request)
{
    struct store_partner *partner = &request->partner;
    const char *why;
    enum store_result result = identify(request, &why);

    if (result == STORE_OK && !partner_active(partner, request->now)) {
        result = STORE_NONE;
        why = "agreement suspended or not valid now";
    }
    if (result == STORE_OK)
        return true;
    request->who[0] = '\0';
    store_partner_clear(partner);
    partner->id = 0;
    if (result == STORE_NONE)
        answer_problem(request, PROBLEM_NOT_YOURS, NULL, why);
    else
        answer_store(request, result);
    return false;
}

/* -- what it may ask -----------------------------------------------------------------------------
 */

/* Nobody looks for the agreement of the asker's own realm: it was found by the certificate. */
static struct outcome find_caller(struct request *request, const struct body_vectors *body,
                                  bool *theirs)
{
    const struct store_partner *partner = &request->partner;
    const char *domain = simauth_aor_domain(body->caller);
    struct voucher voucher;
    struct outcome outcome;

    *theirs =
        partner_has_realm(partner, domain) && !config_own_realm(request->gateway->config, domain);
    if (*theirs)
        return OUTCOME_GOOD;
    outcome = find_voucher(request->gateway, body->caller, body->nai_a, &voucher);
    if (!outcome_good(&outcome))
        return outcome;
    *theirs = !voucher.own && voucher.partner.id == partner->id;
    store_partner_clear(&voucher.partner);
    return outcome;
}

/* A partner speaks for its own realms and for addresses that no operator has as a realm. */
struct outcome partner_may_ask(struct request *request, const struct body_vectors *body)
{
    struct gateway *gateway = request->gateway;
    struct voucher voucher;
    struct outcome outcome;
    bool theirs;

    if (!partner_has_realm(&request->partner, simauth_nai_realm(body->nai_a)))
        return outcome_problem(PROBLEM_NOT_YOURS, "partner speaks for a foreign realm");
    outcome = find_caller(request, body, &theirs);
    if (!outcome_good(&outcome))
        return outcome;
    if (!theirs)
        return outcome_problem(PROBLEM_NOT_YOURS, "caller is not the partner's");
    outcome = find_voucher(gateway, body->callee, body->callee_nai, &voucher);
    if (outcome_good(&outcome) && !voucher.own) {
        store_partner_clear(&voucher.partner);
        return outcome_problem(PROBLEM_NOBODY, "callee is another operator's");
    }
    return outcome_good(&outcome) ? check_claims(gateway, body->callee, 0, request->now) : outcome;
}

static struct outcome serve(struct request *request, struct store_vector *v)
{
    const struct body_vectors *body = &request->vectors;
    const struct store_partner *partner = &request->partner;
    struct store_record record = {.side = "given"};
    struct outcome outcome;

    if (body->subject == SIMAUTH_SUBJECT_CALLER)
        return give_caller(request, body, partner->id, v);
    outcome = partner_may_ask(request, body);
    if (!outcome_good(&outcome))
        return outcome;
    if (body->rand_len)
        return give_replaced(request, body, body->nai_a, partner->id, v);
    snprintf(record.partner, sizeof record.partner, "%s", partner->name);
    return issue_callee(request, body, body->nai_a, partner, &record, v);
}

struct outcome federation_claim(struct request *request, const struct body_vectors *body)
{
    if (body->subject != SIMAUTH_SUBJECT_CALLEE ||
        partner_has_realm(&request->partner, simauth_aor_domain(body->caller)) ||
        !partner_has_realm(&request->partner, simauth_nai_realm(body->nai_a)))
        return OUTCOME_GOOD;
    return claim_address(request->gateway, body->caller, &request->partner, request->now);
}

bool partner_claims_caller(struct request *request, const struct body_vectors *body)
{
    struct outcome outcome = federation_claim(request, body);

    if (outcome.store != STORE_OK)
        answer_store(request, outcome.store);
    else if (outcome.problem != PROBLEM_NONE)
        answer_problem(request, outcome.problem, NULL, outcome.reason);
    return outcome_good(&outcome);
}

struct outcome federation_serve(struct request *request, char **text)
{
    struct store_vector v = {0};
    struct outcome outcome;

    *text = NULL;
    /* What is reserved or replaced was on the disk before the partner could know of it. */
    request->soft = request->vectors.subject == SIMAUTH_SUBJECT_CALLER || request->vectors.rand_len;
    outcome = serve(request, &v);
    if (outcome_good(&outcome)) {
        *text = vector_answer(request->gateway, &v, request->vectors.seal_to);
        if (!*text)
            outcome = outcome_problem(PROBLEM_OPERATOR_DOWN, "seal could not be made");
    }
    simauth_secret_wipe(&v.ssk);
    return outcome;
}

/* One question: request->vectors. */
static void single_post(struct request *request)
{
    struct outcome outcome;
    char *text;

    if (request_repeated(request) || !request_allowed(request) ||
        !partner_claims_caller(request, &request->vectors))
        return;
    if (!request_begin(request, STORE_CALLS))
        return;
    outcome = federation_serve(request, &text);
    outcome_finish_text(request, &outcome, text);
}

/* Only a batch may be longer than other requests. */
static bool too_long(struct request *request)
{
    if (request->body.len <= BODY_MAX)
        return false;
    answer_problem(request, PROBLEM_TOO_LARGE, NULL, "body too large");
    return true;
}

void federation_get(struct request *request)
{
    answer_json(request, json_object());
}

void federation_post(struct request *request)
{
    const char *text = (const char *)request->body.data, *fault;
    json_t *object;

    if (request->batch || batch_read(request)) {
        batch_post(request, NULL);
        return;
    }
    if (request->body.len <= BODY_MAX &&
        body_vectors_usual(text, request->body.len, true, &request->vectors)) {
        single_post(request);
        return;
    }
    object = simauth_json_load(text, request->body.len);
    if (json_object_get(object, "batch")) {
        batch_post(request, object);
        return;
    }
    fault = body_vectors_of(object, true, &request->vectors);
    json_decref(object);
    if (too_long(request))
        return;
    if (fault)
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
    else
        single_post(request);
}
