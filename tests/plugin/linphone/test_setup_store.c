/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of setup keys on a disk that takes nothing more, and one that nobody has open. */
#include "setup.h"
#include "setup_store.h"
#include "world.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#define NOW 1000100

struct desk {
    char *folder, *path;
    struct setup_store_opening opening;
};

static int desk_setup(void **state)
{
    struct desk *d = g_new0(struct desk, 1);
    struct simauth_held_key key = world_held_key("stp", true);

    d->folder = g_dir_make_tmp("simauth-store-XXXXXX", NULL);
    d->path = g_build_filename(d->folder, SETUP_FILE, NULL);
    d->opening.mode = KEYS_FILE;
    d->opening.folder = d->folder;
    d->opening.ring = simauth_keyring_new();
    setup_store_open(&d->opening, NOW);
    *state = d;
    return simauth_keyring_add(d->opening.ring, &key, NOW);
}

static int desk_teardown(void **state)
{
    struct desk *d = *state;
    char *command = g_strdup_printf("rm -r '%s'", d->folder);

    setup_store_unref(d->opening.store);
    simauth_keyring_free(d->opening.ring);
    (void)g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL);
    g_free(command);
    g_free(d->path);
    g_free(d->folder);
    g_free(d);
    return 0;
}

static bool write_ring(struct desk *d, char *error)
{
    struct setup_store *store = d->opening.store;
    GBytes *sealed = setup_store_seal(store, d->opening.ring);
    bool good = setup_store_write(store, sealed, setup_store_turn(store), error);

    g_bytes_unref(sealed);
    return good;
}

static bool there(const struct desk *d)
{
    return g_file_test(d->path, G_FILE_TEST_EXISTS);
}

/* What was revoked or used meanwhile is in the file of before: it goes. */
static void a_full_disk(void **state)
{
    struct desk *d = *state;
    char error[SETUP_STORE_ERROR_MAX];
    struct rlimit before, none;

    if (!d->opening.store)
        skip(); /* a machine without an id */
    assert_true(write_ring(d, error));
    assert_true(there(d));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    bool good = write_ring(d, error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(good);
    assert_false(there(d));
    assert_non_null(strstr(error, "stay in memory and end with Linphone."));
    assert_true(write_ring(d, error));
    assert_string_equal(error, "");
    assert_true(there(d));
}

static void a_file_that_stays(void **state)
{
    struct desk *d = *state;
    char error[SETUP_STORE_ERROR_MAX];

    if (!d->opening.store)
        skip();
    assert_int_equal(g_mkdir(d->path, 0700), 0); /* neither replaced nor unlinked */
    assert_false(write_ring(d, error));
    assert_non_null(strstr(error, "is still there: remove it"));
}

static void forgotten_while_nobody_has_it(void **state)
{
    struct desk *d = *state;
    char error[SETUP_STORE_ERROR_MAX] = "";

    if (!d->opening.store)
        skip();
    assert_true(write_ring(d, error));
    assert_false(setup_store_forget(d->folder, error)); /* somebody has it open */
    assert_true(there(d));
    setup_store_leave(d->opening.store);
    assert_true(setup_store_forget(d->folder, error));
    assert_false(there(d));
    assert_false(setup_store_forget(d->folder, error)); /* there is none */
    assert_string_equal(error, "");
    assert_int_equal(g_mkdir(d->path, 0700), 0);
    assert_false(setup_store_forget(d->folder, error));
    assert_non_null(strstr(error, "is still there: remove it"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_full_disk),
        TEST(a_file_that_stays),
        TEST(forgotten_while_nobody_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
