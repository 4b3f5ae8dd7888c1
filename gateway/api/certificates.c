/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subscribers' certificates (TS 33.221; docs/protocol.md section 6.4): issued over the phone's
 * channel, found for a callee, listed when revoked. */
#include "../pki.h"
#include "issue.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define FEDERATION_CERTIFICATES "/v1/federation/certificates"
#define EARLIER_S 300     /* a certificate begins, for clocks that are behind */
#define AUTHORITY_S 600   /* an authority has at least, to issue */
#define LIVING_MAX 24     /* certificates of one SIM and one address that are not over */
#define FOUND_MAX 4       /* SIMs of an address whose certificates are given out */
#define LIST_S 3600       /* a list of revoked ones is good for */
#define KEPT_S 10         /* given again for, when nothing was revoked meanwhile */
#define LISTS_A_MINUTE 60 /* of one address */

static bool aor_of(const json_t *object, char aor[static SIMAUTH_AOR_MAX + 1])
{
    const char *text = json_string_value(json_object_get(object, "aor"));

    return text && simauth_aor_canonical(text, aor) == SIMAUTH_OK && simauth_aor_domain(aor)[0];
}

/* -- POST /v1/certificates --------------------------------------------------------------------- */

struct wish {
    char aor[SIMAUTH_AOR_MAX + 1];
    uint8_t request[PKI_REQUEST_MAX];
    size_t len;
};

static bool request_of(const json_t *object, struct wish *wish)
{
    const char *text = json_string_value(json_object_get(object, "request"));
    size_t chars = text ? strlen(text) : 0;

    wish->len = chars * 3 / 4;
    return wish->len > 0 && wish->len <= sizeof wish->request &&
           simauth_b64u_decode(text, chars, wish->request, wish->len) == SIMAUTH_OK;
}

static const char *read_wish(const struct request *request, struct wish *wish)
{
    static const char *const members[] = {"aor", "request", NULL};
    json_t *object = simauth_json_load((const char *)request->body.data, request->body.len);
    const char *fault = NULL;

    if (!simauth_json_only(object, members))
        fault = "not {\"aor\": address, \"request\": PKCS#10}";
    else if (!aor_of(object, wish->aor))
        fault = "aor: not a SIP address with a domain";
    else if (!request_of(object, wish))
        fault = "request: not a PKCS#10 request of at most 2048 octets in base64url";
    json_decref(object);
    return fault;
}

static int count_one(const struct store_certificate *certificate, void *data)
{
    (void)certificate;
    ++*(int *)data;
    return 0;
}

/* The address counts only as the table of bindings has it, and as long as it stands there. */
static struct outcome may_have(struct request *request, const struct wish *wish,
                               struct store_binding *binding)
{
    struct gateway *gateway = request->gateway;
    const struct store_certificate_filter living = {.aor = wish->aor,
                                                    .subscriber = request->session.subscriber,
                                                    .after = request->now,
                                                    .good = true};
    int count = 0;
    enum store_result result = gateway->ops->binding_find(
        gateway->store, wish->aor, request->session.subscriber, "", request->now, binding);

    if (result == STORE_NONE)
        return outcome_problem(PROBLEM_NOT_YOURS, "not bound to this SIM");
    if (result == STORE_OK)
        result = gateway->ops->certificate_list(gateway->store, &living, count_one, &count);
    if (result == STORE_OK && count >= LIVING_MAX)
        return outcome_problem(PROBLEM_TOO_MANY, "too many certificates for this address");
    return outcome_store(result);
}

static struct outcome add_record(struct request *request)
{
    struct gateway *gateway = request->gateway;
    struct store_record record = {.time = request->now, .side = "local", .method = "cert"};
    enum store_result result;

    g_strlcpy(record.nai_a, request->nai, sizeof record.nai_a);
    g_strlcpy(record.nai_b, request->nai, sizeof record.nai_b);
    result = gateway->ops->record_add(gateway->store, &record);
    if (result == STORE_OK)
        result = gateway->ops->record_outcome(gateway->store, record.id, STORE_OUTCOME_COMPLETED);
    return outcome_store(result);
}

static struct outcome issue(struct request *request, const struct store_authority *authority,
                            const struct wish *wish, const struct store_binding *binding,
                            struct store_certificate *c, uint8_t *der)
{
    struct gateway *gateway = request->gateway;
    const struct config *config = gateway->config;
    char *url = g_strdup_printf("https://%s/v1/certificates/revoked", config->fqdn);
    int64_t ends = MIN(pki_authority_ends(authority), binding->until);
    const struct pki_wish made = {.request = wish->request,
                                  .request_len = wish->len,
                                  .aor = binding->aor,
                                  .operator_name = config->name,
                                  .list_url = url,
                                  .not_before = request->now - EARLIER_S,
                                  .not_after =
                                      MIN(request->now + config->certificate_lifetime, ends)};
    const char *fault = pki_issue(authority, &made, c->serial, der, &c->der_len);

    g_free(url);
    if (fault)
        return outcome_problem(fault[0] ? PROBLEM_BAD_REQUEST : PROBLEM_OPERATOR_DOWN,
                               fault[0] ? fault : "libcrypto refused");
    c->der = der;
    c->subscriber = request->session.subscriber;
    c->not_before = made.not_before;
    c->not_after = made.not_after;
    g_strlcpy(c->nai, request->nai, sizeof c->nai);
    g_strlcpy(c->aor, binding->aor, sizeof c->aor);
    return outcome_store(gateway->ops->certificate_add(gateway->store, c));
}

static json_t *octets_json(const uint8_t *octets, size_t len)
{
    char *text = malloc(SIMAUTH_B64U_LEN(len) + 1);
    json_t *value;

    if (!text)
        return NULL;
    simauth_b64u_encode(octets, len, text);
    value = json_string(text);
    free(text);
    return value;
}

static bool append(const uint8_t *der, size_t len, void *list)
{
    return json_array_append_new(list, octets_json(der, len)) == 0;
}

static json_t *chain_json(const struct store_authority *authority)
{
    json_t *list = json_array();

    if (list && pki_chain(authority->chain, append, list))
        return list;
    json_decref(list);
    return NULL;
}

static json_t *issued_json(const struct store_authority *authority,
                           const struct store_certificate *c)
{
    return json_pack("{s:s, s:o, s:o, s:I}", "aor", c->aor, "certificate",
                     octets_json(c->der, c->der_len), "authority", chain_json(authority), "until",
                     (json_int_t)c->not_after);
}

/* In the open transaction. */
static struct outcome serve(struct request *request, const struct wish *wish, json_t **object)
{
    struct gateway *gateway = request->gateway;
    struct store_authority authority = {0};
    struct store_binding binding;
    struct store_certificate c = {0};
    uint8_t der[STORE_CERTIFICATE_MAX];
    struct outcome outcome = may_have(request, wish, &binding);

    if (outcome_good(&outcome)) {
        outcome = outcome_store(gateway->ops->authority_get(gateway->store, &authority));
        if (outcome.store == STORE_NONE)
            outcome = outcome_problem(PROBLEM_NOT_FOUND, "this operator issues no certificates");
    }
    if (outcome_good(&outcome) && pki_authority_ends(&authority) < request->now + AUTHORITY_S)
        outcome = outcome_problem(PROBLEM_OPERATOR_DOWN,
                                  "the authority of subscribers' certificates ends: "
                                  "certificate make-authority --replace");
    if (outcome_good(&outcome))
        outcome = issue(request, &authority, wish, &binding, &c, der);
    if (outcome_good(&outcome))
        outcome = add_record(request);
    if (outcome_good(&outcome) && !(*object = issued_json(&authority, &c)))
        outcome = outcome_problem(PROBLEM_OPERATOR_DOWN, "no answer could be made");
    store_authority_clear(&authority);
    return outcome;
}

void certificates_post(struct request *request)
{
    struct wish wish;
    json_t *object = NULL;
    struct outcome outcome;
    const char *fault = read_wish(request, &wish);

    if (fault) {
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
        return;
    }
    if (request_repeated(request) || !request_allowed(request) ||
        !request_begin(request, STORE_WRITE))
        return;
    outcome = serve(request, &wish, &object);
    if (outcome.problem == PROBLEM_BAD_REQUEST || outcome.problem == PROBLEM_NOT_FOUND) {
        request->gateway->ops->rollback(request->gateway->store);
        answer_problem(request, outcome.problem, outcome.reason, outcome.reason);
        return;
    }
    request_finish(request, object, outcome.problem, outcome.reason, outcome.store);
}

/* -- POST /v1/certificates/find: whom a caller wants to write to ------------------------------- */

struct search {
    char aor[SIMAUTH_AOR_MAX + 1];
    char nai[SIMAUTH_NAI_MAX + 1]; /* or "" */
};

static const char *read_search(const struct request *request, struct search *search)
{
    static const char *const members[] = {"aor", "nai", NULL};
    json_t *object = simauth_json_load((const char *)request->body.data, request->body.len);
    const json_t *nai = json_object_get(object, "nai");
    const char *fault = NULL;

    search->nai[0] = '\0';
    if (!simauth_json_only(object, members))
        fault = "not {\"aor\": address}";
    else if (!aor_of(object, search->aor))
        fault = "aor: not a SIP address with a domain";
    else if (nai &&
             (!json_is_string(nai) || simauth_nai_check(json_string_value(nai)) != SIMAUTH_OK ||
              g_strlcpy(search->nai, json_string_value(nai), sizeof search->nai) >=
                  sizeof search->nai))
        fault = "nai: not a NAI";
    json_decref(object);
    return fault;
}

struct found {
    const struct search *search;
    json_t *list;
    int64_t sims[FOUND_MAX];
    size_t count;
    bool failed;
};

/* The newest of each SIM comes first: an older one of the same is left out. */
static int add_found(const struct store_certificate *c, void *data)
{
    struct found *found = data;

    if (found->search->nai[0] && strcmp(found->search->nai, c->nai) != 0)
        return 0;
    for (size_t i = 0; i < found->count; i++)
        if (found->sims[i] == c->subscriber)
            return 0;
    found->sims[found->count++] = c->subscriber;
    found->failed = !append(c->der, c->der_len, found->list);
    return found->failed || found->count == FOUND_MAX;
}

static enum store_result look(struct request *request, const struct search *search, json_t **object)
{
    struct gateway *gateway = request->gateway;
    const struct store_certificate_filter good = {
        .aor = search->aor, .after = request->now, .good = true};
    struct found found = {.search = search, .list = json_array()};
    struct store_authority authority;
    enum store_result result = gateway->ops->authority_get(gateway->store, &authority);

    if (result == STORE_OK)
        result = gateway->ops->certificate_list(gateway->store, &good, add_found, &found);
    if (result == STORE_OK && found.failed)
        result = STORE_FAILED;
    if (result == STORE_OK && found.count == 0)
        result = STORE_NONE;
    if (result == STORE_OK) {
        *object =
            json_pack("{s:s, s:s, s:O, s:o}", "aor", search->aor, "operator", gateway->config->name,
                      "certificates", found.list, "authority", chain_json(&authority));
        result = *object ? STORE_OK : STORE_FAILED;
    }
    json_decref(found.list);
    store_authority_clear(&authority);
    return result;
}

static void answer_own(struct request *request, const struct search *search)
{
    json_t *object = NULL;
    enum store_result result;

    if (!request_begin(request, STORE_READ))
        return;
    result = look(request, search, &object);
    request->gateway->ops->rollback(request->gateway->store);
    if (result == STORE_OK)
        answer_json(request, object);
    else if (result == STORE_NONE)
        answer_problem(request, PROBLEM_NOBODY, NULL, "no certificate for this address");
    else
        answer_store(request, result);
}

void federation_certificates_post(struct request *request)
{
    struct search search;
    const char *fault = read_search(request, &search);

    if (fault)
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
    else if (request_allowed(request))
        answer_own(request, &search);
}

/* -- a partner's ------------------------------------------------------------------------------- */

static bool decode(const json_t *value, uint8_t *der, size_t *len)
{
    const char *text = json_string_value(value);
    size_t chars = text ? strlen(text) : 0;

    *len = chars * 3 / 4;
    return *len > 0 && *len <= STORE_CERTIFICATE_MAX &&
           simauth_b64u_decode(text, chars, der, *len) == SIMAUTH_OK;
}

/* Each is what was asked for, issued by the authority that the partner names. */
static bool all_good(const struct request *request, const struct search *search,
                     const json_t *object)
{
    const json_t *list = json_object_get(object, "certificates"), *item;
    const json_t *chain = json_object_get(object, "authority");
    uint8_t der[STORE_CERTIFICATE_MAX], authority[STORE_CERTIFICATE_MAX];
    const char *aor = json_string_value(json_object_get(object, "aor"));
    size_t i, len, authority_len;
    bool good = aor && strcmp(aor, search->aor) == 0 && json_array_size(chain) > 0 &&
                json_array_size(chain) <= PKI_CHAIN_MAX && json_array_size(list) > 0 &&
                json_array_size(list) <= FOUND_MAX &&
                json_is_string(json_object_get(object, "operator")) &&
                decode(json_array_get(chain, 0), authority, &authority_len);

    json_array_foreach(list, i, item) good =
        good && decode(item, der, &len) &&
        pki_is_good(der, len, authority, authority_len, search->aor, request->now);
    return good;
}

static void partner_answered(struct request *request)
{
    static const char *const members[] = {"aor", "operator", "certificates", "authority", NULL};
    const struct question *question = request->question;
    struct search search;
    json_t *object;

    if (partner_refused(request))
        return;
    object = simauth_json_load((const char *)question->answer.data, question->answer.len);
    if (!read_search(request, &search) && simauth_json_only(object, members) &&
        all_good(request, &search, object)) {
        answer_json(request, object);
        return;
    }
    json_decref(object);
    answer_problem(request, PROBLEM_OPERATOR_DOWN, NULL, "partner sent other certificates");
}

/* Nobody asks about an address but the operator that vouches for it. */
static void ask_voucher(struct request *request, const struct search *search)
{
    struct gateway *gateway = request->gateway;
    struct voucher voucher;
    struct outcome outcome;

    if (!request_begin(request, STORE_READ))
        return;
    outcome = find_voucher(gateway, search->aor, search->nai, &voucher);
    gateway->ops->rollback(gateway->store);
    if (outcome_good(&outcome) && voucher.own) {
        answer_own(request, search);
    } else if (outcome_good(&outcome) && partner_active(&voucher.partner, request->now)) {
        request_ask(request, &voucher.partner, FEDERATION_CERTIFICATES,
                    json_pack("{s:s, s:s*}", "aor", search->aor, "nai",
                              search->nai[0] ? search->nai : NULL),
                    partner_answered);
        return; /* the partner was taken */
    } else if (outcome_good(&outcome)) {
        answer_problem(request, PROBLEM_OPERATOR_DOWN, NULL,
                       "agreement suspended or not valid now");
    } else {
        outcome_refuse(request, &outcome, NULL);
    }
    store_partner_clear(&voucher.partner);
}

void certificates_find_post(struct request *request)
{
    struct search search;
    const char *fault = read_search(request, &search);

    if (fault)
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
    else if (request_allowed(request))
        ask_voucher(request, &search);
}

/* -- GET /v1/certificates/revoked: for everybody who was shown a certificate ------------------- */

static int add_revoked(const struct store_certificate *c, void *data)
{
    struct pki_revoked revoked = {.when = c->revoked};

    memcpy(revoked.serial, c->serial, sizeof revoked.serial);
    g_array_append_val((GArray *)data, revoked);
    return 0;
}

/* The list that was signed last. Anybody may ask for it, and to read and sign it costs. */
static struct {
    GMutex lock;
    char *text;
    int64_t made;
    uint8_t authority[STORE_AUTHORITY_NAME_LEN];
} last;

static int see_when(const struct store_certificate *c, void *data)
{
    *(int64_t *)data = c->revoked;
    return 1;
}

/* malloc'ed; NULL: another one must be made. One that was made in the second of a revocation may
 * be without it. */
static char *kept_list(const struct store_authority *authority, int64_t revoked, int64_t now)
{
    char *text = NULL;

    g_mutex_lock(&last.lock);
    if (last.text && memcmp(last.authority, authority->name, sizeof last.authority) == 0 &&
        revoked < last.made && last.made <= now && now - last.made < KEPT_S)
        text = strdup(last.text);
    g_mutex_unlock(&last.lock);
    return text;
}

static void keep_list(const struct store_authority *authority, const char *text, int64_t made)
{
    g_mutex_lock(&last.lock);
    free(last.text);
    last.text = strdup(text);
    last.made = made;
    memcpy(last.authority, authority->name, sizeof last.authority);
    g_mutex_unlock(&last.lock);
}

/* In an open transaction: all that is in the list, or the list itself. */
static enum store_result read_revoked(struct request *request, struct store_authority *authority,
                                      GArray *list, char **text)
{
    struct gateway *gateway = request->gateway;
    struct store_certificate_filter revoked = {.after = request->now, .revoked = true, .limit = 1};
    int64_t newest = 0;
    enum store_result result = gateway->ops->authority_get(gateway->store, authority);

    if (result == STORE_OK)
        result = gateway->ops->certificate_list(gateway->store, &revoked, see_when, &newest);
    if (result != STORE_OK || (*text = kept_list(authority, newest, request->now)))
        return result;
    revoked.limit = 0;
    return gateway->ops->certificate_list(gateway->store, &revoked, add_revoked, list);
}

static char *sign_list(const struct store_authority *authority, const GArray *list, int64_t now)
{
    char *text = pki_list(authority, (const struct pki_revoked *)(const void *)list->data,
                          list->len, now, LIST_S);

    if (text)
        keep_list(authority, text, now);
    return text;
}

void certificates_revoked_get(struct request *request)
{
    struct store_authority authority;
    enum store_result result;
    char *text = NULL;
    GArray *list;

    if (!request_token_of_address(request, "revoked", LISTS_A_MINUTE)) {
        answer_problem(request, PROBLEM_TOO_MANY, NULL, "limit of lists");
        return;
    }
    if (!request_begin(request, STORE_READ))
        return;
    list = g_array_new(FALSE, FALSE, sizeof(struct pki_revoked));
    result = read_revoked(request, &authority, list, &text);
    request->gateway->ops->rollback(request->gateway->store);
    if (result == STORE_NONE) {
        answer_problem(request, PROBLEM_NOT_FOUND, NULL, "this operator issues no certificates");
    } else if (result != STORE_OK) {
        answer_store(request, result);
    } else {
        answer_text(request, text ? text : sign_list(&authority, list, request->now));
        if (request->answer.problem == PROBLEM_NONE)
            request->answer.type = "application/x-pem-file";
    }
    store_authority_clear(&authority);
    g_array_free(list, TRUE);
}
