/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kept_lines.h"
#include "small_file.h"

/* A disk that lost power may have left NUL octets where a line was: what stands behind them counts.
 */
static void add_lines(GPtrArray *lines, char *text, gsize len)
{
    for (char *at = text, *end; at < text + len; at = end + 1) {
        end = at;
        while (end < text + len && *end && *end != '\n')
            end++;
        if (*at == '{')
            g_ptr_array_add(lines, g_strndup(at, (gsize)(end - at)));
    }
}

GPtrArray *kept_lines(const char *path)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    const char *const ends[] = {".1", ""};

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        char *name = g_strconcat(path, ends[i], NULL), *text = NULL;
        gsize len = 0;

        if (small_file_read(name, SMALL_FILE_MAX, &text, &len, NULL))
            add_lines(lines, text, len);
        g_free(text);
        g_free(name);
    }
    return lines;
}
