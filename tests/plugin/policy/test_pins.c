/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is learned stays learned, in one file that is whole or not there. */
#include "pins.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char error[512];

static int make_folder(void **state)
{
    char *base = g_dir_make_tmp("simauth-pins-XXXXXX", NULL);

    *state = g_build_filename(base, "simauth", NULL);
    g_free(base);
    return 0;
}

static int remove_folder(void **state)
{
    char *folder = *state, *file = g_build_filename(folder, "pins.json", NULL);
    char *base = g_path_get_dirname(folder), *lock = g_strconcat(file, ".lock", NULL);

    g_unlink(file);
    g_unlink(lock);
    g_rmdir(folder);
    g_rmdir(base);
    g_free(file);
    g_free(lock);
    g_free(base);
    g_free(folder);
    return 0;
}

static struct pin bob(const char *nai, int64_t when)
{
    struct pin pin = {.aor = "sip:bob@b.example", .operator_name = "Operator B"};

    g_strlcpy(pin.nai, nai, sizeof(pin.nai));
    pin.method = simauth_method_find("aka", 3);
    pin.since = pin.last = when;
    return pin;
}

static void learned_and_read_again(void **state)
{
    struct pins *pins = pins_open(*state, error);
    struct pin first = bob("bob@b", 100), second = bob("bob@b", 200);

    assert_non_null(pins);
    assert_int_equal(pins_count(pins), 0);
    pins_learn(pins, &first);
    pins_learn(pins, &second);
    pins_set_nobody(pins, "sip:carol@c", 300);
    assert_true(pins_set_opens(pins, "sip:dan@d", 300));
    assert_false(pins_set_opens(pins, "sip:dan@d", 301)); /* nothing to write again */
    assert_true(pins_save(pins, error));
    pins_close(pins);
    pins = pins_open(*state, error);
    assert_non_null(pins);
    assert_int_equal(pins_count(pins), 1);
    assert_int_equal(pins_at(pins, 0)->since, 100);
    assert_int_equal(pins_at(pins, 0)->last, 200);
    assert_string_equal(pins_at(pins, 0)->operator_name, "Operator B");
    assert_true(pins_is_nobody(pins, "sip:carol@c", 300 + PINS_NOBODY_S - 1));
    assert_false(pins_is_nobody(pins, "sip:carol@c", 300 + PINS_NOBODY_S));
    assert_false(pins_is_nobody(pins, "sip:carol@c", 299)); /* the clock went back: ask again */
    assert_true(pins_opens(pins, "sip:dan@d"));
    assert_false(pins_opens(pins, "sip:carol@c"));
    assert_true(pins_forget(pins, "sip:dan@d"));
    assert_false(pins_opens(pins, "sip:dan@d"));
    assert_true(pins_know_realm(pins, "b"));
    assert_false(pins_know_realm(pins, "c"));
    pins_close(pins);
}

static void closed_to_others(void **state)
{
    struct pins *pins = pins_open(*state, error);
    char *file = g_build_filename(*state, "pins.json", NULL);
    struct stat about;

    assert_true(pins_save(pins, error));
    assert_int_equal(stat(file, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(stat(*state, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    g_free(file);
    pins_close(pins);
}

static void another_sim_begins_anew(void **state)
{
    struct pins *pins = pins_open(*state, error);
    struct pin first = bob("bob@b", 100), second = bob("eve@b", 200);

    pins_learn(pins, &first);
    pins_learn(pins, &second);
    assert_int_equal(pins_count(pins), 1);
    assert_string_equal(pins_find(pins, "sip:bob@b.example")->nai, "eve@b");
    assert_int_equal(pins_find(pins, "sip:bob@b.example")->since, 200);
    pins_close(pins);
}

/* Two Linphones of a person, or one and simauthctl: nobody writes over what another learned. */
static void two_that_write(void **state)
{
    struct pins *one = pins_open(*state, error), *other = pins_open(*state, error);
    struct pin pin = bob("bob@b", 100), carol = bob("carol@c", 200), again = bob("bob@b", 300);
    char *file = g_build_filename(*state, "pins.json", NULL);

    g_strlcpy(carol.aor, "sip:carol@c", sizeof(carol.aor));
    pins_learn(one, &pin);
    assert_true(pins_save(one, error));
    pins_learn(other, &carol);
    pins_set_nobody(other, "sip:dan@d", 200);
    assert_true(pins_set_opens(other, "sip:bob@b.example", 200)); /* of whom it knows no pin */
    assert_true(pins_save(other, error));
    assert_int_equal(pins_count(other), 2);
    assert_true(pins_save(one, error)); /* nothing new of its own */
    assert_int_equal(pins_count(one), 2);
    assert_true(pins_is_nobody(one, "sip:dan@d", 201));
    assert_true(pins_opens(one, "sip:bob@b.example"));

    assert_true(pins_forget(other, "sip:carol@c"));
    pins_learn(one, &again);
    assert_true(pins_save(one, error));
    assert_true(pins_save(other, error));
    pins_close(one);
    one = pins_open(*state, error);
    assert_null(pins_find(one, "sip:carol@c"));
    assert_int_equal(pins_find(one, "sip:bob@b.example")->since, 100);
    assert_int_equal(pins_find(one, "sip:bob@b.example")->last, 300);
    pins_close(one);

    pins_learn(other, &carol); /* a file that was moved away takes nothing with it */
    assert_int_equal(g_unlink(file), 0);
    assert_true(pins_save(other, error));
    one = pins_open(*state, error);
    assert_int_equal(pins_count(one), 2);
    pins_close(one);
    pins_close(other);
    g_free(file);
}

static void forgotten(void **state)
{
    struct pins *pins = pins_open(*state, error);
    struct pin pin = bob("bob@b", 100);

    pins_learn(pins, &pin);
    pins_set_nobody(pins, "sip:carol@c", 100);
    assert_true(pins_forget(pins, pin.aor));
    assert_false(pins_forget(pins, pin.aor));
    assert_null(pins_find(pins, pin.aor));
    assert_true(pins_forget(pins, "sip:carol@c"));
    assert_false(pins_is_nobody(pins, "sip:carol@c", 101));
    pins_close(pins);
}

/* Who wants an address asked about again wants nothing else of it forgotten, and no call in clear.
 */
static void asked_again(void **state)
{
    struct pins *pins = pins_open(*state, error), *other;
    struct pin pin = bob("bob@b", 100);

    pins_learn(pins, &pin);
    pins_set_nobody(pins, pin.aor, 100);
    assert_true(pins_set_opens(pins, pin.aor, 100));
    assert_true(pins_save(pins, error));
    other = pins_open(*state, error);
    assert_true(pins_ask_again(pins, pin.aor));
    assert_false(pins_ask_again(pins, pin.aor));
    assert_false(pins_is_nobody(pins, pin.aor, 101));
    assert_true(pins_save(pins, error));
    assert_true(pins_save(other, error));
    assert_false(pins_is_nobody(other, pin.aor, 101));
    assert_true(pins_opens(other, pin.aor));
    assert_non_null(pins_find(other, pin.aor));
    pins_close(other);
    pins_close(pins);
}

/* A success says that somebody vouches after all. */
static void success_ends_nobody(void **state)
{
    struct pins *pins = pins_open(*state, error);
    struct pin pin = bob("bob@b", 100);

    pins_set_nobody(pins, pin.aor, 100);
    pins_learn(pins, &pin);
    assert_false(pins_is_nobody(pins, pin.aor, 101));
    pins_close(pins);
}

static void bounded(void **state)
{
    struct pins *pins = pins_open(*state, error);
    struct pin pin = bob("bob@b", 0);

    for (int i = 0; i <= PINS_MAX; i++) {
        g_snprintf(pin.aor, sizeof(pin.aor), "sip:%d@b.example", i);
        pin.last = 1000 + i;
        pins_learn(pins, &pin);
    }
    assert_int_equal(pins_count(pins), PINS_MAX);
    assert_null(pins_find(pins, "sip:0@b.example"));
    assert_non_null(pins_find(pins, "sip:1@b.example"));
    pins_close(pins);
}

/* A file that is not understood is named and left as it is, never written over. */
static void damaged_file(void **state)
{
    static const char *const wrong[] = {
        "",
        "{",
        "[]",
        "{\"pins\":[]}",
        "{\"pins\": [{\"a\\u0\320\2444\"", /* quoted in the error, and cut within the letter */
        "{\"pins\":{},\"nobody\":{}}",
        "{\"pins\":[],\"nobody\":{},\"opens\":[]}",
        "{\"pins\":[{\"aor\":\"sip:a@b\"}],\"nobody\":{}}",
        "{\"pins\":[{\"aor\":\"a\",\"nai\":\"b\",\"operator\":\"c\",\"method\":\"none\"}],"
        "\"nobody\":{}}"};
    char *file = g_build_filename(*state, "pins.json", NULL), *after;

    assert_int_equal(g_mkdir(*state, 0700), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        assert_true(g_file_set_contents(file, wrong[i], -1, NULL));
        assert_null(pins_open(*state, error));
        assert_non_null(strstr(error, "pins.json"));
        assert_true(g_utf8_validate(error, -1, NULL));
        assert_true(g_file_get_contents(file, &after, NULL, NULL));
        assert_string_equal(after, wrong[i]);
        g_free(after);
    }
    g_free(file);
}

static void unwritable(void **state)
{
    struct pins *pins = pins_open("/proc/simauth", error);

    (void)state;
    assert_non_null(pins);
    assert_false(pins_save(pins, error));
    assert_non_null(strstr(error, "/proc/simauth"));
    pins_close(pins);
}

int main(void)
{
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(learned_and_read_again),
        WITH_FOLDER(closed_to_others),
        WITH_FOLDER(another_sim_begins_anew),
        WITH_FOLDER(two_that_write),
        WITH_FOLDER(forgotten),
        WITH_FOLDER(asked_again),
        WITH_FOLDER(success_ends_nobody),
        WITH_FOLDER(bounded),
        WITH_FOLDER(damaged_file),
        WITH_FOLDER(unwritable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
