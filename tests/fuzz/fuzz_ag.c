/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A gateway that answers anything. First line: which question (a digit or a letter), then "s" for a
 * session that is there already, "2" for a 2G SIM, "n" for none. Then the answers, a line "%%"
 * between them: status and Content-Type; WWW-Authenticate; Authentication-Info; the rest is the
 * body. Where the first line has "t", what a TLS terminator could change is taken as proved.
 */
#include "fuzz.h"

#include "../../plugin/ag/ag_certificates.h"
#include "../../plugin/ag/ag_private.h"

static struct {
    const char *next; /* NULL: no more */
    bool trusted;
    int opened;
    unsigned sent;
} gateway;

/* -- in the place of http.c -------------------------------------------------------------------- */

struct http *http_open(const char *name, const char *ca_file, const char *local_address)
{
    (void)ca_file;
    (void)local_address;
    MUST(name && *name);
    gateway.opened++;
    return (struct http *)(void *)&gateway;
}

struct http *http_beside(const struct http *http)
{
    MUST(http && gateway.opened);
    return http_open("beside", NULL, NULL);
}

void http_close(struct http *http)
{
    MUST(!http || gateway.opened-- > 0);
}

/* The next line, without its end; "" behind the last. */
static size_t line_of(const char **at, char *to, size_t room)
{
    size_t len = strcspn(*at, "\n"), kept = len < room ? len : room - 1;

    memcpy(to, *at, kept);
    to[kept] = '\0';
    *at += len + ((*at)[len] == '\n');
    return len;
}

enum http_result http_send(struct http *http, const struct http_request *request, long limit_ms,
                           struct http_answer *answer, char *why, size_t why_len)
{
    const char *at = gateway.next, *end;
    char first[160], *type;
    size_t len;

    (void)http;
    MUST(request->method && request->path[0] == '/' && limit_ms > 0);
    MUST(++gateway.sent < 20); /* nobody is asked for ever */
    memset(answer, 0, sizeof *answer);
    snprintf(why, why_len, "nothing came");
    if (!at)
        return HTTP_FAILED;
    end = strstr(at, "\n%%\n");
    gateway.next = end ? end + 4 : NULL;
    end = end ? end : at + strlen(at);
    line_of(&at, first, sizeof first);
    answer->status = strtol(first, &type, 10);
    if (answer->status == 0)
        return first[0] == 'c' ? HTTP_CLOSED : first[0] == 'l' ? HTTP_TOO_LONG : HTTP_FAILED;
    snprintf(answer->content_type, sizeof answer->content_type, "%.120s", type + (*type == ' '));
    answer->header_bad =
        line_of(&at, answer->www_authenticate, sizeof answer->www_authenticate) > HTTP_HEADER_MAX;
    answer->header_bad |= line_of(&at, answer->info, sizeof answer->info) > HTTP_HEADER_MAX;
    len = at < end ? (size_t)(end - at) : 0;
    answer->body_len = len < HTTP_BODY_MAX ? len : HTTP_BODY_MAX;
    memcpy(answer->body, at, answer->body_len);
    answer->date = 1800000000;
    answer->has_tls_mk = request->export_keys;
    return HTTP_GOOD;
}

/* Authentication-Info is under a key that the answer's author has not. */
enum simauth_result __real_simauth_digest_check_info(const char *header, size_t len,
                                                     const struct simauth_digest_credentials *sent,
                                                     const void *body, size_t body_len,
                                                     const void *password, size_t password_len,
                                                     char *nextnonce);
enum simauth_result __wrap_simauth_digest_check_info(const char *header, size_t len,
                                                     const struct simauth_digest_credentials *sent,
                                                     const void *body, size_t body_len,
                                                     const void *password, size_t password_len,
                                                     char *nextnonce);
enum simauth_result __wrap_simauth_digest_check_info(const char *header, size_t len,
                                                     const struct simauth_digest_credentials *sent,
                                                     const void *body, size_t body_len,
                                                     const void *password, size_t password_len,
                                                     char *nextnonce)
{
    enum simauth_result result = __real_simauth_digest_check_info(
        header, len, sent, body, body_len, password, password_len, nextnonce);

    MUST(result != SIMAUTH_OK);
    return gateway.trusted ? SIMAUTH_OK : result;
}

/* The system's hundred certificates, for each input. */
int __wrap_X509_STORE_set_default_paths(X509_STORE *store);
int __wrap_X509_STORE_set_default_paths(X509_STORE *store)
{
    return store != NULL;
}

static enum simauth_card_status run_card(void *user, const struct simauth_challenge *challenge,
                                         struct simauth_card_answer *answer)
{
    (void)user;
    memset(answer, 0, sizeof *answer);
    if (challenge->rand[0] == 'r') {
        memset(answer->auts, 7, sizeof answer->auts);
        return answer->status = SIMAUTH_CARD_RESYNC;
    }
    answer->k.len = challenge->has_autn ? 32 : 8;
    answer->res.len = challenge->has_autn ? 8 : 4;
    return answer->status = SIMAUTH_CARD_GOOD;
}

static enum simauth_card_status make_ha1(void *user, const char *realm, struct simauth_secret *ha1)
{
    (void)user;
    return simauth_gba_digest_ha1("carol@a.example", realm, "password", 8, ha1) == SIMAUTH_OK
               ? SIMAUTH_CARD_GOOD
               : SIMAUTH_CARD_FAILED;
}

/* -- the questions ----------------------------------------------------------------------------- */

static void ask_vector(struct ag *ag, bool callee)
{
    static const uint8_t seal_to[SIMAUTH_X25519_LEN] = {9}, rand[16] = {1};
    const struct ag_vector_request request = {.subject = callee ? SIMAUTH_SUBJECT_CALLEE
                                                                : SIMAUTH_SUBJECT_CALLER,
                                              .caller = "sip:alice@a.example",
                                              .callee = "sip:bob@b.example",
                                              .seal_to = seal_to,
                                              .rand = callee ? NULL : rand,
                                              .rand_len = callee ? 0 : sizeof rand};
    struct ag_vector answer;

    MUST(ag_vector(ag, &request, &answer) != AG_OK); /* nobody signed it */
    ag_vector_clear(&answer);
}

static void ask_challenge(struct ag *ag)
{
    static const char text[] =
        "s01akaAAECAwQFBgcICQoLDA0ODwAQESIzRFVmd4iZqrvM3e7_QEFCQ0RFRkdISUpLTE1OTw";
    struct simauth_confirmation confirmation;
    struct simauth_element e = {.method = simauth_method_find("aka", 3), .rand_len = 16};
    char nai[SIMAUTH_NAI_MAX + 1];
    struct simauth_secret key;

    memcpy(e.text, text, sizeof text);
    if (ag_challenge(ag, &e, &confirmation, nai, &key) == AG_OK)
        MUST(confirmation.caller[0] && confirmation.nai_a[0] && key.len == 0);
}

static void ask_resync(struct ag *ag)
{
    const struct simauth_challenge refused = {
        .method = simauth_method_find("aka", 3), .rand_len = 16, .has_autn = true};
    static const uint8_t auts[SIMAUTH_AUTS_LEN];
    struct simauth_challenge own;
    struct simauth_secret key;

    if (ag_resync(ag, &refused, auts, &own, &key) == AG_OK)
        MUST(own.method == refused.method);
}

static void ask_keys(struct ag *ag)
{
    struct simauth_held_key keys[4];
    size_t count = 0;

    ag_ticket(ag, "agt", "sip:alice@a.example", "sip:bob@b.example", NULL, &keys[0]);
    ag_first_keys(ag, keys, 4, &count);
    MUST(count <= 4);
}

static void ask_addresses(struct ag *ag)
{
    static const uint8_t nonce[AG_NONCE_LEN];
    struct ag_binding list[4];
    size_t count = 0;
    int64_t until = 0;

    ag_bindings(ag, list, 4, &count);
    MUST(count <= 4);
    ag_bind(ag, "sip:alice@a.example");
    ag_prove(ag, "sip:alice@a.example", nonce, &until);
}

static void ask_changes(struct ag *ag)
{
    const char *const nais[] = {"a@b.example", "b@b.example"};
    bool changed[2] = {false, false};
    int64_t now = 0;

    ag_changes(ag, 1, nais, 2, changed, &now);
}

static void ask_certificates(struct ag *ag)
{
    struct ag_certificates found = {0};

    if (ag_find_certificates(ag, "sip:bob@b.example", NULL, &found) == AG_OK)
        MUST(found.count <= AG_FOUND_MAX);
    ag_certificates_clear(&found);
}

static void ask_activation(void)
{
    static const uint8_t code[16] = {1};
    char error[AG_ERROR_MAX] = "", *sim = NULL;

    MUST(ag_activate("ag.a.example", NULL, code, &sim, error) != AG_OK && !sim && error[0]);
}

static void ask(struct ag *ag, char which)
{
    struct ag_self self;
    struct ag_prices prices;

    switch (which) {
    case '0':
        ag_bootstrap(ag);
        break;
    case '1':
        ag_self(ag, &self);
        break;
    case '2':
        ag_prices(ag, &prices);
        break;
    case '3':
    case '4':
        ask_vector(ag, which == '3');
        break;
    case '5':
        ask_challenge(ag);
        break;
    case '6':
        ask_resync(ag);
        break;
    case '7':
        ask_keys(ag);
        break;
    case '8':
        ask_addresses(ag);
        break;
    case '9':
        ask_changes(ag);
        break;
    case 'c':
        ask_certificates(ag);
        break;
    default:
        ask_activation();
    }
}

static void give_session(struct ag *ag)
{
    ag->session.valid = true;
    strcpy(ag->session.btid, "QUJD@ag.a.example");
    ag->session.ks_naf.len = 32;
    strcpy(ag->session.password, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    strcpy(ag->session.nonce, "bm9uY2U=");
    ag->session.renew_at = ag->session.ends_at = INT64_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *end = strchr(text, '\n'), error[AG_ERROR_MAX] = "";
    struct ag_settings settings = {.gateway = "ag.a.example", .impi = "001@ims.example"};
    struct ag_card card = {.run = run_card, .ha1 = make_ha1};
    struct ag *ag;

    memset(&gateway, 0, sizeof gateway);
    if (end)
        *end = '\0';
    gateway.next = end ? end + 1 : NULL;
    gateway.trusted = strchr(text, 't');
    settings.sim_2g = strchr(text + (*text != '\0'), '2');
    settings.no_sim = strchr(text, 'n');
    if (settings.no_sim)
        settings.impi = "carol@a.example";
    ag = ag_open(&settings, &card, error);
    MUST(ag != NULL);
    if (strchr(text, 's'))
        give_session(ag);
    ask(ag, text[0]);
    MUST(strlen(ag_error(ag)) < AG_ERROR_MAX);
    ag_close(ag);
    MUST(gateway.opened == 0);
    free(text);
    return 0;
}
