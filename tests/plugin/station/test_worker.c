/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The worker between a main loop and errands that are quick, slow, or never wanted again; station
 * and main loop are this file's. */
#include "station.h"
#include "worker.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define TRIES 200 /* a busy machine may take a processor away for longer than the patience */

/* -- what stands behind the worker ------------------------------------------------------------- */

static GAsyncQueue *main_loop; /* errands that want back */
static GMutex gate_lock;
static GCond gate_moved;
static bool gate_open, accepts;
static int closed;

struct station *station_open(void)
{
    return (struct station *)&closed;
}

void station_close(struct station *station)
{
    (void)station;
    g_atomic_int_inc(&closed);
}

const struct station_health *station_health(struct station *station)
{
    static const struct station_health health;

    (void)station;
    return &health;
}

bool sip_tap_run_later(belle_sip_provider_t *provider, void (*task)(void *arg), void *arg)
{
    (void)provider;
    (void)task;
    if (accepts)
        g_async_queue_push(main_loop, arg);
    return accepts;
}

static void move_gate(bool open)
{
    g_mutex_lock(&gate_lock);
    gate_open = open;
    g_cond_broadcast(&gate_moved);
    g_mutex_unlock(&gate_lock);
}

/* -- errands ----------------------------------------------------------------------------------- */

struct probe {
    struct errand errand; /* first */
    bool worked, came_back;
    int lost;
};

static void quick(struct errand *errand, struct station *station)
{
    (void)station;
    ((struct probe *)errand)->worked = true;
}

static void behind_gate(struct errand *errand, struct station *station)
{
    g_mutex_lock(&gate_lock);
    while (!gate_open)
        g_cond_wait(&gate_moved, &gate_lock);
    g_mutex_unlock(&gate_lock);
    quick(errand, station);
}

static void came_back(struct errand *errand)
{
    ((struct probe *)errand)->came_back = true;
}

static void was_lost(struct errand *errand)
{
    g_atomic_int_inc(&((struct probe *)errand)->lost);
}

static struct probe *probe_new(void (*work)(struct errand *errand, struct station *station))
{
    struct probe *probe = g_new0(struct probe, 1);

    probe->errand.work = work;
    probe->errand.back = came_back;
    probe->errand.lost = was_lost;
    probe->errand.kind = ERRAND_CALLER;
    return probe;
}

/* One turn of the main loop. */
static void expect_back(struct probe *probe)
{
    assert_ptr_equal(g_async_queue_pop(main_loop), probe);
    probe->errand.back(&probe->errand);
    assert_true(probe->worked);
    assert_true(probe->came_back);
}

/* One that is quick; true: it was done in place. */
static bool ask(struct worker *worker)
{
    struct probe *probe = probe_new(quick);
    bool done = worker_do_now(worker, &probe->errand);

    if (!done)
        expect_back(probe);
    assert_true(probe->worked);
    g_free(probe);
    return done;
}

/* One that is behind the gate until the main loop went on. */
static void ask_slow(struct worker *worker)
{
    struct probe *probe = probe_new(behind_gate);
    int64_t begun = g_get_monotonic_time();

    move_gate(false);
    assert_false(worker_do_now(worker, &probe->errand));
    while (g_get_monotonic_time() - begun <= (WORKER_PATIENCE_MS + 1) * 1000)
        g_usleep(1000); /* it is to be slow for the clock, not only for us */
    move_gate(true);
    expect_back(probe);
    g_free(probe);
}

static bool soon_in_place(struct worker *worker)
{
    for (int i = 0; i < TRIES; i++) {
        if (ask(worker))
            return true;
    }
    return false;
}

/* -- tests ------------------------------------------------------------------------------------- */

static int set_up(void **state)
{
    main_loop = g_async_queue_new();
    accepts = true;
    *state = worker_start(NULL);
    return *state ? 0 : -1;
}

static int take_down(void **state)
{
    int before = g_atomic_int_get(&closed);

    worker_stop(*state);
    while (g_atomic_int_get(&closed) == before)
        g_usleep(1000);
    g_async_queue_unref(main_loop);
    return 0;
}

static void a_quick_one_is_done_in_place(void **state)
{
    assert_true(soon_in_place(*state));
}

static void a_slow_one_comes_back(void **state)
{
    ask_slow(*state);
}

/* One slow answer is chance; after two the next is not waited for, and when that one was quick the
 * one after it is. */
static void patience_follows_what_was_seen(void **state)
{
    struct worker *worker = *state;

    assert_true(soon_in_place(worker));
    ask_slow(worker);
    ask_slow(worker);
    assert_false(ask(worker));
    assert_true(soon_in_place(worker));
}

static void kinds_are_apart(void **state)
{
    struct worker *worker = *state;
    struct probe *probe;
    bool done = false;

    ask_slow(worker);
    ask_slow(worker);
    for (int i = 0; i < TRIES && !done; i++) {
        probe = probe_new(quick);
        probe->errand.kind = ERRAND_CALLEE;
        done = worker_do_now(worker, &probe->errand);
        if (!done)
            expect_back(probe);
        g_free(probe);
    }
    assert_true(done);
}

/* The core went while an errand was under way: it is lost once, and never comes back. */
static void nothing_is_left_behind(void **state)
{
    struct worker *worker = *state;
    struct probe *probe = probe_new(behind_gate);

    move_gate(false);
    worker_do(worker, &probe->errand);
    accepts = false;
    move_gate(true);
    while (!g_atomic_int_get(&probe->lost))
        g_usleep(1000);
    assert_false(probe->came_back);
    assert_int_equal(g_atomic_int_get(&probe->lost), 1);
    g_free(probe);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, set_up, take_down)

/* What D-Bus would not take, and end the connection for, is told all the same. */
static void health_is_readable(void **state)
{
    struct station_health health;
    char text[2 * SETTINGS_ERROR_MAX];

    (void)state;
    health_begin(&health);
    for (size_t i = 0; i < 2; i++) { /* a character lies across the end of the room once */
        memset(text, 'x', sizeof(text));
        for (size_t at = i; at + 3 < sizeof(text); at += 2)
            memcpy(text + at, "\xc3\xa9", 3);
        memcpy(text + 20, "\xff\xe9", 2);
        health_sim(&health, "failed", text);
        health_gateway(&health, "failed", text);
        assert_true(g_utf8_validate(health.sim_text, -1, NULL));
        assert_true(g_utf8_validate(health.gateway_text, -1, NULL));
        assert_true(strlen(health.sim_text) > sizeof(health.sim_text) - 5);
        assert_non_null(strstr(health.sim_text, "\xc3\xa9\xc3\xa9"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(a_quick_one_is_done_in_place),   ONE(a_slow_one_comes_back),
        ONE(patience_follows_what_was_seen), ONE(kinds_are_apart),
        ONE(nothing_is_left_behind),         cmocka_unit_test(health_is_readable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
