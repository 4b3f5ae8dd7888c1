/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists: for a person on a terminal, for a pipe, or one JSON object a line. */
#include "ctl.h"

#include <glib.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define GAP 2
#define REST_LEAST 12

/* 0: nothing is cut. */
static int terminal_width(void)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;

    if (!isatty(STDOUT_FILENO))
        return 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return columns && atoi(columns) > 0 ? atoi(columns) : 80;
}

static int rest_width(const struct ctl_column *columns)
{
    int width = terminal_width();

    if (!width)
        return 0;
    for (const struct ctl_column *c = columns; c->title; c++)
        width -= c->width + (c[1].title ? GAP : 0);
    return MAX(width, REST_LEAST);
}

static void put_cell(const struct ctl_column *column, const char *text, int rest)
{
    int room = column->width ? column->width : rest;
    bool cut = terminal_width() && room && g_utf8_strlen(text, -1) > room;
    int shown = cut ? room - 1 : (int)g_utf8_strlen(text, -1);
    const char *end = g_utf8_offset_to_pointer(text, shown);

    fwrite(text, 1, (size_t)(end - text), stdout);
    if (cut)
        fputs("\xe2\x80\xa6", stdout);
    if (!column[1].title)
        return;
    for (int i = shown + cut; i < room + GAP || i < shown + GAP; i++)
        putchar(' ');
}

void ctl_heading(const struct ctl *ctl, const struct ctl_column *columns)
{
    int rest;

    if (ctl->json)
        return;
    rest = rest_width(columns);
    for (const struct ctl_column *c = columns; c->title; c++)
        put_cell(c, c->title, rest);
    putchar('\n');
}

void ctl_json(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static json_t *json_cell(enum ctl_kind kind, const char *text, int64_t number)
{
    switch (kind) {
    case CTL_NUMBER:
    case CTL_TIME:
        return json_integer((json_int_t)number);
    case CTL_FLAG:
        return json_boolean(number != 0);
    default:
        return json_string(text);
    }
}

static void text_of(enum ctl_kind kind, int64_t number, char text[static 32])
{
    g_snprintf(text, 32, "%lld", (long long)number);
    if (kind == CTL_FLAG)
        g_strlcpy(text, number ? "yes" : "no", 32);
    if (kind != CTL_DAY && kind != CTL_TIME)
        return;
    if (number >= STORE_FOREVER) {
        g_strlcpy(text, "no end", 32);
        return;
    }
    ctl_time_text(number, text);
    text[kind == CTL_DAY ? 10 : 16] = '\0';
}

void ctl_row(const struct ctl *ctl, const struct ctl_column *columns, ...)
{
    json_t *object = ctl->json ? json_object() : NULL;
    int rest = ctl->json ? 0 : rest_width(columns);
    va_list values;
    char made[32];

    va_start(values, columns);
    for (const struct ctl_column *c = columns; c->title; c++) {
        const char *text = made;
        int64_t number = 0;

        if (c->kind == CTL_TEXT)
            text = va_arg(values, const char *);
        else
            number = c->kind == CTL_FLAG ? va_arg(values, int) : va_arg(values, int64_t);
        if (c->kind != CTL_TEXT)
            text_of(c->kind, number, made);
        if (object)
            json_object_set_new(object, c->name, json_cell(c->kind, text, number));
        else
            put_cell(c, text, rest);
    }
    va_end(values);
    if (object)
        ctl_json(object);
    else
        putchar('\n');
}
