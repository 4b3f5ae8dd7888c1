/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* partner test: each link of an agreement, in the order in which a call needs them. */
#include "../api/body.h"
#include "../pki.h"
#include "ctl.h"

#include <curl/curl.h>
#include <glib.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LIMIT_MS 5000L
#define CLOCK_LIMIT_S 30 /* a vector lives for 60 */
#define ANSWER_MAX 65536
#define TITLE_MOST 100 /* letters */

struct test {
    struct ctl *ctl;
    struct store_partner p;
    struct store_binding caller; /* "" when none was named */
    char callee[SIMAUTH_AOR_MAX + 1];
    struct simauth_seal_pair pair;
    bool failed, tried_vector;
    /* of the last exchange */
    CURLcode code;
    long status;
    int64_t date;
    char why[CURL_ERROR_SIZE];
    GString *answer;
};

static const struct ctl_column columns[] = {{"Step", "step", 22, CTL_TEXT},
                                            {"Result", "result", 9, CTL_TEXT},
                                            {"", "detail", 0, CTL_TEXT},
                                            {0}};

static void step(struct test *t, const char *name, bool good, const char *detail)
{
    const char *result = t->failed ? "not tried" : good ? "good" : "failed";

    ctl_row(t->ctl, columns, name, result, t->failed ? "" : detail);
    t->failed = t->failed || !good;
}

/* -- an exchange ------------------------------------------------------------------------------- */

static size_t take_answer(char *data, size_t size, size_t count, void *user)
{
    struct test *t = user;

    if (t->answer->len + size * count > ANSWER_MAX)
        return 0;
    g_string_append_len(t->answer, data, (gssize)(size * count));
    return size * count;
}

static size_t take_header(char *data, size_t size, size_t count, void *user)
{
    struct test *t = user;
    char line[128];

    if (size * count < sizeof line && g_ascii_strncasecmp(data, "Date:", 5) == 0) {
        memcpy(line, data, size * count);
        line[size * count] = '\0';
        t->date = (int64_t)curl_getdate(line + 5, NULL);
    }
    return size * count;
}

static void set_tls(CURL *easy, const struct config *config, const struct store_partner *p)
{
    struct curl_blob anchors = {p->anchors, strlen(p->anchors), CURL_BLOB_COPY};

    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSLCERT, config->certificate);
    curl_easy_setopt(easy, CURLOPT_SSLKEY, config->key);
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &anchors);
    if (p->pin[0])
        curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, p->pin);
}

static struct curl_slist *headers(void)
{
    uint8_t random[STORE_KEY_LEN];
    char line[64] = "Idempotency-Key: ";
    struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");

    if (RAND_bytes(random, sizeof random) == 1)
        simauth_b64u_encode(random, sizeof random, line + strlen(line));
    return curl_slist_append(list, line);
}

static void exchange(struct test *t, const char *body)
{
    CURL *easy = curl_easy_init();
    struct curl_slist *lines = headers(), *connect_to = NULL;
    char *url = g_strconcat(t->p.url, "/v1/federation/vectors", NULL);
    char *entry = g_strdup_printf("::%s", t->p.connect_to);

    t->status = 0;
    t->why[0] = '\0';
    g_string_truncate(t->answer, 0);
    set_tls(easy, t->ctl->gateway.config, &t->p);
    if (t->p.connect_to[0])
        connect_to = curl_slist_append(NULL, entry);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, LIMIT_MS);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->why);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    t->code = curl_easy_perform(easy);
    if (t->code == CURLE_OK)
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &t->status);
    else if (!t->why[0])
        g_strlcpy(t->why, curl_easy_strerror(t->code), sizeof t->why);
    curl_easy_cleanup(easy);
    curl_slist_free_all(lines);
    curl_slist_free_all(connect_to);
    g_free(url);
    g_free(entry);
}

/* -- the steps --------------------------------------------------------------------------------- */

static void check_agreement(struct test *t)
{
    int64_t now = (int64_t)time(NULL);
    const char *detail = "it holds now";

    if (t->p.suspended)
        detail = "it is suspended here: simauth-gatewayctl partner resume";
    else if (now < t->p.valid_from)
        detail = "it does not hold yet: see --from";
    else if (now >= t->p.valid_to)
        detail = "it has ended: see --to";
    step(t, "agreement", !t->p.suspended && now >= t->p.valid_from && now < t->p.valid_to, detail);
}

static void check_connection(struct test *t)
{
    bool reached = t->code != CURLE_COULDNT_RESOLVE_HOST && t->code != CURLE_COULDNT_CONNECT &&
                   t->code != CURLE_OPERATION_TIMEDOUT;
    /* A server that wants no more after our certificate ends the connection. */
    bool refused = t->code == CURLE_RECV_ERROR || t->code == CURLE_SEND_ERROR ||
                   t->code == CURLE_GOT_NOTHING || t->status == 403;

    step(t, "connection", reached, reached ? t->p.url : t->why);
    step(t, "TLS: who they are", t->code == CURLE_OK || refused,
         t->code == CURLE_OK || refused ? "chain, name and pin are those agreed" : t->why);
    step(t, "TLS: who we are", !refused && t->code == CURLE_OK,
         refused ? "they do not take our certificate: they have no agreement with its name, "
                   "another authority, or have suspended it"
                 : "they know our certificate");
    step(t, "protocol", t->status == 400,
         t->status == 400 ? "it is a gateway of this protocol" : "it answers like no gateway");
}

static void check_clock(struct test *t)
{
    long long ahead = (long long)(t->date - (int64_t)time(NULL));
    char detail[128];

    g_snprintf(detail, sizeof detail, "theirs is %lld s %s ours%s", llabs(ahead),
               ahead < 0 ? "behind" : "ahead of",
               llabs(ahead) > CLOCK_LIMIT_S ? ": set both by NTP" : "");
    step(t, "clock", t->date > 0 && llabs(ahead) <= CLOCK_LIMIT_S,
         t->date > 0 ? detail : "their answer has no Date");
}

static char *vector_body(struct test *t)
{
    struct body_vectors body = {.subject = SIMAUTH_SUBJECT_CALLEE};
    const struct simauth_method *method;
    uint8_t random[32];
    json_t *object;
    char *text;

    if (RAND_bytes(random, sizeof random) != 1 ||
        simauth_seal_pair_make(random, &t->pair) != SIMAUTH_OK)
        return NULL;
    memcpy(body.seal_to, t->pair.public_key, sizeof body.seal_to);
    g_strlcpy(body.caller, t->caller.aor, sizeof body.caller);
    g_strlcpy(body.callee, t->callee, sizeof body.callee);
    g_strlcpy(body.nai_a, t->caller.nai, sizeof body.nai_a);
    if (ctl_option(t->ctl, "callee-nai"))
        g_strlcpy(body.callee_nai, ctl_option(t->ctl, "callee-nai"), sizeof body.callee_nai);
    while (body.method_count < SIMAUTH_METHODS_MAX &&
           (method = simauth_method_at(body.method_count)))
        body.methods[body.method_count++] = method;
    object = body_vectors_json(&body);
    text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}

/* Both sides have a record of every vector. */
static enum store_result record_it(struct ctl *ctl, void *data)
{
    const struct simauth_vector *v = data;
    struct store_record record = {.time = (int64_t)time(NULL), .side = "asked"};

    g_strlcpy(record.partner, ctl->words[0], sizeof record.partner);
    g_strlcpy(record.nai_a, v->nai_a, sizeof record.nai_a);
    g_strlcpy(record.nai_b, v->nai_b, sizeof record.nai_b);
    g_strlcpy(record.method, v->challenge.method->name, sizeof record.method);
    return ctl->gateway.ops->record_add(ctl->gateway.store, &record);
}

static bool has_realm(const struct store_partner *p, const char *realm)
{
    for (size_t i = 0; i < p->realm_count; i++)
        if (strcmp(p->realms[i], realm) == 0)
            return true;
    return false;
}

static void check_statement(struct test *t, const struct simauth_vector *v)
{
    X509_STORE *anchors = pki_anchors(t->p.anchors);
    struct simauth_statement statement;
    struct simauth_secret ssk = {0};
    char detail[512];
    enum simauth_result result =
        simauth_statement_verify(v->op_key, anchors, (int64_t)time(NULL), &statement);
    bool realm = result == SIMAUTH_OK && has_realm(&t->p, statement.realm) &&
                 strcmp(statement.realm, simauth_nai_realm(v->nai_b)) == 0;

    g_snprintf(detail, sizeof detail, "%s speaks for %s%s", statement.name, statement.realm,
               strcmp(statement.name, t->p.name) == 0
                   ? ""
                   : "; phones show that name, which is not the agreement's");
    if (result != SIMAUTH_OK)
        g_snprintf(detail, sizeof detail,
                   "the statement about their key of the day: %s (phones may trust another "
                   "authority than the agreement names)",
                   simauth_result_name(result));
    else if (!realm)
        g_snprintf(detail, sizeof detail, "they speak for %s, which is not in the agreement",
                   statement.realm);
    step(t, "realm", realm, detail);
    if (realm)
        result = simauth_unseal(v, statement.key, &t->pair, &ssk);
    g_snprintf(detail, sizeof detail, "%s for %s of %s, opened", v->challenge.method->name,
               v->nai_b, v->operator_name);
    step(t, "vector", result == SIMAUTH_OK,
         result == SIMAUTH_OK ? detail : "its seal does not open: it was changed on the way");
    simauth_secret_wipe(&ssk);
    X509_STORE_free(anchors);
}

static void refused_vector(struct test *t)
{
    json_t *problem = simauth_json_load(t->answer->str, t->answer->len);
    const char *title = json_string_value(json_object_get(problem, "title"));
    char *shown = title ? g_utf8_substring(title, 0, MIN(g_utf8_strlen(title, -1), TITLE_MOST))
                        : g_strdup(t->code == CURLE_OK ? "no vector" : t->why);
    char *detail = g_strdup_printf("status %ld: %s", t->status, shown);

    step(t, "vector", false, detail);
    g_free(detail);
    g_free(shown);
    json_decref(problem);
}

static void check_vector(struct test *t)
{
    struct simauth_vector v = {0};
    char *body = t->failed ? NULL : vector_body(t);
    json_t *object;

    if (!body) {
        step(t, "realm", false, "");
        step(t, "vector", false, "");
        return;
    }
    exchange(t, body);
    free(body);
    object = t->status == 200 ? simauth_json_load(t->answer->str, t->answer->len) : NULL;
    if (object && simauth_vector_from_json(json_object_get(object, "vector"), &v) == SIMAUTH_OK) {
        check_statement(t, &v);
        if (!ctl_open_again(t->ctl) || ctl_change(t->ctl, record_it, &v, "record") != 0)
            t->failed = true;
    } else {
        refused_vector(t);
    }
    simauth_vector_clear(&v);
    json_decref(object);
}

/* -- the command ------------------------------------------------------------------------------- */

static enum store_result load(struct ctl *ctl, void *data)
{
    const struct gateway *gateway = &ctl->gateway;
    struct test *t = data;
    enum store_result result = gateway->ops->partner_by_name(gateway->store, ctl->words[0], &t->p);

    if (result != STORE_OK || !t->caller.aor[0])
        return result;
    result = gateway->ops->binding_find(gateway->store, t->caller.aor, 0, "", (int64_t)time(NULL),
                                        &t->caller);
    if (result == STORE_NONE)
        ctl_fail("--caller: %s is bound to no SIM here", t->caller.aor);
    return result;
}

static int test(struct ctl *ctl)
{
    const char *caller = ctl_option(ctl, "caller"), *callee = ctl_option(ctl, "callee");
    struct test t = {.ctl = ctl, .answer = g_string_new(NULL)};
    int result = 1;

    if ((caller && ctl_aor(caller, t.caller.aor) != 0) ||
        (callee && ctl_aor(callee, t.callee) != 0))
        goto out;
    if (ctl_look(ctl, load, &t, ctl->words[0]) != 0)
        goto out;
    if (!t.callee[0])
        g_strlcpy(t.callee, t.p.test_aor, sizeof t.callee);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    ctl_heading(ctl, columns);
    check_agreement(&t);
    if (!t.failed)
        exchange(&t, "{}");
    check_connection(&t);
    check_clock(&t);
    if (t.caller.aor[0] && t.callee[0])
        check_vector(&t);
    else if (!t.failed)
        fputs("Realm and vector were not tried: name a test subscriber of yours (--caller AOR) and "
              "one of theirs\n(--callee AOR, or \"partner set\" --test-aor). It makes a charging "
              "record on both sides.\n",
              stderr);
    result = t.failed ? 1 : 0;
    simauth_secret_wipe(&t.pair.private_key);
    curl_global_cleanup();
out:
    g_string_free(t.answer, TRUE);
    store_partner_clear(&t.p);
    return result;
}

const struct ctl_command ctl_partner_test_commands[] = {
    {"partner", "test", "NAME [--caller AOR] [--callee AOR] [--callee-nai NAI] [--json]",
     " caller= callee= callee-nai= json ",
     "try TLS, clock, realm and one vector of a test subscriber, and print each step", 1, false,
     test},
    {0}};
