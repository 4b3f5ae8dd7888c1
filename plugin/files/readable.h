/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sentences go to people over JSON and D-Bus, which take nothing but UTF-8: one with a path, a
 * reader's name or a server's words in it, which may be of another encoding or cut anywhere, would
 * take the phone off the bus. The same words are shown on terminals and screens.
 */
#ifndef SIMAUTH_PLUGIN_READABLE_H
#define SIMAUTH_PLUGIN_READABLE_H

#include <glib.h>

/* Copies `from` to `to`, of `room` octets with its NUL: what is no UTF-8 is replaced, what does not
 * fit is left out character by character. `to` may be `from`. */
void readable_copy(char *to, const char *from, gsize room);

/* One line for a person, of words that others chose (names, a server's reason): nothing in it moves
 * a cursor, sets colours, turns the order of letters round or begins a line of its own, and what is
 * no UTF-8 is replaced. g_free(). */
char *readable_line(const char *text);

#endif
