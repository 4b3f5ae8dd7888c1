/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exchange.h"
#include "../ops/metrics.h"
#include "issue.h"
#include "tls.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_ONE_MAX 65536
#define ANSWER_BATCH_MAX (BATCH_MAX * (SIMAUTH_STATEMENT_MAX + 4096)) /* each with its chain */
#define CONNECTION_MS 10000L
/* The other side closes idle connections; libcurl alone would after two minutes, and be without. */
#define IDLE_MAX_S 3600L
/* Both sides look at certificates when a connection begins. Those for nobody end the old ones, so
 * that a question need not wait for a new one. */
#define LIFE_S 3600L
#define LIFE_ASKED_S 7200L

struct exchange {
    CURL *easy;
    struct curl_slist *headers, *connect_to;
    char error[CURL_ERROR_SIZE];
    char *body;                   /* of a batch; else the question's own */
    struct simauth_octets answer; /* of a question alone: half a key may be in it */
    GByteArray *answers;          /* of a batch: longer than struct simauth_octets takes */
    size_t count;                 /* 0: nobody's, for the connection alone */
    int64_t partner;
    const struct tls_identity *identity;
    bool batch, fresh;
    struct request *requests[BATCH_MAX];
};

bool same_way(const struct store_partner *a, const struct store_partner *b)
{
    return a->id == b->id && strcmp(a->url, b->url) == 0 &&
           strcmp(a->connect_to, b->connect_to) == 0 && strcmp(a->pin, b->pin) == 0 &&
           strcmp(a->anchors, b->anchors) == 0;
}

bool same_partner(const struct question *one, const struct question *other)
{
    return same_way(&one->partner, &other->partner);
}

bool may_batch(const struct question *question)
{
    return strcmp(question->path, FEDERATION_VECTORS) == 0;
}

/* -- the request ------------------------------------------------------------------------------- */

static size_t take_answer(char *data, size_t size, size_t count, void *user)
{
    struct exchange *exchange = user;
    const size_t len = size * count, most = exchange->batch ? ANSWER_BATCH_MAX : ANSWER_ONE_MAX;

    if ((exchange->batch ? exchange->answers->len : exchange->answer.len) + len > most)
        return 0;
    if (exchange->batch)
        g_byte_array_append(exchange->answers, (const guint8 *)data, (guint)len);
    else
        simauth_octets_append(&exchange->answer, data, len);
    return exchange->answer.failed ? 0 : len;
}

/* What a reload refused stands in the files, and nowhere else. */
static void set_identity(struct exchange *exchange)
{
    gnutls_datum_t chain, key;
    struct curl_blob blob = {.flags = CURL_BLOB_NOCOPY};

    exchange->identity = tls_present();
    if (!exchange->identity)
        return;
    tls_pem(exchange->identity, &chain, &key);
    blob.data = chain.data;
    blob.len = chain.size;
    curl_easy_setopt(exchange->easy, CURLOPT_SSLCERT_BLOB, &blob);
    blob.data = key.data;
    blob.len = key.size;
    curl_easy_setopt(exchange->easy, CURLOPT_SSLKEY_BLOB, &blob);
}

static void set_tls(struct exchange *exchange, const struct store_partner *p)
{
    CURL *easy = exchange->easy;
    struct curl_blob anchors = {.data = p->anchors, .len = strlen(p->anchors)};

    curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    set_identity(exchange);
    if (anchors.len) {
        anchors.flags = CURL_BLOB_COPY;
        curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
        curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &anchors);
    }
    if (p->pin[0])
        curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, p->pin);
    if (p->connect_to[0]) {
        char *entry = g_strdup_printf("::%s", p->connect_to);

        exchange->connect_to = curl_slist_append(NULL, entry);
        curl_easy_setopt(easy, CURLOPT_CONNECT_TO, exchange->connect_to);
        g_free(entry);
    }
}

static void set_headers(struct exchange *exchange)
{
    char key[sizeof "Idempotency-Key: " + SIMAUTH_B64U_LEN(STORE_KEY_LEN)] = "Idempotency-Key: ";

    exchange->headers = curl_slist_append(NULL, "Content-Type: application/json");
    exchange->headers = curl_slist_append(exchange->headers, "Expect:");
    if (!exchange->batch) { /* in a batch each question has its own */
        simauth_b64u_encode(exchange->requests[0]->question->key, STORE_KEY_LEN, key + strlen(key));
        exchange->headers = curl_slist_append(exchange->headers, key);
    }
    curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->headers);
}

/* Redirections are not followed: who vouches stands in the agreement, not in an answer. */
static void set_way(struct exchange *exchange, const struct store_partner *partner,
                    const char *path, long limit_ms)
{
    CURL *easy = exchange->easy;
    char *url = g_strconcat(partner->url, path, NULL);

    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, limit_ms);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* never wait for a resolver's thread */
#endif
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_MAX_S);
    curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, exchange->count ? LIFE_ASKED_S : LIFE_S);
    g_free(url);
}

static void set_request(struct exchange *exchange, const struct config *config)
{
    const struct question *question = exchange->requests[0]->question;

    set_way(exchange, &question->partner, question->path, config->federation_timeout_ms);
    curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDS,
                     exchange->body ? exchange->body : question->body);
}

/* {"batch":[{"key":"...", and the members of the question}, ...]} */
static char *batch_body(const struct exchange *exchange)
{
    GString *text = g_string_new("{\"batch\":[");
    char key[SIMAUTH_B64U_LEN(STORE_KEY_LEN) + 1];

    for (size_t i = 0; i < exchange->count; i++) {
        const struct question *question = exchange->requests[i]->question;

        simauth_b64u_encode(question->key, STORE_KEY_LEN, key);
        g_string_append_printf(text, "%s{\"key\":\"%s\",%s", i ? "," : "", key, question->body + 1);
    }
    g_string_append(text, "]}");
    return g_string_free(text, FALSE);
}

struct exchange *exchange_new(const struct config *config, struct request *const *requests,
                              size_t count)
{
    struct exchange *exchange = g_new0(struct exchange, 1);

    exchange->count = count;
    exchange->partner = requests[0]->question->partner.id;
    memcpy(exchange->requests, requests, count * sizeof *requests);
    exchange->batch = count > 1 || requests[0]->question->batched;
    exchange->easy = curl_easy_init();
    if (!exchange->easy) {
        g_free(exchange);
        return NULL;
    }
    if (exchange->batch) {
        exchange->body = batch_body(exchange);
        exchange->answers = g_byte_array_new();
    }
    set_request(exchange, config);
    set_headers(exchange);
    set_tls(exchange, &requests[0]->question->partner);
    return exchange;
}

struct exchange *exchange_new_connection(const struct store_partner *partner, bool fresh)
{
    struct exchange *exchange = g_new0(struct exchange, 1);

    exchange->partner = partner->id;
    exchange->fresh = fresh;
    exchange->easy = curl_easy_init();
    if (!exchange->easy) {
        g_free(exchange);
        return NULL;
    }
    set_way(exchange, partner, FEDERATION_NOTHING, CONNECTION_MS);
    curl_easy_setopt(exchange->easy, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
    set_tls(exchange, partner);
    return exchange;
}

CURL *exchange_easy(const struct exchange *exchange)
{
    return exchange->easy;
}

bool exchange_fresh(const struct exchange *exchange)
{
    return exchange->fresh;
}

const char *exchange_why(const struct exchange *exchange, CURLcode code)
{
    return exchange->error[0] ? exchange->error : curl_easy_strerror(code);
}

bool exchange_refuses_us(const struct exchange *exchange)
{
    struct curl_header *connection;
    long status = 0;

    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 401 && status != 403)
        return false;
    return exchange->count == 0 || (curl_easy_header(exchange->easy, "Connection", 0, CURLH_HEADER,
                                                     -1, &connection) == CURLHE_OK &&
                                    g_ascii_strcasecmp(connection->value, "close") == 0);
}

const struct tls_identity *exchange_identity(const struct exchange *exchange)
{
    return exchange->identity;
}

int64_t exchange_partner(const struct exchange *exchange)
{
    return exchange->partner;
}

const struct store_partner *exchange_asked(const struct exchange *exchange)
{
    return exchange->count ? &exchange->requests[0]->question->partner : NULL;
}

void exchange_free(struct exchange *exchange)
{
    curl_easy_cleanup(exchange->easy);
    curl_slist_free_all(exchange->headers);
    curl_slist_free_all(exchange->connect_to);
    g_free(exchange->body);
    simauth_octets_clear(&exchange->answer);
    if (exchange->answers) { /* it has nothing that is not sealed */
        OPENSSL_cleanse(exchange->answers->data, exchange->answers->len);
        g_byte_array_unref(exchange->answers);
    }
    g_free(exchange);
}

/* -- what came --------------------------------------------------------------------------------- */

/* Why there is no answer, though one came. */
static const char *fault_of(const struct exchange *exchange, long status)
{
    if (status >= 300 && status < 400)
        return "partner answers with a redirection, which is never followed: its agreement must "
               "name the address that answers";
    return exchange->batch && status == 200 ? "partner's answer to a batch makes no sense" : NULL;
}

bool question_says(const struct question *question, enum problem problem)
{
    const struct problem_row *row = problem_row(problem);
    json_t *object =
        question->status == row->status
            ? simauth_json_load((const char *)question->answer.data, question->answer.len)
            : NULL;
    const char *type = json_string_value(json_object_get(object, "type"));
    bool says = type && g_str_has_prefix(type, PROBLEM_TYPE) &&
                strcmp(type + strlen(PROBLEM_TYPE), row->name) == 0;

    json_decref(object);
    return says;
}

/* The same key was used by the same question in the other form, whose answer was lost. */
static enum exchange_end end_of(struct question *question)
{
    if (question->turned || !may_batch(question) || !question_says(question, PROBLEM_KEY_REUSED))
        return EXCHANGE_ANSWERED;
    question->turned = question->may_have_given = true;
    question->batched = !question->batched;
    question->status = 0;
    simauth_octets_clear(&question->answer);
    return EXCHANGE_OTHER_FORM;
}

/* What this status says of a question. 503 and 4xx are said before anything is counted; an error of
 * another kind may come after that. */
static bool may_have_given(long status)
{
    return (status >= 200 && status < 300) || (status >= 500 && status != 503);
}

/* Without an answer: what left may have come there. */
static bool has_left(const struct exchange *exchange)
{
    long octets = 0;

    return curl_easy_getinfo(exchange->easy, CURLINFO_REQUEST_SIZE, &octets) == CURLE_OK &&
           octets > 0;
}

/* One of a batch: a vector, or a problem with its status. False: neither. */
static bool read_item(json_t *item, struct question *question)
{
    json_int_t status = json_integer_value(json_object_get(item, "status"));
    bool good = json_object_get(item, "vector") != NULL, problem = status >= 400 && status < 600;
    char *text = good != problem ? json_dumps(item, JSON_COMPACT) : NULL;

    if (!text)
        return false;
    question->status = good ? 200 : (long)status;
    question->may_have_given = question->may_have_given || may_have_given(question->status);
    simauth_octets_append(&question->answer, text, strlen(text));
    free(text);
    return !question->answer.failed;
}

static bool read_batch(const struct exchange *exchange)
{
    static const char *const members[] = {"batch", NULL};
    json_t *object =
        simauth_json_load((const char *)exchange->answers->data, exchange->answers->len);
    json_t *list = json_object_get(object, "batch");
    bool good = simauth_json_only(object, members) && json_array_size(list) == exchange->count;

    for (size_t i = 0; good && i < exchange->count; i++) {
        struct question *question = exchange->requests[i]->question;

        if (!read_item(json_array_get(list, i), question)) {
            g_strlcpy(question->reason, fault_of(exchange, 200), sizeof question->reason);
            question->may_have_given = true;
        }
    }
    json_decref(object);
    return good;
}

/* The same for all of them. */
static void read_whole(const struct exchange *exchange, CURLcode code, long status)
{
    const char *fault = fault_of(exchange, status);
    bool may = may_have_given(status);

    if (code != CURLE_OK) {
        fault = exchange_why(exchange, code);
        may = has_left(exchange);
    }
    for (size_t i = 0; i < exchange->count; i++) {
        struct question *question = exchange->requests[i]->question;

        question->may_have_given = question->may_have_given || may;
        if (fault)
            g_strlcpy(question->reason, fault, sizeof question->reason);
        else
            question->status = status;
        if (!fault && !exchange->batch)
            simauth_octets_append(&question->answer, exchange->answer.data, exchange->answer.len);
    }
}

/* An older gateway knows no batches, or takes none of that length. */
static bool refuses_batches(const struct exchange *exchange, long status)
{
    return exchange->batch && (status == 400 || status == 413);
}

void exchange_end(struct exchange *exchange, CURLcode code,
                  void (*tell)(struct request *request, enum exchange_end end, void *data),
                  void *data)
{
    const struct store_partner *partner = exchange_asked(exchange);
    long status = 0;
    bool refused, answered, refuses_us;

    if (!partner) {
        exchange_free(exchange);
        return;
    }
    if (code == CURLE_OK)
        curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    refuses_us = code == CURLE_OK && exchange_refuses_us(exchange);
    answered = code == CURLE_OK && (status < 300 || status >= 400) && !refuses_us;
    metrics_partner_asked(partner->name, answered, exchange->count, exchange->batch);
    refused = refuses_batches(exchange, status);
    if (!refused && !(exchange->batch && status == 200 && read_batch(exchange)))
        read_whole(exchange, code, status);
    for (size_t i = 0; i < exchange->count; i++) {
        struct request *request = exchange->requests[i];
        enum exchange_end end = EXCHANGE_NO_BATCHES;

        request->question->batched = exchange->batch;
        if (!refused)
            end = end_of(request->question);
        tell(request, end, data); /* it may be gone afterwards */
    }
    exchange_free(exchange);
}
