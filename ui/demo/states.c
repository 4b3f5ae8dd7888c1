/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "states.h"

#include <string.h>

#define FOLDER "/org/simauth/CallSecurity/demo/"
#define BASE "base"

struct states {
    GKeyFile *file;
};

static gboolean add(GString *text, const char *path, GError **error)
{
    GBytes *bytes = g_resources_lookup_data(path, G_RESOURCE_LOOKUP_FLAGS_NONE, error);

    if (!bytes)
        return FALSE;
    g_string_append_len(text, g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes));
    g_bytes_unref(bytes);
    return TRUE;
}

struct states *states_read(GError **error)
{
    GString *text = g_string_new(NULL);
    struct states *states = g_new0(struct states, 1);
    gboolean read;

    states->file = g_key_file_new();
    read = add(text, FOLDER "states.ini", error) && add(text, FOLDER "kept.ini", error) &&
           g_key_file_load_from_data(states->file, text->str, text->len, G_KEY_FILE_NONE, error);
    g_string_free(text, TRUE);
    if (read)
        return states;
    states_free(states);
    return NULL;
}

void states_free(struct states *states)
{
    if (states)
        g_key_file_unref(states->file);
    g_free(states);
}

char **states_names(const struct states *states)
{
    char **groups = g_key_file_get_groups(states->file, NULL);
    GPtrArray *names = g_ptr_array_new();

    for (char **group = groups; *group; group++) {
        if (g_str_has_prefix(*group, "state "))
            g_ptr_array_add(names, g_strdup(*group + strlen("state ")));
    }
    g_ptr_array_add(names, NULL);
    g_strfreev(groups);
    return (char **)g_ptr_array_free(names, FALSE);
}

static char *group_of(const char *state)
{
    return g_strconcat("state ", state, NULL);
}

gboolean states_has(const struct states *states, const char *state)
{
    char *group = group_of(state);
    gboolean has = g_key_file_has_group(states->file, group);

    g_free(group);
    return has;
}

char *states_text(const struct states *states, const char *state, const char *key)
{
    char *group = group_of(state);
    char *text = g_key_file_get_value(states->file, group, key, NULL);

    g_free(group);
    return text ? text : g_key_file_get_value(states->file, BASE, key, NULL);
}

/* A small number of seconds is one that counts from now. */
static GVariant *from_now(GVariant *value)
{
    gint64 seconds;

    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_INT64))
        return value;
    seconds = g_variant_get_int64(value);
    if (!seconds || ABS(seconds) > 1000000000)
        return value;
    g_variant_unref(value);
    return g_variant_ref_sink(g_variant_new_int64(g_get_real_time() / G_USEC_PER_SEC + seconds));
}

GVariant *states_value(const struct states *states, const char *state, const char *key,
                       const char *type)
{
    char *text = states_text(states, state, key);
    GError *error = NULL;
    GVariant *value = NULL;

    if (!text)
        return NULL;
    value = g_variant_parse(G_VARIANT_TYPE(type), text, NULL, NULL, &error);
    if (!value)
        g_error("demo/states.ini: %s of %s: %s", key, state, error->message);
    g_free(text);
    return from_now(value);
}

static GVariant *dictionary(const struct states *states, const char *group)
{
    char **keys = g_key_file_get_keys(states->file, group, NULL, NULL);
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
    for (char **key = keys; *key; key++) {
        char *text = g_key_file_get_value(states->file, group, *key, NULL);
        GError *error = NULL;
        GVariant *value = g_variant_parse(NULL, text, NULL, NULL, &error);
        if (!value)
            g_error("demo/states.ini: [%s] %s: %s", group, *key, error->message);
        value = from_now(value);
        g_variant_builder_add(&builder, "{sv}", *key, value);
        g_variant_unref(value);
        g_free(text);
    }
    g_strfreev(keys);
    return g_variant_ref_sink(g_variant_builder_end(&builder));
}

GPtrArray *states_list(const struct states *states, const char *kind)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
    char **groups = g_key_file_get_groups(states->file, NULL);
    size_t len = strlen(kind);

    for (char **group = groups; *group; group++) {
        if (!strncmp(*group, kind, len) && (*group)[len] == ' ')
            g_ptr_array_add(list, dictionary(states, *group));
    }
    g_strfreev(groups);
    return list;
}
