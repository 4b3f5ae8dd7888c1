/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SQLite store of a gateway that serves while another program holds its database. */
#include "unit_serving.h"

#include <glib.h>
#include <pthread.h>

static void *begin_to_write(void *data)
{
    struct unit_store *base = data;

    if (base->ops->begin(base->store, STORE_WRITE) == STORE_OK)
        return data;
    return NULL;
}

/* Sixteen threads want to write, and each would wait for 400 ms: they wait together, and who comes
 * next does not wait. */
static void a_locked_database_holds_up_one(void **state)
{
    struct unit_serving *unit = *state;
    pthread_t threads[16];
    int64_t begun_us;
    void *got;
    sqlite3 *other;

    assert_int_equal(sqlite3_open(unit->base.path, &other), SQLITE_OK);
    sqlite3_busy_timeout(other, 10000);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    begun_us = g_get_monotonic_time();
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, begin_to_write, &unit->base), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        assert_int_equal(pthread_join(threads[i], &got), 0);
        assert_null(got);
    }
    assert_in_range(g_get_monotonic_time() - begun_us, 0, 4 * G_USEC_PER_SEC);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    for (int ms = 0; unit->base.ops->begin(unit->base.store, STORE_WRITE) != STORE_OK; ms++) {
        assert_true(ms < 60000);
        usleep(1000); /* the store's own thread has its turn */
    }
    unit->base.ops->rollback(unit->base.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_locked_database_holds_up_one, setup, teardown),
    };

    return cmocka_run_group_tests_name("gateway.unit.waiting", tests, NULL, NULL);
}
