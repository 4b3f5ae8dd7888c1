/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which partner asks. What its certificates say is read once for a connection and belongs to that
 * connection, which one thread serves: nobody waits for anybody's certificates but its own. The
 * connection of somebody who is no partner ends with the refusal, so that each try costs it a
 * handshake.
 */
#include "peer.h"
#include "../pki.h"
#include "http.h"
#include "issue.h"

#include <glib.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define NAMES_MAX 16
#define VERIFIED_US (60 * G_USEC_PER_SEC)

/* A partner asks again and again over one connection: the names are read once, and the chain is
 * verified once a minute against the same anchors and pin. */
struct peer {
    char *names[NAMES_MAX + 1];
    int64_t verified_us; /* 0: not yet */
    char *anchors, *pin; /* that it was verified by */
};
struct certificates {
    X509 *leaf;
    STACK_OF(X509) * rest;
};

static void certificates_clear(struct certificates *c)
{
    X509_free(c->leaf);
    sk_X509_pop_free(c->rest, X509_free);
}

/* What was sent in this TLS handshake. */
static bool certificates_read(const struct request *request, struct certificates *c)
{
    const unsigned char *der[HTTP_CHAIN_MAX];
    size_t lengths[HTTP_CHAIN_MAX];
    unsigned count = http_certificates(request, der, lengths);

    memset(c, 0, sizeof *c);
    c->rest = sk_X509_new_null();
    for (unsigned i = 0; c->rest && i < count; i++) {
        const unsigned char *at = der[i];
        X509 *certificate = d2i_X509(NULL, &at, (long)lengths[i]);

        if (i == 0)
            c->leaf = certificate;
        else if (certificate)
            sk_X509_push(c->rest, certificate);
    }
    ERR_clear_error();
    return c->leaf != NULL;
}

static bool chain_good(const struct certificates *c, const struct store_partner *partner)
{
    X509_STORE *anchors = pki_anchors(partner->anchors);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool good = anchors && ctx && X509_STORE_CTX_init(ctx, anchors, c->leaf, c->rest) == 1;

    if (good) {
        X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT);
        good = X509_verify_cert(ctx) == 1;
    }
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(anchors);
    ERR_clear_error();
    return good;
}

static bool pin_good(const struct certificates *c, const struct store_partner *partner)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    unsigned char *der = NULL;
    char *text, *pin;
    int len;
    bool good;

    if (!partner->pin[0])
        return true;
    len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->leaf), &der);
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

void peer_free(struct peer *peer)
{
    if (!peer)
        return;
    for (char **name = peer->names; *name; name++)
        g_free(*name);
    g_free(peer->anchors);
    g_free(peer->pin);
    g_free(peer);
}

/* Of this connection, read with its first question; NULL: it showed none that can be read. */
static struct peer *peer_of(const struct request *request)
{
    struct peer **place = http_peer(request);
    struct certificates shown;

    if (!place || *place)
        return place ? *place : NULL;
    if (certificates_read(request, &shown)) {
        *place = g_new0(struct peer, 1);
        read_names(shown.leaf, (*place)->names);
    }
    certificates_clear(&shown);
    return *place;
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

static bool verified(struct peer *peer, const struct request *request)
{
    const struct store_partner *partner = &request->partner;
    int64_t now_us = g_get_monotonic_time();
    struct certificates shown;
    bool good;

    if (peer->verified_us && now_us - peer->verified_us < VERIFIED_US &&
        strcmp(peer->anchors, partner->anchors) == 0 && strcmp(peer->pin, partner->pin) == 0)
        return true;
    good = certificates_read(request, &shown) && pin_good(&shown, partner) &&
           chain_good(&shown, partner);
    certificates_clear(&shown);
    g_free(peer->anchors);
    g_free(peer->pin);
    peer->anchors = g_strdup(partner->anchors);
    peer->pin = g_strdup(partner->pin);
    peer->verified_us = good ? now_us : 0;
    return good;
}

static enum store_result identify(struct request *request, const char **why)
{
    struct peer *peer = peer_of(request);
    enum store_result result;

    *why = "no certificate";
    if (!peer)
        return STORE_NONE;
    *why = "certificate of no partner";
    result = find_by_names(request, peer->names, &request->partner);
    if (result == STORE_OK && !verified(peer, request)) {
        result = STORE_NONE;
        *why = "certificate is not the one agreed";
    }
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
    request->last = result == STORE_NONE;
    if (result == STORE_NONE)
        answer_problem(request, PROBLEM_NOT_YOURS, NULL, why);
    else
        answer_store(request, result);
    return false;
}
