/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the settings file says, and what it answers to one that is wrong. */
#include "kinds.h"
#include "settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char error[SETTINGS_ERROR_MAX];

static struct settings *parse(const char *text)
{
    return settings_parse(text, strlen(text), "x.conf", error);
}

static void defaults(void **state)
{
    struct settings *s = parse("");

    (void)state;
    assert_non_null(s);
    assert_true(s->enabled);
    assert_int_equal(s->policy, SETTINGS_PREFER);
    assert_int_equal(s->carriage, CARRY_BOTH);
    assert_int_equal(s->ask, ASK_KNOWN);
    assert_false(s->mark_verified);
    assert_int_equal(s->keys, KEYS_AUTO);
    assert_int_equal(s->key_lifetime, 86400);
    assert_null(s->sim);
    assert_null(s->gateway);
    assert_non_null(s->data);
    assert_true(g_strv_contains((const char *const *)s->emergency, "112"));
    assert_true(g_strv_contains((const char *const *)s->emergency, "999"));
    settings_unref(s);
}

/* A password in the place of a SIM: its operator vouches for it, whatever else is wished. */
static void no_sim(void **state)
{
    struct settings *s = parse("[phone]\nsim=digest:/a/password.json\n");

    (void)state;
    assert_non_null(s);
    assert_true(settings_no_sim(s));
    assert_int_equal(s->agent, AGENT_ONLY);
    settings_unref(s);
    assert_null(parse("[phone]\nsim=digest:/a/password.json\nagent=prefer\n"));
    s = parse("[phone]\nsim=soft:/a/sim.json\n");
    assert_false(settings_no_sim(s));
    settings_unref(s);
}

/* Every kind with a place, and alone where that is enough. */
static void kinds_of_sim(void **state)
{
    static const char *const bare[] = {"pcsc", "pcsc-shared", "modemmanager", NULL};

    (void)state;
    for (const struct sim_kind *kind = sim_kinds; kind < sim_kinds + SIM_KINDS; kind++) {
        char *alone = g_strdup_printf("[phone]\nsim=%s\n", kind->name);
        char *placed = g_strdup_printf("[phone]\nsim=%s:/a\n", kind->name);
        struct settings *one = parse(alone), *other = parse(placed);

        assert_int_equal(one != NULL, g_strv_contains(bare, kind->name));
        assert_non_null(other);
        assert_non_null(strstr(SIM_KINDS_WRITTEN, kind->name));
        assert_int_equal(settings_no_sim(other), !strcmp(kind->name, "digest"));
        settings_unref(one);
        settings_unref(other);
        g_free(alone);
        g_free(placed);
    }
}

static void everything(void **state)
{
    struct settings *s =
        parse("# mine\n[phone]\nenabled=false\nsim=soft:/a b/sim.json\n"
              "gateway=ag.example:8443\nca_file=/ca.pem\nlocal_address=10.0.0.1\n"
              "data=/var/x\ncarriage=tag\npolicy=require\nask=everybody\n"
              "mark_verified=true\nkeys=file\nkey_lifetime=90m\nemergency=112;0800\n"
              "[account sip:Me@EXAMPLE.org:5060]\npolicy=off\n"
              "[peer sips:bob@b.example]\npolicy=prefer\nnai=bob@op-b.example\n");

    (void)state;
    assert_non_null(s);
    assert_false(s->enabled);
    assert_string_equal(s->sim, "soft:/a b/sim.json");
    assert_string_equal(s->gateway, "ag.example:8443");
    assert_int_equal(s->carriage, CARRY_TAG);
    assert_int_equal(s->policy, SETTINGS_REQUIRE);
    assert_int_equal(s->ask, ASK_EVERYBODY);
    assert_true(s->mark_verified);
    assert_int_equal(s->keys, KEYS_FILE);
    assert_int_equal(s->key_lifetime, 5400);
    assert_string_equal(s->emergency[1], "0800");
    assert_int_equal(settings_account(s, "sip:Me@example.org")->policy, SETTINGS_OFF);
    assert_string_equal(settings_peer(s, "sip:bob@b.example")->nai, "bob@op-b.example");
    assert_null(settings_peer(s, "sip:carol@b.example"));
    settings_unref(s);
}

static void lifetimes(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {{"0", 0}, {"0s", 0}, {"1s", 1}, {"30m", 1800}, {"7d", 604800}, {"168h", 604800}};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        char *text = g_strdup_printf("[phone]\nkey_lifetime=%s\n", good[i].text);
        struct settings *s = parse(text);
        assert_non_null(s);
        assert_int_equal(s->key_lifetime, good[i].seconds);
        settings_unref(s);
        g_free(text);
    }
}

/* Each mistake names the file, where it is, and the word. */
static void mistakes(void **state)
{
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"[phone]\npolicy=always\n", "[phone] policy=always: must be one of off, prefer, require"},
        {"[phone]\ncarriage=x\n", "[phone] carriage=x: must be one of tag, header, both"},
        {"[phone]\nkeys=yes\n", "[phone] keys=yes: must be one of auto, desktop, file"},
        {"[phone]\nkey_lifetime=8d\n", "[phone] key_lifetime=8d: must be a time such as 24h"},
        {"[phone]\nkey_lifetime=24\n", "[phone] key_lifetime=24: must be a time such as 24h"},
        {"[phone]\nkey_lifetime=-1h\n", "[phone] key_lifetime=-1h: must be a time such as 24h"},
        {"[phone]\nkey_lifetime=99999999999999999999d\n", "must be a time such as 24h"},
        {"[phone]\ndata=simauth\n", "[phone] data=simauth: must begin with \"/\""},
        {"[phone]\ndata=~/simauth\n", "[phone] data=~/simauth: must begin with \"/\""},
        {"[phone]\nenabled=1\n", "[phone] enabled=1: must be one of false, true"},
        {"[phone]\ne2m_servers=a.example\n", "[phone] e2m_servers=a.example: must be DOMAIN=FILE"},
        {"[phone]\ne2m_servers=a.example=a.pem;b.example=b.pem;A.example=c.pem\n",
         "[phone] e2m_servers=A.example=c.pem: each domain once; leave one of its files"},
        {"[phone]\ne2m_authorities=b.example=b.pem;a.example\n",
         "[phone] e2m_authorities=a.example: must be DOMAIN=FILE"},
        {"[phone]\ne2m_parts=a.example=keys\n",
         "[phone] e2m_parts=a.example=keys: must be DOMAIN=all, DOMAIN=addresses"},
        {"[phone]\ne2m_parts==all\n", "[phone] e2m_parts==all: must be DOMAIN=all"},
        {"[phone]\ne2m_accept=b.example;\\q\n", "[phone] e2m_accept: "},
        {"[phone]\ne2m_servers=b.example=\xff\n", "[phone] e2m_servers: "},
        {"[phone]\ne2m_authorities=\\q\n", "[phone] e2m_authorities: "},
        {"[phone]\ne2m_parts=\\q\n", "[phone] e2m_parts: "},
        {"[phone]\nemergency=\\q\n", "[phone] emergency: "},
        {"[phone]\nemergency=112,911\n", "[phone] emergency=112,911: must be NUMBER;NUMBER;..."},
        {"[phone]\nemergency=112;+;911\n", "[phone] emergency=+: must be NUMBER;NUMBER;..."},
        {"[phone]\npolcy=off\n", "[phone] polcy: there is no such key"},
        {"[phnoe]\n", "[phnoe]: there is no such group"},
        {"[phone]\nsim=/sim.json\n", "[phone] sim=/sim.json: must be one of pcsc[:READER], "},
        {"[phone]\nsim=soft\n", "[phone] sim=soft: must be one of "},
        {"[phone]\npin=4711\n", "[phone] pin: must be ask, none or fd:NUMBER"},
        {"[phone]\npin=fd:\n", "[phone] pin: must be ask, none or fd:NUMBER"},
        {"[phone]\nsim=pcsc\npin=fd:3x\n", "[phone] pin: must be ask, none or fd:NUMBER"},
        {"[peer bob]\npolicy=off\n", "\"bob\" is no SIP address"},
        {"[peer sip:bob@b]\nnai=bob\n", "nai=bob: must be user@operator"},
        {"[peer sip:bob@b]\nsim=soft:x\n", "sim: there is no such key"},
        {"[account sip:bob@b]\npolicy=no\n", "policy=no: must be one of"},
        {"[phone]\npolicy=off\nnonsense\n", "line 3"},
        {"policy=off\n", "line 1"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        assert_null(parse(wrong[i].text));
        assert_non_null(strstr(error, "x.conf: "));
        assert_null(strstr(error, "4711")); /* it may have been somebody's PIN */
        if (!strstr(error, wrong[i].says))
            fail_msg("\"%s\" instead of \"%s\"", error, wrong[i].says);
    }
}

static void missing_file(void **state)
{
    (void)state;
    assert_null(settings_read("/nowhere/simauth.conf", error));
    assert_non_null(strstr(error, "/nowhere/simauth.conf"));
    assert_non_null(strstr(error, "simauthctl settings set"));
}

static enum settings_policy fallback(const char *text, const char *good, bool built_in)
{
    struct settings *s =
        settings_fallback(text, text ? strlen(text) : 0, good, "/nowhere/copy", "line 3");
    enum settings_policy policy = s->policy;

    assert_string_equal(s->problem, "line 3");
    assert_int_equal(s->built_in, built_in);
    assert_true(s->enabled);
    if (built_in)
        assert_int_equal(s->ask, ASK_EVERYBODY);
    settings_unref(s);
    return policy;
}

/* What somebody wanted to be protected is not unprotected by a mistake in a file. */
static void nothing_fails_open(void **state)
{
    (void)state;
    assert_int_equal(fallback("[x", "[phone]\npolicy=off\n", false), SETTINGS_OFF);
    assert_int_equal(fallback("[x", NULL, true), SETTINGS_PREFER);
    assert_int_equal(fallback("[peer sip:a@b]\npolicy=require\n[x", NULL, true), SETTINGS_REQUIRE);
    assert_int_equal(fallback(NULL, NULL, true), SETTINGS_REQUIRE);
    assert_int_equal(fallback("[x", "[y", true), SETTINGS_PREFER);
    for (size_t i = 0; i < 2; i++) { /* behind a zero, or in two octets a letter, it says it too */
        static const char text[] = "[x\0require";
        struct settings *s = settings_fallback(text, i ? 3 : sizeof(text), NULL, "/nowhere", "x");

        assert_int_equal(s->policy, SETTINGS_REQUIRE);
        settings_unref(s);
    }
}

static void write_file(const char *path, const char *text, size_t len)
{
    assert_true(g_file_set_contents(path, text, (gssize)len, NULL));
}

/* What a disk or a crash leaves of the file, and a file that cannot be seen: no new settings, and
 * never none at all. The last good text stays what it was. */
static void what_counts(void **state)
{
    static const char said[] = "[phone]\npolicy=require\n", wide[] = "[\0p\0h\0o\0";
    char *folder = g_dir_make_tmp("simauth-XXXXXX", NULL), *good = NULL;
    char *path = g_build_filename(folder, "simauth.conf", NULL);
    char *copy = g_build_filename(folder, "copy", NULL);
    bool fresh = false;

    (void)state;
    assert_true(settings_stamp(path) == 0);
    for (unsigned i = 0; i < 7; i++) {
        static const char zeros[64];
        struct settings *s;

        if (i == 0 || i == 6)
            write_file(path, said, strlen(said));
        else if (i == 1 || i == 5) /* 5: Linphone was started anew meanwhile */
            write_file(path, "", 0);
        else if (i < 4)
            write_file(path, i == 2 ? zeros : wide, i == 2 ? sizeof(zeros) : sizeof(wide));
        else if (i == 4)
            assert_true(unlink(path) == 0 && symlink("simauth.conf", path) == 0);
        if (i == 5) {
            g_clear_pointer(&good, g_free);
            write_file(copy, said, strlen(said));
        }
        assert_true(i == 4 ? settings_stamp(path) == -1 : settings_stamp(path) > 0);
        s = settings_current(path, copy, &good, &fresh, error);
        assert_non_null(s);
        assert_int_equal(s->policy, SETTINGS_REQUIRE);
        assert_false(s->built_in);
        assert_int_equal(!s->problem, i == 0 || i == 6);
        assert_int_equal(fresh, i == 0 || i == 6);
        if (i != 5)
            assert_string_equal(good, said);
        if (s->problem)
            assert_non_null(strstr(s->problem, path));
        settings_unref(s);
        if (i == 4)
            assert_true(unlink(path) == 0);
    }
    g_clear_pointer(&good, g_free);
    assert_true(unlink(path) == 0 && unlink(copy) == 0);
    write_file(path, "", 0); /* nothing ever stood there: a phone with everything as it comes */
    settings_unref(settings_current(path, copy, &good, &fresh, error));
    assert_true(fresh && !*good);
    assert_true(unlink(path) == 0 && rmdir(folder) == 0);
    g_free(good);
    g_free(copy);
    g_free(path);
    g_free(folder);
}

/* What counts for a file with this text when nothing good was ever read. */
static void is_as_strict(const char *text, size_t len)
{
    struct settings *s = settings_parse(text, len, "x.conf", error);

    if (!s)
        s = settings_fallback(text, len, NULL, "/nowhere/copy", error);
    assert_non_null(s);
    if (memmem(text, len, "require", strlen("require")))
        assert_int_equal(s->policy, SETTINGS_REQUIRE);
    settings_unref(s);
}

/* Every prefix, and every octet turned over: what still says `require` is never less. */
static void hostile_text(void **state)
{
    char text[] = "[phone]\npolicy=require\nsim=soft:x\n[peer sip:bob@b.example]\nnai=bob@b.x\n";
    size_t len = strlen(text);

    (void)state;
    for (size_t i = 0; i < len; i++) {
        is_as_strict(text, i);
        text[i] ^= (char)0x80;
        is_as_strict(text, len);
        text[i] ^= (char)0x80;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),     cmocka_unit_test(everything),
        cmocka_unit_test(no_sim),       cmocka_unit_test(kinds_of_sim),
        cmocka_unit_test(lifetimes),    cmocka_unit_test(mistakes),
        cmocka_unit_test(missing_file), cmocka_unit_test(nothing_fails_open),
        cmocka_unit_test(what_counts),  cmocka_unit_test(hostile_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
