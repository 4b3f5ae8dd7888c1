/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads files of the person's folders in somebody else's program, on its main loop too: whatever
 * stands at that path (a pipe, a device, a file without end), it answers at once.
 */
#ifndef SIMAUTH_PLUGIN_SMALL_FILE_H
#define SIMAUTH_PLUGIN_SMALL_FILE_H

#include <glib.h>

#define SMALL_FILE_MAX (1024u * 1024u) /* octets: settings, lists of people */

/* As g_file_get_contents(), of a regular file of at most `max` octets; a symbolic link to one is
 * one. *text is the caller's, with a NUL behind it; `len` and `error` may be NULL. FALSE: a
 * G_FILE_ERROR whose text names the path. */
gboolean small_file_read(const char *path, gsize max, char **text, gsize *len, GError **error);

#endif
