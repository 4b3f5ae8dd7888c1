/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who shows the setup keys hears of it when they are others: the loop, the thread that reads the
 * file, the clock and the session bus are this file's. */
#include "bus_view.h"
#include "core.h"
#include "news.h"
#include "setup.h"
#include "setup_store.h"
#include "thread.h"
#include "world.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_the_file_had_is_told, begin, end),
        cmocka_unit_test_setup_teardown(what_is_kept_no_more_is_told, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
