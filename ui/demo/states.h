/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* states.ini: what is in [state NAME], else in [base]; kept.ini: [peer N], [key N], [record N]. */
#ifndef SIMAUTH_UI_STATES_H
#define SIMAUTH_UI_STATES_H

#include <gio/gio.h>

struct states;

struct states *states_read(GError **error);
void states_free(struct states *states); /* NULL is allowed */

char **states_names(const struct states *states);
gboolean states_has(const struct states *states, const char *state);
/* As it stands; NULL when it is in neither. g_free() it. */
char *states_text(const struct states *states, const char *state, const char *key);
/* GVariant text of that type; NULL when it is in neither. A mistake in the file ends the program.
 */
GVariant *states_value(const struct states *states, const char *state, const char *key,
                       const char *type);
/* The a{sv} of all groups "KIND N". */
GPtrArray *states_list(const struct states *states, const char *kind);

#endif
