/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A peer that has the plugin's interface and no phone behind it, for designers and tests: it plays
 * the states of demo/states.ini, whose properties and answers are checked against
 * org.simauth.Phone1.xml. Its name on the bus is not one that a window without --demo listens to,
 * so that nobody is shown a call that is none.
 *
 * It has one interface more, org.simauth.Demo1 on /org/simauth/Demo1: Show(s state), States() ->
 * as, Asked() -> as (the methods that the window called since the last time, with their arguments),
 * Owe(s method): its next answer comes behind the next state, as that state has it.
 */
#ifndef SIMAUTH_UI_DEMO_H
#define SIMAUTH_UI_DEMO_H

#include <gio/gio.h>

#define DEMO_NAMES "org.simauth.Demo1"

struct demo;

/* Takes its name on `bus` and shows `state`; NULL with `error` where there is no such state. Ends
 * with demo_free(), NULL is allowed. */
struct demo *demo_new(GDBusConnection *bus, const char *state, GError **error);
void demo_free(struct demo *demo);
/* False: no such state, nothing changes. */
gboolean demo_show(struct demo *demo, const char *state);
/* One state after the other, each for that many seconds. */
void demo_play(struct demo *demo, guint seconds);
/* The names of all states, in their order; free with g_strfreev(). */
char **demo_states(void);

#endif
