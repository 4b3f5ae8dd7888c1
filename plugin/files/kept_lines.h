/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files to which records were appended, one JSON object a line, and that were turned over. */
#ifndef SIMAUTH_PLUGIN_KEPT_LINES_H
#define SIMAUTH_PLUGIN_KEPT_LINES_H

#include <glib.h>

/* Lines of PATH.1 and then of PATH that begin an object, the oldest first; what was cut off is
 * among them. Never NULL; g_ptr_array_unref(). */
GPtrArray *kept_lines(const char *path);

#endif
