/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration of a server: groups of KEY=VALUE in one file. Every mistake is told with its line,
 * group and key, and what to do; a key that nobody knows is one. Reading goes on behind a mistake,
 * so that all are told at once. */
#ifndef SIMAUTH_COMMON_KEYFILE_H
#define SIMAUTH_COMMON_KEYFILE_H

#include <glib.h>
#include <stdbool.h>

struct keyfile {
    GKeyFile *file;
    const char *path;
    char *text;  /* the whole file */
    char *error; /* a line for each mistake, as many as there is room for */
    size_t room;
    bool failed;
};

/* Reads and checks it; `error` has `room` octets and lives as long. Close it in any case. */
bool keyfile_open(struct keyfile *file, const char *path, char *error, size_t room);
void keyfile_close(struct keyfile *file);

void keyfile_fail(struct keyfile *file, const char *group, const char *key, const char *what);
/* g_free() it. Without a value `otherwise`, copied; NULL there: it is needed, and NULL comes back.
 */
char *keyfile_text(struct keyfile *file, const char *group, const char *key, const char *otherwise);
int keyfile_number(struct keyfile *file, const char *group, const char *key, int otherwise,
                   int least, int most);
/* Whether it is `yes`; it has to be that or `no`. */
bool keyfile_word(struct keyfile *file, const char *group, const char *key, const char *no,
                  const char *yes, bool otherwise);

/* A misspelt key would silently be its default. */
struct keyfile_group {
    const char *name;
    const char *keys; /* blanks around each */
};
/* The last of `known` has no name; `example` is where the right ones stand. */
void keyfile_refuse_unknown(struct keyfile *file, const struct keyfile_group *known,
                            const char *example);

#endif
