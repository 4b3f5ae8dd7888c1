/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sql.h"

#include <stdio.h>
#include <string.h>

struct sql_rows *sql_bind(struct store *store, enum sql sql, const char *types, ...)
{
    struct sql_rows *rows;
    va_list arguments;

    va_start(arguments, types);
    rows = store->driver->bind(store, sql, types, arguments);
    va_end(arguments);
    return rows;
}

enum store_result sql_row(struct store *store, struct sql_rows *rows)
{
    return store->driver->row(store, rows);
}

void sql_reset(struct store *store, struct sql_rows *rows)
{
    store->driver->reset(store, rows);
}

enum store_result sql_run(struct store *store, struct sql_rows *rows)
{
    return store->driver->run(store, rows);
}

int64_t sql_inserted(struct store *store)
{
    return store->driver->inserted(store);
}

int64_t sql_integer(struct store *store, struct sql_rows *rows, int column)
{
    return store->driver->integer(store, rows, column);
}

const char *sql_string(struct store *store, struct sql_rows *rows, int column)
{
    size_t len;

    return store->driver->value(store, rows, column, &len);
}

int sql_bytes(struct store *store, struct sql_rows *rows, int column)
{
    size_t len;

    store->driver->value(store, rows, column, &len);
    return (int)len;
}

bool sql_text(struct store *store, struct sql_rows *rows, int column, char *text, size_t room)
{
    size_t len;
    const char *value = store->driver->value(store, rows, column, &len);

    if (!value || len >= room)
        return false;
    memcpy(text, value, len);
    text[len] = '\0';
    return true;
}

bool sql_octets(struct store *store, struct sql_rows *rows, int column, uint8_t *octets, size_t len)
{
    size_t there;
    const void *value = store->driver->value(store, rows, column, &there);

    if (!value || there != len)
        return false;
    memcpy(octets, value, len);
    return true;
}

bool sql_sealed(struct store *store, struct sql_rows *rows, int column, const char *place,
                void *plain, size_t len)
{
    size_t there;
    const void *value = store->driver->value(store, rows, column, &there);

    return value && there == len + SEAL_OVERHEAD &&
           seal_open(store->seal, place, value, there, plain) == 0;
}

enum store_result sql_walk(struct store *store, struct sql_rows *rows, sql_step step, void *walk)
{
    enum store_result result;
    int stop = 0;

    while (!stop && (result = sql_row(store, rows)) == STORE_OK) {
        result = step(store, rows, walk, &stop);
        if (result != STORE_OK)
            break;
    }
    sql_reset(store, rows);
    return stop || result == STORE_NONE ? STORE_OK : result;
}

enum store_result sql_say(char *error, const char *where, enum store_result result,
                          const char *what)
{
    snprintf(error, STORE_ERROR_MAX, "%s: %s", where, what);
    return result;
}
