/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What simauthctl's subcommands share. One file a subcommand, one row in simauthctl.c. */
#ifndef SIMAUTH_PLUGIN_CTL_H
#define SIMAUTH_PLUGIN_CTL_H

#include "settings.h"
#include <jansson.h>
#include <stdbool.h>

/* Exit statuses. */
enum ctl_exit {
    CTL_GOOD = 0,
    CTL_NOT = 1,         /* done, and the answer is no: a failed self-test, nothing to forget */
    CTL_USAGE = 2,       /* wrong words on the command line */
    CTL_NOT_RUNNING = 3, /* it needs a running Linphone with the plugin, and there is none */
    CTL_SETTINGS = 4,    /* the settings file is missing, wrong or cannot be written */
    CTL_ERROR = 5        /* anything else: the sentence on stderr says what */
};

struct ctl {
    char *config; /* path of the settings file; never NULL */
    bool json;
};

struct ctl_command {
    const char *name, *synopsis, *help;
    enum ctl_exit (*run)(const struct ctl *ctl, int argc, char **argv); /* argv[0] is the name */
};

extern const struct ctl_command ctl_status, ctl_settings, ctl_switch, ctl_pins, ctl_calls,
    ctl_continue_once, ctl_self_test, ctl_binding, ctl_sim, ctl_keys;

/* "simauthctl: ..." on stderr. */
void ctl_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
enum ctl_exit ctl_usage(const struct ctl_command *command);
/* "2026-01-31 12:00", local time; "never" for 0. Static storage. */
const char *ctl_time(json_int_t seconds);
/* A string member, "" when it is not there. */
const char *ctl_text(const json_t *object, const char *name);

/* Asks every running Linphone of this user. Takes `request`. Returns the answers in an array (each
 * with "pid"); empty when none runs. */
json_t *ctl_ask_all(json_t *request);
/* What is shown of this on a terminal is text and nothing else. */
void ctl_make_harmless(json_t *value);
/* Asks all for `command` and prints each answer with `show`, or all of them as JSON. */
enum ctl_exit ctl_show_all(const struct ctl *ctl, const char *command,
                           void (*show)(const json_t *answer));
/* The canonical form of what the person typed; false after a complaint. */
bool ctl_read_address(const char *text, char aor[static SIMAUTH_AOR_MAX + 1]);
/* Says that none runs. */
enum ctl_exit ctl_not_running(void);
/* Complains about every answer that is an error; true when all are good. */
bool ctl_all_good(const json_t *answers);
/* The settings, or NULL after a complaint. */
struct settings *ctl_read_settings(const struct ctl *ctl);
/* Changes one key of the file, keeping comments; checks the whole before it writes. `value` NULL:
 * takes it out. */
enum ctl_exit ctl_change(const struct ctl *ctl, const char *group, const char *key,
                         const char *value);

#endif
