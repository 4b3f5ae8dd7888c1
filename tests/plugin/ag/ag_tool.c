/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ag_*() on standard input and output, for tests in another language. A command is a JSON object in
 * a line:
 * {"do":"open","gateway":..,"impi":..,"ca":..,"local":..,"ms":..,"2g":true,"no_sim":true,"card":..},
 * {"do":"bootstrap"}, {"do":"self"}, {"do":"vector",..}, {"do":"challenge","element":..},
 * {"do":"resync","rand":..,"auts":..}, {"do":"card","rand":..,"autn":..}, {"do":"close"}. Each is
 * answered with one object in a line.
 */
#include "ag_tool.h"

#include <ag_private.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ag *ag;
static struct tool_card card;

static const char *status_name(enum ag_status status)
{
    static const char *const names[] = {
        [AG_OK] = "AG_OK",           [AG_REFUSED] = "AG_REFUSED",
        [AG_NOBODY] = "AG_NOBODY",   [AG_DOWN] = "AG_DOWN",
        [AG_GARBAGE] = "AG_GARBAGE", [AG_BAD_VECTOR] = "AG_BAD_VECTOR",
        [AG_NO_CARD] = "AG_NO_CARD", [AG_NO_METHOD] = "AG_NO_METHOD",
    };

    return names[status];
}

static const char *text(const json_t *command, const char *name)
{
    return json_string_value(json_object_get(command, name));
}

static void put_octets(json_t *answer, const char *name, const uint8_t *octets, size_t len)
{
    char b64u[SIMAUTH_B64U_LEN(128) + 1];

    simauth_b64u_encode(octets, len, b64u);
    json_object_set_new(answer, name, json_string(b64u));
}

/* The length of what `name` holds, 0 when it is missing. */
static size_t get_octets(const json_t *command, const char *name, uint8_t *octets, size_t len)
{
    const char *value = text(command, name);

    if (!value)
        return 0;
    return simauth_b64u_decode(value, strlen(value), octets, len) == SIMAUTH_OK ? len : 0;
}

static void put_challenge(json_t *answer, const char *name, const struct simauth_challenge *c)
{
    json_t *object = json_object();

    if (c->method)
        json_object_set_new(object, "method", json_string(c->method->name));
    put_octets(object, "rand", c->rand, c->rand_len);
    if (c->has_autn)
        put_octets(object, "autn", c->autn, sizeof c->autn);
    json_object_set_new(answer, name, object);
}

static void put_status(json_t *answer, enum ag_status status)
{
    json_object_set_new(answer, "status", json_string(status_name(status)));
    json_object_set_new(answer, "error", json_string(ag_error(ag)));
}

static void do_open(const json_t *command, json_t *answer)
{
    const struct ag_settings settings = {
        .gateway = text(command, "gateway"),
        .impi = text(command, "impi"),
        .ca_file = text(command, "ca"),
        .local_address = text(command, "local"),
        .request_ms = (unsigned)json_integer_value(json_object_get(command, "ms")),
        .sim_2g = json_is_true(json_object_get(command, "2g")),
        .no_sim = json_is_true(json_object_get(command, "no_sim")),
    };
    const struct ag_card ways = {tool_card_run, tool_card_ha1, &card};
    char error[AG_ERROR_MAX] = "";

    ag_close(ag);
    ag = NULL;
    tool_card_close(&card);
    if (tool_card_open(&card, text(command, "card"), error))
        ag = ag_open(&settings, &ways, error);
    json_object_set_new(answer, "status", json_string(ag ? "AG_OK" : "none"));
    json_object_set_new(answer, "error", json_string(error));
}

static void do_self(json_t *answer)
{
    struct ag_self self;
    enum ag_status status = ag_self(ag, &self);
    json_t *aors = json_array();

    put_status(answer, status);
    for (size_t i = 0; i < self.aor_count; i++)
        json_array_append_new(aors, json_string(self.aors[i]));
    json_object_set_new(answer, "aors", aors);
    json_object_set_new(answer, "nai", json_string(self.nai));
    json_object_set_new(answer, "operator", json_string(self.operator_name));
    json_object_set_new(answer, "realm", json_string(self.realm));
    json_object_set_new(answer, "time", json_integer(self.time));
}

static json_t *price_json(const struct ag_price *price)
{
    return price->known ? json_pack("[I, I]", (json_int_t)price->least, (json_int_t)price->most)
                        : json_null();
}

static void do_prices(json_t *answer)
{
    struct ag_prices prices;

    put_status(answer, ag_prices(ag, &prices));
    json_object_set_new(answer, "first", price_json(&prices.first));
    json_object_set_new(answer, "again", price_json(&prices.again));
    json_object_set_new(answer, "currency", json_string(prices.currency));
    json_object_set_new(answer, "words", json_string(prices.words));
}

static void do_vector(const json_t *command, json_t *answer)
{
    uint8_t seal_to[SIMAUTH_X25519_LEN], rand[SIMAUTH_RAND_LEN], replaced[SIMAUTH_RAND_LEN];
    struct ag_vector_request request = {
        .subject = strcmp(text(command, "subject"), "callee") == 0 ? SIMAUTH_SUBJECT_CALLEE
                                                                   : SIMAUTH_SUBJECT_CALLER,
        .caller = text(command, "caller"),
        .callee = text(command, "callee"),
        .callee_nai = text(command, "callee_nai"),
        .seal_to = seal_to,
    };
    struct ag_vector vector;

    memset(seal_to, 7, sizeof seal_to);
    request.rand_len = get_octets(command, "rand", rand, sizeof rand);
    request.rand = request.rand_len ? rand : NULL;
    request.replaced_len = get_octets(command, "replaced", replaced, sizeof replaced);
    request.replaced = request.replaced_len ? replaced : NULL;
    put_status(answer, ag_vector(ag, &request, &vector));
    put_challenge(answer, "own", &vector.own);
    put_challenge(answer, "challenge", &vector.vector.challenge);
    json_object_set_new(answer, "nai", json_string(vector.nai));
    json_object_set_new(answer, "nai_a", json_string(vector.vector.nai_a));
    json_object_set_new(answer, "nai_b", json_string(vector.vector.nai_b));
    json_object_set_new(answer, "realm", json_string(vector.statement.realm));
    json_object_set_new(answer, "signer", json_string(vector.statement.name));
    json_object_set_new(answer, "checks", json_integer(ag->statements.checks));
    ag_vector_clear(&vector);
}

/* Wipes it. */
static void put_key(json_t *answer, struct simauth_secret *key)
{
    uint8_t digest[32];

    json_object_set_new(answer, "key_len", json_integer(key->len));
    SHA256(key->octets, key->len, digest); /* enough for a test, and no key on standard output */
    put_octets(answer, "key_digest", digest, sizeof digest);
    simauth_secret_wipe(key);
}

static void do_challenge(const json_t *command, json_t *answer)
{
    struct simauth_element element;
    struct simauth_confirmation confirmation;
    struct simauth_secret mac0_key = {0};
    char own_nai[SIMAUTH_NAI_MAX + 1];
    const char *token = text(command, "element");

    if (simauth_element_parse(&element, SIMAUTH_ELEMENT_1, token, strlen(token)) != SIMAUTH_OK) {
        json_object_set_new(answer, "status", json_string("malformed"));
        return;
    }
    put_status(answer, ag_challenge(ag, &element, &confirmation, own_nai, &mac0_key));
    put_challenge(answer, "own", &confirmation.challenge);
    json_object_set_new(answer, "caller", json_string(confirmation.caller));
    json_object_set_new(answer, "callee", json_string(confirmation.callee));
    json_object_set_new(answer, "nai_a", json_string(confirmation.nai_a));
    json_object_set_new(answer, "nai_b", json_string(confirmation.nai_b));
    json_object_set_new(answer, "operator", json_string(confirmation.operator_name));
    json_object_set_new(answer, "nai", json_string(own_nai));
    put_key(answer, &mac0_key);
}

static void do_resync(const json_t *command, json_t *answer)
{
    struct simauth_challenge refused = {.method = simauth_method_find("aka", 3)}, own;
    struct simauth_secret key = {0};
    uint8_t auts[SIMAUTH_AUTS_LEN];

    refused.rand_len = (uint8_t)get_octets(command, "rand", refused.rand, SIMAUTH_RAND_LEN);
    get_octets(command, "auts", auts, sizeof auts);
    put_status(answer, ag_resync(ag, &refused, auts, &own, &key));
    put_challenge(answer, "own", &own);
    put_key(answer, &key);
}

/* The SIM alone, with a challenge that the gateway gave. */
static void do_card(const json_t *command, json_t *answer)
{
    struct simauth_challenge c = {.method = simauth_method_find("aka", 3), .has_autn = true};
    struct simauth_card_answer said;

    c.rand_len = (uint8_t)get_octets(command, "rand", c.rand, SIMAUTH_RAND_LEN);
    get_octets(command, "autn", c.autn, sizeof c.autn);
    json_object_set_new(answer, "card", json_integer(tool_card_run(&card, &c, &said)));
    if (said.status == SIMAUTH_CARD_RESYNC)
        put_octets(answer, "auts", said.auts, sizeof said.auts);
    simauth_card_answer_wipe(&said);
}

static void run(const json_t *command, json_t *answer)
{
    const char *verb = text(command, "do");

    if (strcmp(verb, "open") == 0)
        do_open(command, answer);
    else if (!ag)
        json_object_set_new(answer, "status", json_string("none"));
    else if (strcmp(verb, "bootstrap") == 0)
        put_status(answer, ag_bootstrap(ag));
    else if (strcmp(verb, "self") == 0)
        do_self(answer);
    else if (strcmp(verb, "prices") == 0)
        do_prices(answer);
    else if (strcmp(verb, "vector") == 0)
        do_vector(command, answer);
    else if (strcmp(verb, "challenge") == 0)
        do_challenge(command, answer);
    else if (strcmp(verb, "resync") == 0)
        do_resync(command, answer);
    else if (strcmp(verb, "card") == 0)
        do_card(command, answer);
}

int main(void)
{
    char line[16384];

    signal(SIGPIPE, SIG_DFL); /* a test must not hide that the client would end the phone */
    while (fgets(line, sizeof line, stdin)) {
        json_t *command = json_loads(line, 0, NULL), *answer = json_object();
        int64_t begin = ag_clock_ms();

        if (!text(command, "do") || strcmp(text(command, "do"), "close") == 0)
            break;
        run(command, answer);
        json_object_set_new(answer, "ms", json_integer(ag_clock_ms() - begin));
        json_object_set_new(answer, "card_runs", json_integer(card.runs));
        json_dumpf(answer, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
        json_decref(command);
        json_decref(answer);
    }
    ag_close(ag);
    tool_card_close(&card);
    return 0;
}
