/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POST /v1/federation/vectors: another operator's gateway asks. */
#include "http.h"
#include "issue.h"

#include <glib.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define CHAIN_MAX 8
#define NAMES_MAX 16

/* -- who is it -----------------------------------------------------------------------------------
 */

struct peer_certificates {
    X509 *leaf;
    STACK_OF(X509) * rest;
};

static void peer_clear(struct peer_certificates *peer)
{
    X509_free(peer->leaf);
    sk_X509_pop_free(peer->rest, X509_free);
}

static bool peer_read(const struct request *request, struct peer_certificates *peer)
{
    const unsigned char *der[CHAIN_MAX];
    size_t lengths[CHAIN_MAX];
    unsigned count = http_certificates(request, der, lengths, CHAIN_MAX);

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

/* The agreement of one of the certificate's dNSNames. */
static enum store_result find_by_names(struct gateway *gateway, X509 *leaf,
                                       struct store_partner *partner)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    enum store_result result = STORE_NONE;
    int count = names ? sk_GENERAL_NAME_num(names) : 0;

    for (int i = 0; i < count && i < NAMES_MAX && result == STORE_NONE; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const ASN1_IA5STRING *dns = name->type == GEN_DNS ? name->d.dNSName : NULL;
        int len = dns ? ASN1_STRING_length(dns) : 0;
        char *text;

        if (len <= 0 || len > SIMAUTH_REALM_MAX ||
            memchr(ASN1_STRING_get0_data(dns), 0, (size_t)len))
            continue;
        text = g_ascii_strdown((const char *)ASN1_STRING_get0_data(dns), len);
        result = gateway->ops->partner_by_certificate(gateway->store, text, partner);
        g_free(text);
    }
    GENERAL_NAMES_free(names);
    return result;
}

bool federation_identify(struct request *request)
{
    struct gateway *gateway = request->gateway;
    struct store_partner *partner = &request->partner;
    struct peer_certificates peer;
    enum store_result result = STORE_NONE;
    const char *why = "no certificate";

    if (peer_read(request, &peer)) {
        why = "certificate of no partner";
        result = gateway->ops->begin(gateway->store, false);
        if (result == STORE_OK) {
            result = find_by_names(gateway, peer.leaf, partner);
            gateway->ops->rollback(gateway->store);
        }
    }
    if (result == STORE_OK && (!chain_good(&peer, partner) || !pin_good(&peer, partner))) {
        result = STORE_NONE;
        why = "certificate is not the one agreed";
    } else if (result == STORE_OK && !partner_active(partner, request->now)) {
        result = STORE_NONE;
        why = "agreement suspended or not valid now";
    }
    peer_clear(&peer);
    if (result == STORE_OK) {
        snprintf(request->who, sizeof request->who, "p:%s", partner->name);
        return true;
    }
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

/* A partner speaks for its own realms and for addresses that no operator has as a realm. */
static struct outcome may_ask(struct request *request, const struct body_vectors *body)
{
    struct gateway *gateway = request->gateway;
    const struct store_partner *partner = &request->partner;
    struct voucher voucher;
    struct outcome outcome;
    bool theirs;

    if (!partner_has_realm(partner, simauth_nai_realm(body->nai_a)))
        return outcome_problem(PROBLEM_NOT_YOURS, "partner speaks for a foreign realm");
    outcome = find_voucher(gateway, body->caller, body->nai_a, &voucher);
    if (!outcome_good(&outcome))
        return outcome;
    theirs = !voucher.own && voucher.partner.id == partner->id;
    store_partner_clear(&voucher.partner);
    if (!theirs)
        return outcome_problem(PROBLEM_NOT_YOURS, "caller is not the partner's");
    outcome = find_voucher(gateway, body->callee, body->callee_nai, &voucher);
    if (outcome_good(&outcome) && !voucher.own) {
        store_partner_clear(&voucher.partner);
        return outcome_problem(PROBLEM_NOBODY, "callee is another operator's");
    }
    return outcome;
}

static struct outcome serve(struct request *request, struct store_vector *v)
{
    const struct body_vectors *body = &request->vectors;
    const struct store_partner *partner = &request->partner;
    struct store_record record = {.side = "given"};
    struct outcome outcome;

    if (body->subject == SIMAUTH_SUBJECT_CALLER)
        return give_caller(request, body, partner->id, v);
    outcome = may_ask(request, body);
    if (!outcome_good(&outcome))
        return outcome;
    if (body->rand_len)
        return give_replaced(request, body, body->nai_a, partner->id, v);
    snprintf(record.partner, sizeof record.partner, "%s", partner->name);
    return issue_callee(request, body, body->nai_a, partner, &record, v);
}

void federation_post(struct request *request)
{
    struct gateway *gateway = request->gateway;
    struct store_vector v = {0};
    enum store_result result;
    struct outcome outcome;
    json_t *object = NULL;
    const char *fault =
        body_vectors((const char *)request->body.data, request->body.len, true, &request->vectors);

    if (fault) {
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
        return;
    }
    if (request_repeated(request) || !request_allowed(request))
        return;
    result = gateway->ops->begin(gateway->store, true);
    if (result != STORE_OK) {
        answer_store(request, result);
        return;
    }
    outcome = serve(request, &v);
    if (outcome_good(&outcome)) {
        json_t *vector = vector_object(gateway, &v, request->vectors.seal_to);

        object = vector ? json_pack("{s:o}", "vector", vector) : NULL;
        if (!object)
            outcome = outcome_problem(PROBLEM_OPERATOR_DOWN, "seal could not be made");
    }
    request_finish(request, object, outcome.problem, outcome.reason, outcome.store);
    simauth_secret_wipe(&v.ssk);
}
