/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings_file.h"
#include "small_file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

GKeyFile *settings_file_load(const char *path, char *error)
{
    GKeyFile *file = g_key_file_new();
    GError *problem = NULL;
    char *text = NULL;
    gsize len = 0;
    bool good = small_file_read(path, SMALL_FILE_MAX, &text, &len, &problem) &&
                g_key_file_load_from_data(file, text, len, G_KEY_FILE_KEEP_COMMENTS, &problem);

    g_free(text);
    if (good || g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        g_clear_error(&problem);
        return file;
    }
    g_snprintf(error, SETTINGS_ERROR_MAX, "%s: %s", path, problem->message);
    g_error_free(problem);
    g_key_file_free(file);
    return NULL;
}

/* Never empty: a file without an octet is one whose writing was cut short (settings_current). */
static char *text_of(GKeyFile *file, gsize *len)
{
    char *text = g_key_file_to_data(file, len, NULL);

    if (text && !*len) {
        g_free(text);
        text = g_strdup("[phone]\n");
        *len = strlen(text);
    }
    return text;
}

static bool store(const char *path, GKeyFile *file, char *error)
{
    char *folder = g_path_get_dirname(path), why[SETTINGS_ERROR_MAX];
    gsize len = 0;
    char *text = text_of(file, &len);
    struct settings *settings = settings_parse(text, len, path, why);
    GError *problem = NULL;
    /* A link that somebody keeps their settings behind stays one. */
    char *behind = realpath(path, NULL);
    bool good = false;

    if (!settings)
        g_snprintf(error, SETTINGS_ERROR_MAX, "nothing was changed: %.*s", SETTINGS_ERROR_MAX - 32,
                   why);
    else if (g_mkdir_with_parents(folder, 0700) < 0)
        g_snprintf(error, SETTINGS_ERROR_MAX, "%s: %s", folder, g_strerror(errno));
    else if (!g_file_set_contents_full(behind ? behind : path, text, (gssize)len,
                                       G_FILE_SET_CONTENTS_CONSISTENT, 0600, &problem))
        g_strlcpy(error, problem->message, SETTINGS_ERROR_MAX);
    else
        good = true;
    g_clear_error(&problem);
    settings_unref(settings);
    free(behind);
    g_free(text);
    g_free(folder);
    return good;
}

/* An address of which nothing is set any more is nobody's business. */
static bool take_out(GKeyFile *file, const char *group, const char *key)
{
    gsize left = 0;

    if (!g_key_file_remove_key(file, group, key, NULL))
        return false;
    g_strfreev(g_key_file_get_keys(file, group, &left, NULL));
    if (!left && strcmp(group, "phone") != 0)
        (void)g_key_file_remove_group(file, group, NULL);
    return true;
}

/* A line's end would make a line of its own. */
static bool is_one_line(const char *text, const char *not_allowed)
{
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f || strchr(not_allowed, *c))
            return false;
    }
    return g_utf8_validate(text, -1, NULL);
}

enum settings_change settings_file_set(const char *path, const char *group, const char *key,
                                       const char *value, char *error)
{
    GKeyFile *file = settings_file_load(path, error);
    enum settings_change change = SETTINGS_REFUSED;

    if (!file)
        return change;
    if (!*key || !is_one_line(key, "=[] \t") || (value && !is_one_line(value, ""))) {
        g_strlcpy(error, "nothing was changed: that is no key, or no value of one line",
                  SETTINGS_ERROR_MAX);
        g_key_file_free(file);
        return change;
    }
    if (value)
        g_key_file_set_value(file, group, key, value);
    if (!value && !take_out(file, group, key)) {
        g_snprintf(error, SETTINGS_ERROR_MAX, "[%s] %s is not set", group, key);
        change = SETTINGS_NOT_SET;
    } else if (store(path, file, error)) {
        change = SETTINGS_CHANGED;
    }
    g_key_file_free(file);
    return change;
}

bool settings_group(const char *group, char *canonical, char *error)
{
    static const char *const kinds[] = {"account ", "peer "};
    char aor[SIMAUTH_AOR_MAX + 1];

    if (!strcmp(group, "phone")) {
        g_strlcpy(canonical, group, SIMAUTH_AOR_MAX + 16);
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (!g_str_has_prefix(group, kinds[i]))
            continue;
        if (simauth_aor_canonical(group + strlen(kinds[i]), aor) == SIMAUTH_OK) {
            g_snprintf(canonical, SIMAUTH_AOR_MAX + 16, "%s%s", kinds[i], aor);
            return true;
        }
        g_snprintf(error, SETTINGS_ERROR_MAX,
                   "%.255s is no SIP address such as sip:bob@example.org",
                   group + strlen(kinds[i]));
        return false;
    }
    g_strlcpy(error,
              "there is no such group: \"phone\", \"account ADDRESS\" and \"peer ADDRESS\" are",
              SETTINGS_ERROR_MAX);
    return false;
}
