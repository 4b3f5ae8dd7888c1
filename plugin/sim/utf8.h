/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of names and paths in sentences, which are UTF-8: no character is cut in two. */
#ifndef SIMAUTH_PLUGIN_SIM_UTF8_H
#define SIMAUTH_PLUGIN_SIM_UTF8_H

/* How many octets of the beginning to show, `max` at most: for "%.*s". */
int utf8_first(const char *text, int max);
/* The end of a text, at most `max` octets. */
const char *utf8_last(const char *text, int max);

#endif
