/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "note.h"

#include <bctoolbox/logging.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOMAIN "simauth"
#define FILE_LIMIT (1024L * 1024L)
#define LINE_MAX_OCTETS 1024

/* A disk that was full may have cut the last line off: what follows must not become a part of it.
 */
static bool ends_in_a_line(int file)
{
    struct stat about;
    char last = '\n';

    if (fstat(file, &about) == 0 && about.st_size > 0)
        (void)!pread(file, &last, 1, about.st_size - 1);
    return last == '\n';
}

bool note_append(const char *path, const char *line, long limit)
{
    char *folder = g_path_get_dirname(path), *older = g_strconcat(path, ".1", NULL);
    char *whole = g_strconcat("\n", line, "\n", NULL), *text = whole;
    size_t len = strlen(whole);
    struct stat about;
    int file = -1;
    bool good;

    if (g_mkdir_with_parents(folder, 0700) == 0) {
        if (g_stat(path, &about) == 0 && about.st_size + (long)len > limit)
            (void)g_rename(path, older);
        file = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    if (file >= 0 && ends_in_a_line(file)) {
        text++;
        len--;
    }
    good = file >= 0 && write(file, text, len) == (ssize_t)len;
    if (file >= 0)
        close(file);
    g_free(folder);
    g_free(older);
    g_free(whole);
    return good;
}

static void to_file(const char *line)
{
    char *path = g_build_filename(g_get_user_state_dir(), "simauth", "log", NULL);
    GDateTime *now = g_date_time_new_now_utc();
    char *when = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%fZ");
    char *whole = g_strconcat(when, " ", line, NULL);

    (void)note_append(path, whole, FILE_LIMIT); /* Linphone's own log has it too */
    g_free(whole);
    g_free(when);
    g_date_time_unref(now);
    g_free(path);
}

/* What a peer wrote may stand in a line: it stays one line. */
static void one_line(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
    }
}

/* Our domain has no level of its own until it is given one: that of Linphone's media. */
static void follow_level(void)
{
    bctbx_set_log_level(DOMAIN, bctbx_log_level_enabled("mediastreamer", BCTBX_LOG_MESSAGE)
                                    ? BCTBX_LOG_MESSAGE
                                    : BCTBX_LOG_ERROR);
}

static void say(char *line)
{
    one_line(line);
    follow_level();
    bctbx_log(DOMAIN, BCTBX_LOG_MESSAGE, "%s", line);
    to_file(line);
}

void note(const char *format, ...)
{
    char line[LINE_MAX_OCTETS];
    int n = g_snprintf(line, sizeof(line), "simauth: ");
    va_list args;

    va_start(args, format);
    g_vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
    va_end(args);
    say(line);
}

void note_call(const char *call_id, bool caller, const char *step, const char *format, ...)
{
    char line[LINE_MAX_OCTETS];
    int n = g_snprintf(line, sizeof(line), "simauth: call %.200s %s: %s: ", call_id,
                       caller ? "caller" : "callee", step);
    va_list args;

    va_start(args, format);
    if (n > 0 && (size_t)n < sizeof(line))
        g_vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
    va_end(args);
    say(line);
}
