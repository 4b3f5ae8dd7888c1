/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keyfile.h"

#include <string.h>

/* -- lines: GKeyFile knows none, and a person wants to know where ------------------------------ */

/* One more line of faults, once. */
static void say(struct keyfile *f, int line, const char *what)
{
    char text[512];
    size_t len = strlen(f->error);

    if (line > 0)
        g_snprintf(text, sizeof text, "%s:%d: %s", f->path, line, what);
    else
        g_snprintf(text, sizeof text, "%s: %s", f->path, what);
    if (!f->failed)
        f->error[0] = '\0';
    if (!f->failed)
        g_strlcpy(f->error, text, f->room);
    else if (!strstr(f->error, text) && len + strlen(text) + 2 < f->room)
        g_snprintf(f->error + len, f->room - len, "\n%s", text);
    f->failed = true;
}

/* What stands in a line: '#' nothing, '[' a group, '=' a key, '?' none of these. `name` is the
 * group or key, in the line itself. */
static char line_kind(char *line, char **name)
{
    char *end;

    *name = g_strstrip(line);
    if (!line[0] || line[0] == '#')
        return '#';
    if (line[0] == '[') {
        end = strchr(line, ']');
        if (!end || end[1] || end == line + 1)
            return '?';
        *end = '\0';
        *name = line + 1;
        return '[';
    }
    end = strchr(line, '=');
    if (!end || end == line)
        return '?';
    *end = '\0';
    g_strstrip(line);
    return '=';
}

/* Where `key` of `group` stands, else where the group begins, else 0. */
static int line_of(const struct keyfile *f, const char *group, const char *key)
{
    char **lines = g_strsplit(f->text ? f->text : "", "\n", -1), *name;
    bool inside = false;
    int found = 0;

    for (int i = 0; lines[i]; i++) {
        char kind = line_kind(lines[i], &name);

        if (kind == '[')
            inside = strcmp(name, group) == 0;
        if (inside && (kind == '[' || (kind == '=' && strcmp(name, key) == 0)))
            found = i + 1;
        if (inside && kind == '=' && strcmp(name, key) == 0)
            break;
    }
    g_strfreev(lines);
    return found;
}

void keyfile_fail(struct keyfile *f, const char *group, const char *key, const char *what)
{
    char *text = g_strdup_printf("[%s] %s: %s", group, key, what);

    say(f, line_of(f, group, key), text);
    g_free(text);
}

static void say_key(struct keyfile *f, int line, const char *group, const char *key,
                    const char *what)
{
    char *text = g_strdup_printf("[%s] %s: %s", group, key, what);

    say(f, line, text);
    g_free(text);
}

/* What GKeyFile would take without a word (a key twice), or refuse without a number. */
static void check_lines(struct keyfile *f)
{
    GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    char **lines = g_strsplit(f->text, "\n", -1), *name;
    const char *group = NULL;

    for (int i = 0; lines[i]; i++) {
        char kind = line_kind(lines[i], &name);

        if (kind == '?')
            say(f, i + 1, "is neither [group], key=value nor a comment (#)");
        else if (kind == '[')
            group = name;
        else if (kind == '=' && !group)
            say(f, i + 1, "stands before the first [group]");
        else if (kind == '=' && !g_hash_table_add(seen, g_strdup_printf("%s]%s", group, name)))
            say_key(f, i + 1, group, name, "stands there twice: take one out");
    }
    g_hash_table_destroy(seen);
    g_strfreev(lines);
}

/* Where a power cut left one the rest is lost, and its keys would silently be their defaults. */
static void refuse_nul(struct keyfile *f)
{
    int line = 1;

    for (const char *at = f->text; *at; at++)
        line += *at == '\n';
    say(f, line, "has a NUL: the file is damaged from here on; take it from a copy");
}

bool keyfile_open(struct keyfile *f, const char *path, char *error, size_t room)
{
    GError *why = NULL;
    gsize len;

    *f = (struct keyfile){.file = g_key_file_new(), .path = path, .error = error, .room = room};
    error[0] = '\0';
    if (!g_file_get_contents(f->path, &f->text, &len, &why)) {
        say(f, 0, why->message);
    } else if (strlen(f->text) != len) {
        refuse_nul(f);
    } else {
        check_lines(f);
        if (!f->failed &&
            !g_key_file_load_from_data(f->file, f->text, (gsize)-1, G_KEY_FILE_NONE, &why))
            say(f, 0, why->message);
    }
    g_clear_error(&why);
    return !f->failed;
}

void keyfile_close(struct keyfile *f)
{
    g_key_file_free(f->file);
    g_free(f->text);
}

/* -- values ------------------------------------------------------------------------------------ */

char *keyfile_text(struct keyfile *f, const char *group, const char *key, const char *otherwise)
{
    char *value = g_key_file_get_string(f->file, group, key, NULL);

    if (value)
        g_strstrip(value);
    if (value && value[0])
        return value;
    if (value)
        keyfile_fail(f, group, key, "is empty: give it a value or take the line out");
    else if (!otherwise)
        keyfile_fail(f, group, key, "is missing: add it");
    g_free(value);
    return g_strdup(otherwise);
}

int keyfile_number(struct keyfile *f, const char *group, const char *key, int otherwise, int least,
                   int most)
{
    GError *error = NULL;
    char what[96];
    int value = g_key_file_get_integer(f->file, group, key, &error);

    if (error && (g_error_matches(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND) ||
                  g_error_matches(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_GROUP_NOT_FOUND)))
        value = otherwise;
    else if (error || value < least || value > most) {
        g_snprintf(what, sizeof what, "must be a number from %d to %d", least, most);
        keyfile_fail(f, group, key, what);
    }
    g_clear_error(&error);
    return value;
}

bool keyfile_word(struct keyfile *f, const char *group, const char *key, const char *no,
                  const char *yes, bool otherwise)
{
    char *value = keyfile_text(f, group, key, otherwise ? yes : no), *what;
    bool is = strcmp(value, yes) == 0;

    if (!is && strcmp(value, no) != 0) {
        what = g_strdup_printf("must be %s or %s", yes, no);
        keyfile_fail(f, group, key, what);
        g_free(what);
    }
    g_free(value);
    return is;
}

/* -- keys that nobody reads -------------------------------------------------------------------- */

static const char *keys_of(const struct keyfile_group *known, const char *group)
{
    while (known->name && strcmp(known->name, group) != 0)
        known++;
    return known->keys;
}

static void refuse_in(struct keyfile *f, const char *group, const char *names, const char *example)
{
    char **keys = g_key_file_get_keys(f->file, group, NULL, NULL);
    char *what = g_strdup_printf("no such %s: see %s", names ? "key" : "group", example);

    if (!names)
        keyfile_fail(f, group, "*", what);
    for (size_t i = 0; names && keys && keys[i]; i++) {
        char *word = g_strdup_printf(" %s ", keys[i]);

        if (!strstr(names, word))
            keyfile_fail(f, group, keys[i], what);
        g_free(word);
    }
    g_free(what);
    g_strfreev(keys);
}

void keyfile_refuse_unknown(struct keyfile *f, const struct keyfile_group *known,
                            const char *example)
{
    char **groups = g_key_file_get_groups(f->file, NULL);

    for (size_t i = 0; groups[i]; i++)
        refuse_in(f, groups[i], keys_of(known, groups[i]), example);
    g_strfreev(groups);
}
