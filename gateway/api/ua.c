/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ua: the phone's Digest under Ks_NAF (TS 33.222 5.3, RFC 7616), and what it may know of itself. */
#include "nonce.h"
#include "request.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

static void realm_of(const struct config *config, char realm[static SIMAUTH_DIGEST_TEXT_MAX + 1])
{
    g_snprintf(realm, SIMAUTH_DIGEST_TEXT_MAX + 1, "3GPP-bootstrapping@%s", config->fqdn);
}

static void refuse(struct request *request, bool stale, const char *reason)
{
    struct simauth_digest_challenge c = {
        .algorithm = SIMAUTH_DIGEST_SHA256, .qop = SIMAUTH_QOP_AUTH_INT, .stale = stale};

    realm_of(request->gateway->config, c.realm);
    nonces_make(request->gateway->nonces, request->now, c.nonce);
    answer_problem(request, PROBLEM_UNAUTHORIZED, NULL, reason);
    if (simauth_digest_write_challenge(&c, request->answer.challenge) != SIMAUTH_OK)
        request->answer.challenge[0] = '\0';
}

static enum store_result load_session(struct request *request, const char *btid)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = gateway->ops->begin(gateway->store, STORE_READ);

    if (result != STORE_OK)
        return result;
    result = gateway->ops->session_get(gateway->store, btid, &request->session);
    if (result == STORE_OK) {
        g_strlcpy(request->nai, request->session.nai, sizeof request->nai);
        g_snprintf(request->who, sizeof request->who, "s:%lld",
                   (long long)request->session.subscriber);
        request_look(request);
    }
    gateway->ops->rollback(gateway->store);
    return result;
}

static bool make_ks_naf(struct request *request)
{
    return simauth_ks_naf(&request->session.ck_ik, request->session.rand, request->session.impi,
                          request->gateway->config->fqdn, &request->ks_naf) == SIMAUTH_OK;
}

/* base64(Ks_NAF): the password. */
static char *password_of(const struct request *request)
{
    return g_base64_encode(request->ks_naf.octets, request->ks_naf.len);
}

static void password_free(char *password)
{
    OPENSSL_cleanse(password, strlen(password));
    g_free(password);
}

static bool digest_right(const struct request *request)
{
    const struct simauth_digest_credentials *c = &request->credentials;
    struct simauth_digest_request hashed = {
        .method = request->method, .body = request->body.data, .body_len = request->body.len};
    char realm[SIMAUTH_DIGEST_TEXT_MAX + 1];
    char *password = password_of(request);
    bool right;

    realm_of(request->gateway->config, realm);
    right = c->algorithm == SIMAUTH_DIGEST_SHA256 && c->qop == SIMAUTH_QOP_AUTH_INT &&
            strcmp(c->realm, realm) == 0 && strcmp(c->uri, request->target) == 0 &&
            simauth_digest_check(c, &hashed, password, strlen(password)) == SIMAUTH_OK;
    password_free(password);
    return right;
}

bool ua_authenticate(struct request *request)
{
    struct simauth_digest_credentials *c = &request->credentials;
    const char *header = request->authorization;
    enum store_result result;
    enum nonce_result nonce;

    if (!header) {
        refuse(request, false, "no credentials");
        return false;
    }
    if (simauth_digest_parse_credentials(header, strlen(header), c) != SIMAUTH_OK) {
        answer_problem(request, PROBLEM_BAD_REQUEST, NULL, "malformed Authorization");
        return false;
    }
    result = load_session(request, c->username);
    if (result != STORE_OK && result != STORE_NONE) {
        answer_store(request, result);
        return false;
    }
    if (result == STORE_NONE || request->session.expires <= request->now || !make_ks_naf(request) ||
        !digest_right(request)) {
        simauth_secret_wipe(&request->ks_naf);
        request->who[0] = '\0'; /* said, not shown */
        refuse(request, false, result == STORE_NONE ? "unknown B-TID" : "wrong digest or too old");
        return false;
    }
    nonce = nonces_use(request->gateway->nonces, c->nonce, request->who, c->username, c->nc,
                       request->now);
    if (nonce == NONCE_GOOD)
        return true;
    simauth_secret_wipe(&request->ks_naf);
    refuse(request, true, nonce_result_name(nonce));
    return false;
}

void ua_replayed(struct request *request)
{
    simauth_secret_wipe(&request->ks_naf);
    refuse(request, true, nonce_result_name(NONCE_REPLAYED));
}

/* The first octets of the hash are the row's key. */
static bool hash_of_use(const struct request *request, uint8_t hash[static STORE_HASH_LEN])
{
    const struct simauth_digest_credentials *c = &request->credentials;
    const uint8_t nc[4] = {(uint8_t)(c->nc >> 24), (uint8_t)(c->nc >> 16), (uint8_t)(c->nc >> 8),
                           (uint8_t)c->nc};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(ctx, c->username, strlen(c->username) + 1) == 1 &&
                EVP_DigestUpdate(ctx, c->nonce, strlen(c->nonce) + 1) == 1 &&
                EVP_DigestUpdate(ctx, nc, sizeof nc) == 1 &&
                EVP_DigestFinal_ex(ctx, hash, NULL) == 1;

    EVP_MD_CTX_free(ctx);
    return good;
}

enum store_result ua_once(struct request *request)
{
    struct gateway *gateway = request->gateway;
    struct store_answer use = {.who = "nonce", .body = (char[]){""}};

    if (!gateway->ops->shared || request->route->asker != ASKER_PHONE || request->once)
        return STORE_OK;
    if (!hash_of_use(request, use.hash))
        return STORE_FAILED;
    memcpy(use.key, use.hash, sizeof use.key);
    /* An old answer gives way to a new one: with the same time for each use it never does; and it
     * is swept after the nonce's end. */
    use.made = nonces_end(gateway->nonces, request->credentials.nonce);
    return gateway->ops->answer_put(gateway->store, &use);
}

void ua_inform(struct request *request)
{
    char next[NONCE_TEXT_LEN + 1] = "";
    char *password;

    if (request->ks_naf.len == 0 || !request->answer.body)
        return;
    if (nonces_old(request->gateway->nonces, request->credentials.nonce, request->now))
        nonces_make(request->gateway->nonces, request->now, next);
    password = password_of(request);
    if (simauth_digest_write_info(&request->credentials, request->answer.body,
                                  strlen(request->answer.body), password, strlen(password),
                                  next[0] ? next : NULL, request->answer.info) != SIMAUTH_OK)
        request->answer.info[0] = '\0';
    password_free(password);
}

/* -- GET /v1/self ------------------------------------------------------------------------------ */

struct self_aors {
    json_t *list;
    int64_t now;
};

static int add_aor(const struct store_binding *binding, void *data)
{
    const struct self_aors *aors = data;

    return binding->until > aors->now ? json_array_append_new(aors->list, json_string(binding->aor))
                                      : 0;
}

static enum store_result list_aors(struct request *request, json_t *list)
{
    const struct store_binding_filter mine = {.subscriber = request->session.subscriber};
    struct self_aors aors = {list, request->now};

    return request->gateway->ops->binding_list(request->gateway->store, &mine, add_aor, &aors);
}

void self_get(struct request *request)
{
    json_t *list = request_list(request, list_aors);

    if (list)
        answer_json(request,
                    json_pack("{s:s, s:o, s:s, s:s, s:I}", "nai", request->nai, "aors", list,
                              "operator", request->gateway->config->name, "realm",
                              simauth_nai_realm(request->nai), "time", (json_int_t)request->now));
}
