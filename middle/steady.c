/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "steady.h"

#include <glib.h>

/* Microseconds, as all here. */
static gint64 steady(void)
{
    static gint64 apart;
    static gsize made;

    if (g_once_init_enter(&made)) {
        apart = g_get_real_time() - g_get_monotonic_time();
        g_once_init_leave(&made, 1);
    }
    return g_get_monotonic_time() + apart;
}

int64_t steady_seconds(void)
{
    return steady() / G_TIME_SPAN_SECOND;
}

int64_t steady_apart(void)
{
    gint64 began = steady(); /* before the clock is read for the first time */

    return (g_get_real_time() - began) / G_TIME_SPAN_SECOND;
}
