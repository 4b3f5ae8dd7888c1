/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every rule of docs/protocol.md section 7 that is decided before anything is asked. */
#include "policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ALICE "sip:alice@a.example"
#define BOB "sip:bob@b.example"
#define NOW 1700000000

static char error[SETTINGS_ERROR_MAX];

static struct policy_answer ask_with(const char *text, struct pins *pins,
                                     struct policy_question question)
{
    struct settings *settings = settings_parse(text, strlen(text), "x.conf", error);
    struct pins *none = pins_open("/nowhere", error);
    struct policy_answer answer;

    assert_non_null(settings);
    question.settings = settings;
    question.pins = pins ? pins : none;
    question.now = NOW;
    if (!question.own_uri)
        question.own_uri = ALICE;
    if (!question.peer_uri)
        question.peer_uri = BOB;
    if (!question.own_nai)
        question.own_nai = "";
    policy_decide(&question, &answer);
    pins_close(none);
    settings_unref(settings);
    return answer;
}

static struct policy_answer outgoing(const char *text, struct pins *pins)
{
    return ask_with(text, pins, (struct policy_question){.outgoing = true});
}

static struct policy_answer incoming(const char *text, struct pins *pins)
{
    return ask_with(text, pins, (struct policy_question){.outgoing = false});
}

static void assert_policy(struct policy_answer answer, enum simauth_policy policy)
{
    assert_int_equal(answer.what, POLICY_ELEMENTS);
    assert_int_equal(answer.policy, policy);
}

static struct pins *pinned(void)
{
    struct pins *pins = pins_open("/nowhere", error);
    struct pin pin = {.aor = BOB, .nai = "bob@op-b.example", .operator_name = "B"};

    pin.method = simauth_method_find("aka", 3);
    pins_learn(pins, &pin);
    return pins;
}

static void order_of_settings(void **state)
{
    (void)state;
    assert_policy(incoming("", NULL), SIMAUTH_PREFER);
    assert_policy(incoming("[phone]\npolicy=require\n", NULL), SIMAUTH_REQUIRE);
    assert_policy(incoming("[account " ALICE "]\npolicy=require\n", NULL), SIMAUTH_REQUIRE);
    assert_policy(incoming("[phone]\npolicy=off\n[peer " BOB "]\npolicy=prefer\n", NULL),
                  SIMAUTH_PREFER);
    assert_int_equal(incoming("[phone]\npolicy=off\n", NULL).what, POLICY_UNTOUCHED);
    assert_int_equal(incoming("[account " ALICE "]\npolicy=off\n", NULL).what, POLICY_UNTOUCHED);
}

/* Another address of the SIM has no settings of its own: the strictest account's count. */
static void alias(void **state)
{
    static const char strict[] =
        "[account " ALICE "]\npolicy=require\n[account sip:x@y]\npolicy=off\n";
    struct policy_question question = {.own_uri = "sip:also@a.example", .own_is_alias = true};

    (void)state;
    assert_policy(ask_with(strict, NULL, question), SIMAUTH_REQUIRE);
    assert_policy(ask_with("[account " ALICE "]\npolicy=off\n", NULL, question), SIMAUTH_PREFER);
    assert_policy(ask_with("[account sip:also@a.example]\npolicy=prefer\n[account " ALICE
                           "]\npolicy=require\n",
                           NULL, question),
                  SIMAUTH_PREFER);
    question.own_is_alias = false; /* an account without settings of its own */
    assert_policy(ask_with(strict, NULL, question), SIMAUTH_PREFER);
}

/* A pinned peer never falls back by itself; only the person's own "off" for it is stronger. */
static void pin_raises(void **state)
{
    struct pins *pins = pinned();
    struct policy_answer answer = incoming("", pins);
    struct policy_question spelled = {.peer_uri = "sips:b%6fb@B.example.:5061;transport=tls"};

    (void)state;
    assert_policy(answer, SIMAUTH_REQUIRE);
    assert_policy(ask_with("", pins, spelled), SIMAUTH_REQUIRE); /* the same address */
    assert_string_equal(answer.peer_nai, "bob@op-b.example");
    assert_true(answer.strength > 0);
    assert_policy(outgoing("", pins), SIMAUTH_REQUIRE);
    assert_policy(incoming("[peer " BOB "]\npolicy=prefer\n", pins), SIMAUTH_REQUIRE);
    assert_int_equal(incoming("[peer " BOB "]\npolicy=off\n", pins).what, POLICY_UNTOUCHED);
    pins_close(pins);
}

static void continue_once(void **state)
{
    struct pins *pins = pinned();
    struct policy_question question = {.outgoing = true, .once = true};
    struct policy_answer answer = ask_with("", pins, question);

    (void)state;
    assert_policy(answer, SIMAUTH_CONTINUE);
    assert_string_equal(answer.peer_nai, "bob@op-b.example");
    pins_close(pins);
    /* who is asked about all calls is asked about this one too, or its repeat is another call */
    assert_policy(ask_with("[phone]\npolicy=require\n", NULL, question), SIMAUTH_CONTINUE);
    assert_int_equal(ask_with("", NULL, question).what, POLICY_UNTOUCHED);
    pins = pins_open("/nowhere", error);
    pins_set_nobody(pins, BOB, NOW);
    assert_policy(ask_with("[phone]\npolicy=require\n", pins, question), SIMAUTH_CONTINUE);
    pins_close(pins);
}

static void whom_to_ask(void **state)
{
    struct pins *pins = pinned();
    struct policy_question carol = {.outgoing = true, .peer_uri = "sip:carol@op-b.example"};
    struct policy_question near = {.outgoing = true, .own_nai = "alice@b.example"};

    (void)state;
    assert_int_equal(outgoing("", NULL).what, POLICY_UNTOUCHED);
    assert_policy(outgoing("[phone]\nask=everybody\n", NULL), SIMAUTH_PREFER);
    assert_policy(outgoing("[phone]\npolicy=require\n", NULL), SIMAUTH_REQUIRE);
    assert_policy(outgoing("[peer " BOB "]\n", NULL), SIMAUTH_PREFER);
    assert_policy(outgoing("[peer " BOB "]\nask=yes\n", NULL), SIMAUTH_PREFER);
    assert_policy(outgoing("[peer sip:x@y]\nnai=x@b.example\n", NULL), SIMAUTH_PREFER);
    assert_policy(ask_with("", pins, carol), SIMAUTH_PREFER);
    assert_int_equal(ask_with("", NULL, carol).what, POLICY_UNTOUCHED);
    assert_policy(ask_with("", NULL, near), SIMAUTH_PREFER);
    pins_close(pins);
}

/* That an address is asked about makes no call with it, in either direction, less strict. */
static void asked_about(void **state)
{
    static const char account[] = "[account " ALICE "]\npolicy=require\n[peer " BOB "]\nask=yes\n";
    static const char phone[] = "[phone]\npolicy=require\n[peer " BOB "]\nask=yes\n";
    static const char never[] = "[peer " BOB "]\nask=no\n";
    struct policy_question alias = {.own_uri = "sip:also@a.example", .own_is_alias = true};

    (void)state;
    assert_policy(incoming(account, NULL), SIMAUTH_REQUIRE);
    assert_policy(outgoing(account, NULL), SIMAUTH_REQUIRE);
    assert_policy(ask_with(account, NULL, alias), SIMAUTH_REQUIRE);
    assert_policy(incoming(phone, NULL), SIMAUTH_REQUIRE);
    assert_policy(outgoing(phone, NULL), SIMAUTH_REQUIRE);
    assert_int_equal(outgoing("[phone]\npolicy=off\n[peer " BOB "]\nask=yes\n", NULL).what,
                     POLICY_UNTOUCHED);
    assert_null(settings_parse(never, strlen(never), "x.conf", error));
}

static bool anyway(const char *text, const struct pins *pins, const char *own_nai)
{
    struct settings *s = settings_parse(text, strlen(text), "x.conf", error);
    struct pins *none = pins_open("/nowhere", error);
    bool asked;

    assert_non_null(s);
    asked = policy_asks_anyway(s, pins ? pins : none, own_nai, BOB);
    pins_close(none);
    settings_unref(s);
    return asked;
}

/* What to take back: where it changes nothing, nobody is to be told that it did. */
static void asked_about_anyway(void **state)
{
    struct pins *pins = pinned();

    (void)state;
    assert_false(anyway("", NULL, ""));
    assert_false(anyway("[peer " BOB "]\nask=yes\n", NULL, ""));
    assert_true(anyway("[peer " BOB "]\nask=yes\nfirst_key=true\n", NULL, ""));
    assert_true(anyway("[peer " BOB "]\nask=yes\ne2m=prefer\n", NULL, ""));
    assert_true(anyway("[peer " BOB "]\nask=yes\nnai=bob@op-b.example\n", NULL, ""));
    assert_true(anyway("[peer " BOB "]\nask=yes\n[peer sip:x@y]\nnai=x@b.example\n", NULL, ""));
    assert_true(anyway("[phone]\nask=everybody\n[peer " BOB "]\nask=yes\n", NULL, ""));
    assert_true(anyway("[phone]\npolicy=require\n[peer " BOB "]\nask=yes\n", NULL, ""));
    assert_false(anyway("[phone]\npolicy=require\n[account " ALICE "]\npolicy=prefer\n", NULL, ""));
    assert_true(anyway("[peer " BOB "]\nask=yes\n", pins, ""));
    assert_true(anyway("[peer " BOB "]\nask=yes\n", NULL, "alice@b.example"));
    pins_close(pins);
}

/* Who is known cannot be read: nobody falls back. */
static void lost_pins(void **state)
{
    struct pins *lost = pins_open_lost("/nowhere");

    (void)state;
    assert_policy(outgoing("[phone]\nask=everybody\n", lost), SIMAUTH_REQUIRE);
    assert_policy(incoming("", lost), SIMAUTH_REQUIRE);
    assert_int_equal(incoming("[phone]\npolicy=off\n", lost).what, POLICY_UNTOUCHED);
    assert_false(pins_save(lost, error));
    pins_close(lost);
}

static void nobody_for_a_day(void **state)
{
    struct pins *pins = pins_open("/nowhere", error);
    const char *everybody = "[phone]\nask=everybody\n";

    (void)state;
    pins_set_nobody(pins, BOB, NOW - PINS_NOBODY_S + 1);
    assert_int_equal(outgoing(everybody, pins).what, POLICY_UNTOUCHED);
    assert_policy(outgoing("[phone]\npolicy=require\n", pins), SIMAUTH_REQUIRE);
    pins_set_nobody(pins, BOB, NOW - PINS_NOBODY_S);
    assert_policy(outgoing(everybody, pins), SIMAUTH_PREFER);
    pins_close(pins);
}

static void anonymous_call(void **state)
{
    struct policy_question question = {.outgoing = true, .anonymous = true};
    struct policy_answer strict = ask_with("[phone]\npolicy=require\n", NULL, question);

    (void)state;
    assert_policy(strict, SIMAUTH_REQUIRE);
    assert_true(strict.hidden);
    assert_int_equal(ask_with("[phone]\nask=everybody\n", NULL, question).what, POLICY_UNTOUCHED);
    question.once = true;
    strict = ask_with("[phone]\npolicy=require\n", NULL, question);
    assert_policy(strict, SIMAUTH_CONTINUE);
    assert_true(strict.hidden);
    question.once = false;
    question.outgoing = false; /* an anonymous caller is judged like any that proves nothing */
    assert_policy(ask_with("[phone]\npolicy=require\n", NULL, question), SIMAUTH_REQUIRE);
}

/* A name that nothing can be compared with belongs to nobody: `require` is as strict as ever. */
static void no_address(void **state)
{
    static const char *const names[] = {"sip:eve@under_score.example", "urn:evil:eve", "",
                                        "tel:12;phone-context=evil.example"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct policy_question question = {.peer_uri = names[i]};
        struct policy_answer answer = ask_with("[phone]\npolicy=require\n", NULL, question);

        assert_policy(answer, SIMAUTH_REQUIRE);
        assert_string_equal(answer.peer, "sip:nobody@nobody.invalid");
        question = (struct policy_question){.own_uri = names[i], .outgoing = true};
        assert_policy(ask_with("[phone]\npolicy=require\n", NULL, question), SIMAUTH_REQUIRE);
        assert_int_equal(ask_with("", NULL, question).what, POLICY_UNTOUCHED);
    }
}

/* Never held, changed or refused, whatever the policy. */
static void emergency(void **state)
{
    static const char *const calls[] = {"sip:112@a.example",
                                        "sip:911@x;user=phone",
                                        "tel:110",
                                        "sips:9-1-1@x",
                                        "urn:service:sos",
                                        "urn:service:sos.police",
                                        "URN:SERVICE:SOS.ambulance"};
    static const char *const others[] = {"sip:1123@a.example", "sip:alice112@x",
                                         "urn:service:sosbar", "sip:bob@112"};
    const char *require = "[phone]\npolicy=require\nask=everybody\n";

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
        struct policy_question question = {.outgoing = true, .peer_uri = calls[i]};
        struct policy_question routed = {.outgoing = true, .request_uri = calls[i]};
        assert_int_equal(ask_with(require, NULL, question).what, POLICY_UNTOUCHED);
        assert_int_equal(ask_with(require, NULL, routed).what, POLICY_UNTOUCHED);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        struct settings *settings = settings_parse("", 0, "x.conf", error);
        assert_false(policy_is_emergency(settings, NULL, others[i]));
        settings_unref(settings);
    }
}

/* However the person wrote their list, it means the numbers; and it takes 112 and 911 away from
 * nobody. */
static void emergency_list(void **state)
{
    static const char *const lists[] = {"112; 911 ;0800", "0-8-0-0", " (0)8.00 ;*55#;+0800", ""};
    static const struct {
        const char *uri;
        unsigned lists; /* bit i: of lists[i] */
    } calls[] = {{"sip:112@x", 15}, {"sip:911@x", 15},  {"tel:0-800", 7}, {"sip:0800@x", 7},
                 {"sip:*55#@x", 4}, {"sip:+0800@x", 4}, {"sip:999@x", 0}, {"sip:1129110800@x", 0}};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        char *text = g_strdup_printf("[phone]\nemergency=%s\n", lists[i]);
        struct settings *settings = settings_parse(text, strlen(text), "x.conf", error);

        assert_non_null(settings);
        for (size_t j = 0; j < G_N_ELEMENTS(calls); j++)
            assert_int_equal(policy_is_emergency(settings, NULL, calls[j].uri),
                             calls[j].lists >> i & 1);
        settings_unref(settings);
        g_free(text);
    }
}

/* A built-in number besides 112 and 911 may be somebody's extension: whoever is named or known by a
 * SIM is that one, unless the person's own list says otherwise. */
static void emergency_of_somebody(void **state)
{
    static const struct {
        const char *text, *uri;
        bool pinned, touched;
    } rows[] = {
        {"[peer sip:110@b.example]\npolicy=require\n", "sip:110@b.example", false, true},
        {"[peer sip:110@b.example]\n", "sips:110@b.example;transport=tls", false, true},
        {"", "sip:110@b.example", true, true},
        {"", "sip:110@b.example", false, false},
        {"[peer sip:110@b.example]\n", "sip:110@c.example", true, false},
        {"[phone]\nemergency=110\n[peer sip:110@b.example]\n", "sip:110@b.example", true, false},
        {"[peer sip:112@b.example]\npolicy=require\n", "sip:112@b.example", false, false},
        {"[peer sip:911@b.example]\npolicy=require\n", "sip:911@b.example", false, false},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct pins *pins = pins_open("/nowhere", error);
        struct policy_question question = {
            .outgoing = true, .peer_uri = rows[i].uri, .request_uri = rows[i].uri};
        struct pin pin = {
            .nai = "x@b.example", .method = simauth_method_find("aka", 3), .last = NOW};

        g_strlcpy(pin.aor, "sip:110@b.example", sizeof(pin.aor));
        if (rows[i].pinned)
            pins_learn(pins, &pin);
        assert_int_equal(ask_with(rows[i].text, pins, question).what,
                         rows[i].touched ? POLICY_ELEMENTS : POLICY_UNTOUCHED);
        pins_close(pins);
    }
}

/* What is never touched is more than what lets strangers ring: a number that is built in may be a
 * neighbour's extension. */
static void emergency_opens(void **state)
{
    static const struct {
        const char *text, *uri;
        bool opens;
    } rows[] = {
        {"", "urn:service:sos.fire", true},
        {"", "sip:112@b.example", true},
        {"", "tel:911", true},
        {"", "sip:999@b.example", true},
        {"", "sip:000@b.example", true},
        {"", "sip:15@b.example", false},
        {"", "sip:118@b.example", false},
        {"", "tel:110", false},
        {"", "sip:995@b.example", false},
        {"[peer sip:999@b.example]\n", "sip:999@b.example", false},
        {"[phone]\nemergency=110;15\n", "sip:110@b.example", true},
        {"[phone]\nemergency=110;15\n", "sip:15@b.example", true},
        {"[phone]\nemergency=110;15\n", "sip:999@b.example", false},
        {"[phone]\nemergency=110;15\n", "sip:112@b.example", true},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct settings *settings =
            settings_parse(rows[i].text, strlen(rows[i].text), "x.conf", error);

        assert_int_equal(policy_opens_call_back(settings, NULL, rows[i].uri), rows[i].opens);
        settings_unref(settings);
    }
    assert_int_equal(
        ask_with("", NULL,
                 (struct policy_question){.outgoing = true, .peer_uri = "sip:118@b.example"})
            .what,
        POLICY_UNTOUCHED);
}

static bool may_call_back(const char *text, const struct pins *pins, int64_t left, int64_t now)
{
    struct settings *settings = settings_parse(text, strlen(text), "x.conf", error);
    bool may = policy_may_call_back(settings, pins, BOB, left, now);

    settings_unref(settings);
    return may;
}

/* After an emergency call, for a while, strangers get through; the others are as ever. */
static void called_back(void **state)
{
    static const struct {
        int64_t left, now;
        bool may;
    } rows[] = {{0, 100, false},
                {100, 100, true},
                {100, 100 + POLICY_CALL_BACK_S - 1, true},
                {100, 100 + POLICY_CALL_BACK_S, false},
                {100, 99, false}};
    static const char require[] = "[phone]\npolicy=require\nask=everybody\n";
    struct policy_question back = {.called_back = true},
                           out = {.called_back = true, .outgoing = true};
    struct pins *pins = pinned();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_int_equal(may_call_back("", NULL, rows[i].left, rows[i].now), rows[i].may);
    assert_false(may_call_back("", pins, 100, 100));
    assert_false(may_call_back("[peer sip:bob@b.example]\npolicy=prefer\n", NULL, 100, 100));
    assert_true(may_call_back("[peer sip:carol@b.example]\npolicy=require\n", NULL, 100, 100));
    assert_policy(ask_with(require, NULL, back), SIMAUTH_PREFER);
    assert_policy(ask_with(require, NULL, out), SIMAUTH_REQUIRE);
    assert_int_equal(ask_with("[phone]\npolicy=off\n", NULL, back).what, POLICY_UNTOUCHED);
    pins_close(pins);
}

/* Pins that cannot be read name nobody: the emergency services have to get through. */
static void called_back_lost_pins(void **state)
{
    struct policy_question back = {.called_back = true}, none = {0};
    struct pins *pins = pins_open_lost("/nowhere");

    (void)state;
    assert_true(may_call_back("", pins, 100, 100));
    assert_false(may_call_back("[peer sip:bob@b.example]\npolicy=prefer\n", pins, 100, 100));
    assert_policy(ask_with("", pins, back), SIMAUTH_PREFER);
    assert_policy(ask_with("", pins, none), SIMAUTH_REQUIRE);
    pins_close(pins);
}

/* The servers between: who calls chooses neither From nor To so that less is asked. */
static void sips(void **state)
{
    static const char text[] = "[phone]\nsips=off\n[account sip:me@a.example]\nsips=require\n"
                               "[account sip:other@a.example]\nsips=prefer\n"
                               "[peer sip:easy@b.example]\nsips=off\n"
                               "[peer sip:strict@b.example]\nsips=require\n";
    static const struct {
        const char *own, *peer;
        bool outgoing;
        enum settings_policy policy;
    } rows[] = {
        {"sip:me@a.example", "sip:bob@b.example", true, SETTINGS_REQUIRE},
        {"sips:me@a.example", "sips:bob@b.example", false, SETTINGS_REQUIRE},
        {"sip:me@a.example", "sip:easy@b.example", true, SETTINGS_OFF},
        {"sip:me@a.example", "sip:easy@b.example", false, SETTINGS_REQUIRE},
        {"sip:other@a.example", "sip:strict@b.example", false, SETTINGS_REQUIRE},
        {"sip:other@a.example", "sip:bob@b.example", false, SETTINGS_PREFER},
        {"sip:nobody@10.0.0.1", "sip:bob@b.example", false, SETTINGS_REQUIRE},
        {"", "", false, SETTINGS_REQUIRE},
    };
    struct settings *settings = settings_parse(text, strlen(text), "x.conf", error);

    (void)state;
    assert_non_null(settings);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_int_equal(policy_sips(settings, rows[i].own, rows[i].peer, rows[i].outgoing),
                         rows[i].policy);
    settings_unref(settings);
    assert_null(settings_parse("[phone]\nsips=yes\n", 17, "x.conf", error));
    assert_non_null(strstr(error, "sips=yes: must be one of off, prefer, require"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_of_settings),
        cmocka_unit_test(alias),
        cmocka_unit_test(pin_raises),
        cmocka_unit_test(continue_once),
        cmocka_unit_test(whom_to_ask),
        cmocka_unit_test(asked_about),
        cmocka_unit_test(asked_about_anyway),
        cmocka_unit_test(lost_pins),
        cmocka_unit_test(nobody_for_a_day),
        cmocka_unit_test(anonymous_call),
        cmocka_unit_test(no_address),
        cmocka_unit_test(emergency),
        cmocka_unit_test(emergency_list),
        cmocka_unit_test(emergency_of_somebody),
        cmocka_unit_test(emergency_opens),
        cmocka_unit_test(called_back),
        cmocka_unit_test(sips),
        cmocka_unit_test(called_back_lost_pins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
