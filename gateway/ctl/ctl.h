/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* simauth-gatewayctl: one file a subject, one row a command. */
#ifndef SIMAUTH_GATEWAY_CTL_H
#define SIMAUTH_GATEWAY_CTL_H

#include "../gateway.h"
#include <stdio.h>

#define CTL_OPTIONS_MAX 24

/* "--name value" and words, in any order. */
struct ctl {
    const char *program_config; /* --config */
    struct gateway gateway;     /* open, except for init and check */
    int word_count;
    const char *words[8]; /* after the command */
    int option_count;
    struct {
        const char *name, *value; /* value "" for a switch */
    } options[CTL_OPTIONS_MAX];
    bool json;
};

struct ctl_command {
    const char *subject, *verb;
    const char *arguments; /* for help */
    const char *options;   /* names with blanks around; "name=" takes a value */
    const char *help;
    int words;   /* how many words it takes */
    bool closed; /* does not need the store */
    int (*run)(struct ctl *ctl);
};
extern const struct ctl_command ctl_subscriber_commands[], ctl_binding_commands[],
    ctl_partner_commands[], ctl_record_commands[], ctl_base_commands[];

/* NULL when it was not given. */
const char *ctl_option(const struct ctl *ctl, const char *name);
/* Prints "simauth-gatewayctl: ..." and returns 1. */
int ctl_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* 0, or prints what the store says about `what`. */
int ctl_store(enum store_result result, const char *what);
/* A writing transaction around `run`; prints what fails. */
int ctl_change(struct ctl *ctl, enum store_result (*run)(struct ctl *ctl, void *data), void *data,
               const char *what);
/* Whole numbers within limits; prints what is wrong. */
int ctl_number(const struct ctl *ctl, const char *name, int otherwise, int least, int most,
               int *value);
/* 32 hexadecimal digits and the like. */
bool ctl_hex(const char *text, uint8_t *octets, size_t len);
/* "YYYY-MM-DD" as seconds since 1970; -1. */
int64_t ctl_date(const char *text);
/* Writes the date of `time`, 20 octets. */
void ctl_time_text(int64_t time, char text[static 24]);

#endif
