/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "named.h"
#include "../log.h"

#include <glib.h>
#include <jansson.h>
#include <string.h>

/* Of its payload, which phones verify; g_free() it. NULL: there is none. */
static char *name_of(const char *statement)
{
    const char *begin = strchr(statement, '.'), *end = begin ? strchr(begin + 1, '.') : NULL;
    const size_t chars = end ? (size_t)(end - begin - 1) : 0, len = chars * 3 / 4;
    uint8_t *octets = g_malloc(len + 1);
    json_t *payload = NULL;
    char *name;

    if (len > 0 && simauth_b64u_decode(begin + 1, chars, octets, len) == SIMAUTH_OK)
        payload = simauth_json_load((const char *)octets, len);
    name = g_strdup(json_string_value(json_object_get(payload, "name")));
    json_decref(payload);
    g_free(octets);
    return name ? g_strdelimit(name, "\"", '\'') : NULL;
}

/* Whether it is not the one that this partner showed last. */
static bool is_new(int64_t partner, const char *statement)
{
    static GMutex lock;
    static GHashTable *shown; /* partner's id -> hash of its statement */
    gpointer hash = GUINT_TO_POINTER(g_str_hash(statement)), before;
    bool fresh;

    g_mutex_lock(&lock);
    if (!shown)
        shown = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    fresh = !g_hash_table_lookup_extended(shown, &partner, NULL, &before) || before != hash;
    if (fresh)
        g_hash_table_insert(shown, g_memdup2(&partner, sizeof partner), hash);
    g_mutex_unlock(&lock);
    return fresh;
}

void named_look(const struct store_partner *partner, const char *statement)
{
    char *name = is_new(partner->id, statement) ? name_of(statement) : NULL;

    if (name && strcmp(name, partner->name) != 0)
        log_line("op=partner partner=\"%s\" result=renamed name=\"%s\" reason=\"phones show that "
                 "name, which is not the agreement's\"",
                 partner->name, name);
    g_free(name);
}
