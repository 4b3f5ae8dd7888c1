/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a phone keeps, when the n-th operation on its files or the n-th allocation fails, for every
 * n: settings, pins, setup keys, the soft SIM's numbers, the list of calls. Either it is done, or
 * it is said why not and what was there before is there still, whole; the next try succeeds.
 */
#include "keyring_file.h"
#include "note.h"
#include "nth.h"
#include "pins.h"
#include "seal_key.h"
#include "settings_file.h"
#include "world.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW 1000100

struct place {
    char *folder, *path;
    char error[SETTINGS_ERROR_MAX > 1024 ? SETTINGS_ERROR_MAX : 1024];
};

static int make_place(void **state)
{
    struct place *p = g_new0(struct place, 1);

    p->folder = g_dir_make_tmp("simauth-nth-XXXXXX", NULL);
    *state = p;
    return p->folder ? 0 : -1;
}

/* How many files the folder has: one, if nothing was left lying about. */
static unsigned files_in(const char *folder, bool remove)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;
    unsigned count = 0;

    while (dir && (name = g_dir_read_name(dir))) {
        char *path = g_build_filename(folder, name, NULL);

        count++;
        if (remove)
            g_unlink(path);
        g_free(path);
    }
    if (dir)
        g_dir_close(dir);
    return count;
}

static int remove_place(void **state)
{
    struct place *p = *state;

    files_in(p->folder, true);
    g_rmdir(p->folder);
    g_free(p->folder);
    g_free(p->path);
    g_free(p);
    return 0;
}

/* -- one act, every n ------------------------------------------------------------------------ */

/* True: done. Else p->error says why not. */
typedef bool (*act)(struct place *p, unsigned turn);

static const struct {
    enum nth_kind kind;
    int error;
    const char *name;
} kinds[] = {{NTH_FILES, ENOSPC, "disk full"},
             {NTH_FILES, EIO, "disk broken"},
             {NTH_FILES, EMFILE, "no descriptor left"},
             {NTH_FILES, EACCES, "not allowed"},
             {NTH_MEMORY, ENOMEM, "out of memory"}};

/*
 * The file may say "old" or "new", and nothing else: `whole` looks at it after each failure, told
 * whether the act said that it was done.
 */
static void for_every_n(struct place *p, act act_on, void (*whole)(struct place *, unsigned, bool))
{
    unsigned turn = 1, failed = 0;

    assert_true(act_on(p, turn));
    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
        bool hit = true;

        for (int64_t n = 0; hit; n++) {
            bool done;

            assert_true(n < 5000);
            turn++;
            p->error[0] = '\0';
            nth_arm(kinds[k].kind, p->folder, n, kinds[k].error);
            done = act_on(p, turn);
            hit = nth_disarm() > 0;
            if (!done && (!hit || !p->error[0]))
                fail_msg("%s at %d: failed without a reason", kinds[k].name, (int)n);
            if (!hit && !done)
                fail_msg("%s at %d: %s", kinds[k].name, (int)n, p->error);
            failed += hit;
            whole(p, turn, done);
            turn++;
            if (!act_on(p, turn)) /* at once again, without anybody's help */
                fail_msg("%s at %d: and then: %s", kinds[k].name, (int)n, p->error);
            whole(p, turn, true);
        }
    }
    print_message("%u failures\n", failed);
    assert_true(failed > 5);
}

/* -- settings -------------------------------------------------------------------------------- */

static bool set_setting(struct place *p, unsigned turn)
{
    char value[16];

    g_snprintf(value, sizeof(value), "%us", 1000 + turn);
    return settings_file_set(p->path, "phone", "key_lifetime", value, p->error) == SETTINGS_CHANGED;
}

/* The number that was set, and a comment of the person's that was there before. */
static void settings_whole(struct place *p, unsigned turn, bool done)
{
    char *text = NULL;
    const char *line;
    unsigned value;

    g_file_get_contents(p->path, &text, NULL, NULL);
    assert_non_null(text);
    assert_non_null(strstr(text, "# my own words\n"));
    assert_non_null(strstr(text, "policy=require\n"));
    line = strstr(text, "key_lifetime=");
    assert_non_null(line);
    assert_int_equal(sscanf(line, "key_lifetime=%u", &value), 1);
    value -= 1000;
    assert_true(value == turn || (!done && value == turn - 1));
    assert_int_equal(files_in(p->folder, false), 1);
    g_free(text);
}

static void settings(void **state)
{
    struct place *p = *state;

    p->path = g_build_filename(p->folder, "simauth.conf", NULL);
    assert_true(
        g_file_set_contents(p->path, "# my own words\n[phone]\npolicy=require\n", -1, NULL));
    for_every_n(p, set_setting, settings_whole);
}

/* -- pins ------------------------------------------------------------------------------------ */

#define PEERS 6

/*
 * jansson's reader goes on when it cannot grow its buffer, with an octet less (lex_save() does not
 * look): foreign, and not what is asked here.
 */
static bool reading;

static void *json_malloc(size_t size)
{
    return reading ? g_malloc(size) : nth_malloc(size);
}

static bool learn(struct place *p, unsigned turn)
{
    struct pins *pins;
    bool done;

    reading = true;
    pins = pins_open(p->folder, p->error);
    reading = false;
    if (!pins)
        return false;
    for (unsigned i = 0; i < PEERS; i++) {
        struct pin pin = {.operator_name = "Operator B", .since = 1, .last = turn};

        g_snprintf(pin.aor, sizeof(pin.aor), "sip:peer%u@b.example", i);
        g_snprintf(pin.nai, sizeof(pin.nai), "peer%u@b.example", i);
        pin.method = simauth_method_find("aka", 3);
        pins_learn(pins, &pin);
    }
    pins_set_nobody(pins, "sip:carol@c", NOW);
    pins_set_opens(pins, "sip:dan@d", NOW);
    done = pins_save(pins, p->error);
    pins_close(pins);
    return done;
}

static void pins_whole(struct place *p, unsigned turn, bool done)
{
    char error[512];
    struct pins *pins = pins_open(p->folder, error);
    int64_t last;

    if (!pins)
        fail_msg("%s", error);
    assert_int_equal(pins_count(pins), PEERS);
    last = pins_at(pins, 0)->last;
    for (size_t i = 0; i < PEERS; i++)
        assert_int_equal(pins_at(pins, i)->last, last);
    assert_true(last == turn || (!done && last == turn - 1));
    assert_true(pins_is_nobody(pins, "sip:carol@c", NOW));
    assert_true(pins_opens(pins, "sip:dan@d"));
    assert_int_equal(files_in(p->folder, false), 2);
    pins_close(pins);
}

static void pins(void **state)
{
    for_every_n(*state, learn, pins_whole);
}

/* -- setup keys ------------------------------------------------------------------------------ */

static struct simauth_secret seal_key;

static bool write_ring(struct place *p, unsigned turn)
{
    struct simauth_keyring *ring = simauth_keyring_new();
    GBytes *sealed = NULL;
    bool done = false;

    g_strlcpy(p->error, "out of memory", sizeof(p->error));
    for (unsigned i = 0; ring && i <= turn % 2; i++) {
        struct simauth_held_key key = world_held_key("stp", i % 2);

        if (simauth_keyring_add(ring, &key, NOW) != SIMAUTH_OK)
            goto out;
    }
    if (ring)
        sealed = keyring_file_seal(ring, &seal_key);
    if (sealed)
        done = keyring_file_write(p->path, sealed, p->error);
out:
    if (sealed)
        g_bytes_unref(sealed);
    simauth_keyring_free(ring);
    return done;
}

static unsigned count_ring(const struct place *p)
{
    char error[KEYRING_FILE_ERROR_MAX];
    struct simauth_keyring *ring = simauth_keyring_new();
    unsigned count = 0;

    if (keyring_file_read(p->path, &seal_key, NOW, ring, error) != KEYRING_FILE_READ)
        fail_msg("%s", error);
    while (simauth_keyring_at(ring, count))
        count++;
    simauth_keyring_free(ring);
    return count;
}

static void ring_whole(struct place *p, unsigned turn, bool done)
{
    unsigned count = count_ring(p);

    assert_true(count == turn % 2 + 1 || (!done && count == (turn - 1) % 2 + 1));
    assert_int_equal(files_in(p->folder, false), 1);
}

static void setup_keys(void **state)
{
    struct place *p = *state;

    simauth_secret_set(&seal_key, "01234567890123456789012345678901", 32);
    p->path = g_build_filename(p->folder, "setup-keys", NULL);
    for_every_n(p, write_ring, ring_whole);
}

/* -- the list of calls ----------------------------------------------------------------------- */

static unsigned lines_done;

static bool add_line(struct place *p, unsigned turn)
{
    char line[64];

    g_snprintf(line, sizeof(line), "{\"call\": %u, \"word\": \"authenticated\"}", turn);
    g_strlcpy(p->error, "the list of calls cannot be written", sizeof(p->error)); /* history.c's */
    if (!note_append(p->path, line, 1 << 20))
        return false;
    lines_done++;
    return true;
}

/* Every line that was said to be written can be read; what a full disk cut off spoils no other. */
static void list_whole(struct place *p, unsigned turn, bool done)
{
    char *text = NULL, **lines;
    unsigned good = 0, last = 0;

    g_file_get_contents(p->path, &text, NULL, NULL);
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        json_t *record = json_loads(*line, 0, NULL);

        good += record != NULL;
        if (record)
            last = (unsigned)json_integer_value(json_object_get(record, "call"));
        json_decref(record);
    }
    if (good != lines_done)
        fail_msg("%u lines of %u can be read", good, lines_done);
    if (done)
        assert_int_equal(last, turn);
    g_strfreev(lines);
    g_free(text);
}

static void calls(void **state)
{
    struct place *p = *state;

    p->path = g_build_filename(p->folder, "calls.jsonl", NULL);
    for_every_n(p, add_line, list_whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(settings, make_place, remove_place),
        cmocka_unit_test_setup_teardown(pins, make_place, remove_place),
        cmocka_unit_test_setup_teardown(setup_keys, make_place, remove_place),
        cmocka_unit_test_setup_teardown(calls, make_place, remove_place),
    };

    json_set_alloc_funcs(json_malloc, free);
    return cmocka_run_group_tests_name("nth", tests, NULL, NULL);
}
