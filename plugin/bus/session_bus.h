/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The D-Bus front: what org.simauth.Phone1.xml says, on the person's session bus, beside the socket
 * of control.h and with the same handler behind it. sd-bus in the main loop of whoever starts it;
 * nothing here waits, has a thread, or minds that there is no bus: then it looks for one again.
 *
 * Each sender is asked for its uid before anything of its is looked at.
 */
#ifndef SIMAUTH_PLUGIN_SESSION_BUS_H
#define SIMAUTH_PLUGIN_SESSION_BUS_H

#include "control.h"

#define SESSION_BUS_SECRET_MAX 512

/* The main loop, as this front needs it. */
struct session_bus_loop {
    void *(*watch)(void *context, int fd, void (*ready)(void *arg), void *arg);
    void (*watch_for_write)(void *watch, bool on);
    void (*unwatch)(void *watch);
    void *(*timer)(void *context, unsigned ms, void (*expired)(void *arg), void *arg); /* once */
    void (*timer_stop)(void *timer);
    void *context;
};

/* What came in a sealed memfd. The front wipes it when handle_secret() has returned. */
struct session_bus_secret {
    size_t len;
    char text[SESSION_BUS_SECRET_MAX + 1]; /* NUL behind it */
};

struct session_bus_user {
    struct session_bus_loop loop;
    /* One command, as control_user.handle; members of `request` are named as the arguments are in
     * the XML. */
    void (*handle)(const char *command, const json_t *request, struct control_reply *reply);
    void (*handle_secret)(const char *command, const struct session_bus_secret *secret,
                          const json_t *request, struct control_reply *reply);
    /* {"account/0": {"org.simauth.Account1": {"Aor": ...}}, ...} as it is now; "" is the root. A
     * new reference. Every property of the XML is there. */
    json_t *(*objects)(void);
    /* Somebody on the bus asks the person for PINs, or nobody does any more. */
    void (*pin_asker)(bool present);
    /* A line for the log. */
    void (*note)(const char *sentence);
};

struct session_bus;

/* NULL: out of memory. No bus is no failure. */
struct session_bus *session_bus_start(const struct session_bus_user *user);
void session_bus_stop(struct session_bus *bus); /* NULL is allowed */
/* Something in objects() may be another now: compared and told at the loop's next turn. */
void session_bus_changed(struct session_bus *bus);
/* A signal of org.simauth.Phone1 with strings alone; `strings` NULL: none. */
void session_bus_signal(struct session_bus *bus, const char *member, const json_t *strings);
/* Whether it has its name on a bus. */
bool session_bus_connected(const struct session_bus *bus);

#endif
