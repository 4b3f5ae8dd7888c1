/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside the D-Bus front. */
#ifndef SIMAUTH_PLUGIN_SESSION_BUS_PRIVATE_H
#define SIMAUTH_PLUGIN_SESSION_BUS_PRIVATE_H

#include "session_bus.h"

#include <glib.h>
#include <systemd/sd-bus.h>

#define BUS_ROOT "/org/simauth/Phone1"
#define BUS_NAME "org.simauth.Phone1"
#define BUS_PHONE "org.simauth.Phone1"
#define BUS_ERROR "org.simauth.Error."

struct session_bus {
    struct session_bus_user user;
    sd_bus *bus; /* NULL: none now */
    void *watch, *tick;
    bool named;             /* the name is ours: clients see us */
    bool dirty;             /* objects() is to be compared */
    bool told_no_bus;       /* the log has said so since there was one */
    unsigned names;         /* tried so far */
    unsigned again_ms;      /* until the next look for a bus */
    json_t *objects;        /* as they were last told; NULL before */
    GHashTable *senders;    /* unique name -> struct bus_sender */
    GHashTable *pin_askers; /* unique name -> struct pin_asker; NULL or empty: nobody */
    GHashTable *calls;      /* member -> struct bus_calls: spacing and what is under way */
};

/* session_bus_objects.c */
int bus_objects_install(struct session_bus *b);
/* Compares objects() with what was told, and tells what is another. */
void bus_objects_refresh(struct session_bus *b);
/* session_bus_calls.c: every method of org.simauth.Phone1. */
int bus_on_method(sd_bus_message *message, void *userdata, sd_bus_error *error);
/* What was answered from another thread than the loop's goes out. */
void bus_answer_late(void);
/* session_bus_senders.c: the filter before everything else. */
int bus_on_message(sd_bus_message *message, void *userdata, sd_bus_error *error);
void bus_senders_clear(struct session_bus *b);
/* "I ask the person for the PIN": the sender of `message`. */
int bus_set_pin_asker(struct session_bus *b, sd_bus_message *message, bool on);
void bus_drop_pin_askers(struct session_bus *b);
/* sealed.c: what the memfd holds; 0, or the name of an error with a sentence in *why (static). */
const char *bus_read_sealed(int fd, struct session_bus_secret *secret, const char **why);
/* session_bus_calls.c: appends `value` as `type` ("s", "a(sss)", "aa{sv}", ...). */
int bus_append(sd_bus_message *message, const char *type, const json_t *value, const char *fields);
/* 'i', 'u' or 'x': how integers of this name travel. */
char bus_integer_type(const char *name);

#endif
