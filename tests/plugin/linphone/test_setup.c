/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who shows the setup keys hears of it when they are others: the loop, the thread that reads the
 * file, the clock and the session bus are this file's. */
#include "bus_view.h"
#include "call.h"
#include "core.h"
#include "news.h"
#include "setup.h"
#include "setup_store.h"
#include "thread.h"
#include "world.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1000100

static struct core core;
static struct settings settings;
static int64_t uptime;
static unsigned told;                 /* how often KeysChanged was */
static bool locked;                   /* the keyring */
static struct simauth_held_key *kept; /* what the file has; NULL: nothing */
static void (*later)(void *arg);
static void *later_arg;

/* -- what stands behind it --------------------------------------------------------------------- */

void __wrap_bus_view_tell(const char *signal);
void __wrap_bus_view_tell(const char *signal)
{
    assert_string_equal(signal, "KeysChanged");
    told++;
}

int64_t __wrap_core_now(void);
int64_t __wrap_core_now(void)
{
    return NOW;
}

int64_t __wrap_core_uptime(void);
int64_t __wrap_core_uptime(void)
{
    return uptime;
}

struct core *__wrap_core_of_provider(const belle_sip_provider_t *provider);
struct core *__wrap_core_of_provider(const belle_sip_provider_t *provider)
{
    (void)provider;
    return &core;
}

void __wrap_news_ask(struct core *of);
void __wrap_news_ask(struct core *of)
{
    (void)of;
}

bool __wrap_thread_launch(const char *name, void *(*run)(void *arg), void *arg);
bool __wrap_thread_launch(const char *name, void *(*run)(void *arg), void *arg)
{
    (void)name;
    run(arg);
    return true;
}

bool __wrap_sip_tap_run_later(belle_sip_provider_t *provider, void (*run)(void *arg), void *arg);
bool __wrap_sip_tap_run_later(belle_sip_provider_t *provider, void (*run)(void *arg), void *arg)
{
    (void)provider;
    assert_null(later);
    later = run;
    later_arg = arg;
    return true;
}

void __wrap_setup_store_open(struct setup_store_opening *opening, int64_t now);
void __wrap_setup_store_open(struct setup_store_opening *opening, int64_t now)
{
    opening->store = NULL;
    opening->again = locked;
    opening->home = locked ? "memory" : "file";
    *opening->error = '\0';
    if (!locked && kept)
        assert_int_equal(simauth_keyring_add(opening->ring, kept, now), SIMAUTH_OK);
}

static void turn(void)
{
    void (*run)(void *arg) = later;

    later = NULL;
    if (run)
        run(later_arg);
}

/* -- a phone ----------------------------------------------------------------------------------- */

static int begin(void **state)
{
    (void)state;
    settings = (struct settings){
        .refs = 1000, .keys = KEYS_DESKTOP, .data = (char *)(uintptr_t) "/nonexistent"};
    memset(&core, 0, sizeof(core));
    core.settings = &settings;
    locked = false;
    kept = NULL;
    later = NULL;
    told = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    setup_close(&core);
    return 0;
}

static size_t shown(void)
{
    json_t *list = setup_list(&core);
    size_t count = json_array_size(list);

    json_decref(list);
    return count;
}

/* A keyring that is opened while somebody looks at the list. */
static void what_the_file_had_is_told(void **state)
{
    struct simauth_held_key key = world_held_key("stp", true);

    (void)state;
    locked = true;
    kept = &key;
    setup_take_settings(&core);
    turn();
    assert_int_equal(shown(), 0);
    told = 0;
    uptime += 100;
    setup_again(&core);
    turn();
    assert_int_equal(told, 0); /* still locked */
    locked = false;
    uptime += 100;
    setup_again(&core);
    turn();
    assert_int_equal(shown(), 1);
    assert_int_equal(told, 1);
}

static void what_is_kept_no_more_is_told(void **state)
{
    struct simauth_held_key key = world_held_key("stp", true);

    (void)state;
    kept = &key;
    setup_take_settings(&core);
    turn();
    assert_int_equal(shown(), 1);
    told = 0;
    settings.keys = KEYS_MEMORY;
    setup_take_settings(&core);
    assert_int_equal(shown(), 0);
    assert_int_equal(told, 1);
    setup_take_settings(&core); /* nothing is another */
    assert_int_equal(told, 1);
}

/* -- a key that a call had before it was revoked ----------------------------------------------- */

static uint64_t id_of(size_t index)
{
    json_t *list = setup_list(&core);
    json_int_t id = json_integer_value(json_object_get(json_array_get(list, index), "id"));

    json_decref(list);
    return (uint64_t)id;
}

/* Two keys in memory for the next calls to that peer, with a file that is not open; a call uses the
 * later one, which is returned. */
static uint64_t use_one(const struct simauth_held_key *key)
{
    uint64_t handle, id;

    setup_take_settings(&core);
    turn();
    setup_keep_first(&core, key);
    setup_keep_first(&core, key);
    id = id_of(1);
    assert_non_null(setup_take(&core, key->own_aor, key->peer_aor, 0, &handle));
    setup_release(&core, &handle, true);
    assert_int_equal(shown(), 1);
    return id;
}

/* What the call made of it goes, and nothing that was there before, nor another's, nor a file. */
static void what_a_call_made_of_it_goes(void **state)
{
    struct simauth_held_key key = world_held_key("stp", true), others = key;
    struct simauth_held_key made[] = {key, world_held_key("stp", false)};
    char folder[] = "/tmp/setup-XXXXXX";
    static struct call goes_on, another;
    char *path;
    uint64_t id;

    (void)state;
    locked = true;
    settings.data = g_mkdtemp(folder);
    path = g_build_filename(folder, SETUP_FILE, NULL);
    assert_true(g_file_set_contents(path, "sealed", -1, NULL));
    strcpy(others.peer_aor, "sip:dora@d.example");
    strcpy(made[1].own_aor, key.own_aor);
    strcpy(made[1].peer_aor, key.peer_aor);
    strcpy(goes_on.policy.peer, key.peer_aor);
    strcpy(another.policy.peer, others.peer_aor);
    goes_on.next = &another;
    id = use_one(&key);
    setup_keep(&core, made);
    setup_keep_first(&core, &others);
    core.calls = &goes_on;
    told = 0;
    assert_false(setup_forget_one(&core, id));
    core.calls = NULL;
    assert_int_equal(told, 1);
    assert_int_equal(shown(), 2); /* the one before, and the other's */
    assert_true(goes_on.keys_made && !another.keys_made);
    assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
    g_unlink(path);
    g_rmdir(folder);
    g_free(path);
}

/* One that no call had leaves nothing, and of those that were used the last are known. */
static void what_no_call_had_takes_nothing_along(void **state)
{
    struct simauth_held_key key = world_held_key("stp", true);
    uint64_t id, handle;

    (void)state;
    id = use_one(&key);
    assert_true(setup_forget_one(&core, id_of(0)));
    setup_keep_first(&core, &key);
    assert_false(setup_forget_one(&core, id_of(0) + 1));
    assert_int_equal(shown(), 1);
    for (int i = 0; i < 100; i++) {
        setup_keep_first(&core, &key);
        assert_non_null(setup_take(&core, key.own_aor, key.peer_aor, 0, &handle));
        setup_release(&core, &handle, true);
    }
    assert_false(setup_forget_one(&core, id));
    assert_int_equal(shown(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_the_file_had_is_told, begin, end),
        cmocka_unit_test_setup_teardown(what_is_kept_no_more_is_told, begin, end),
        cmocka_unit_test_setup_teardown(what_a_call_made_of_it_goes, begin, end),
        cmocka_unit_test_setup_teardown(what_no_call_had_takes_nothing_along, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
