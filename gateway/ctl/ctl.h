/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* simauth-gatewayctl: one file a subject, one row a command. */
#ifndef SIMAUTH_GATEWAY_CTL_H
#define SIMAUTH_GATEWAY_CTL_H

#include "../gateway.h"
#include <jansson.h>
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
extern const struct ctl_command ctl_subscriber_commands[], ctl_import_commands[],
    ctl_person_commands[], ctl_binding_commands[], ctl_conflict_commands[], ctl_sim_commands[],
    ctl_partner_commands[], ctl_partner_test_commands[], ctl_record_commands[],
    ctl_price_commands[], ctl_base_commands[], ctl_completion_commands[], ctl_seal_commands[],
    ctl_backup_commands[], ctl_certificate_commands[];
/* The command after `previous` in all of these; NULL `previous`: the first; NULL: no more. */
const struct ctl_command *ctl_next_command(const struct ctl_command *previous);

/* Root does not touch a database that is another user's. 0; else it is said whose. */
int ctl_check_user(const struct config *config);
/* NULL when it was not given. */
const char *ctl_option(const struct ctl *ctl, const char *name);
/* Prints "simauth-gatewayctl: ..." and returns 1. */
int ctl_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Whether all that was ever written to `file` has left; 1 with a message about `name`. */
int ctl_written(FILE *file, const char *name);
/* 0, or prints what the store says about `what`. */
int ctl_store(enum store_result result, const char *what);
/* A reading transaction around `run`; prints what fails. */
int ctl_look(struct ctl *ctl, enum store_result (*run)(struct ctl *ctl, void *data), void *data,
             const char *what);
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
/* --from and --to as a period; to 0: no end. Prints what is wrong. */
int ctl_period(const struct ctl *ctl, int64_t *from, int64_t *to);
/* The canonical form of an address; prints what is wrong. */
int ctl_aor(const char *text, char aor[static SIMAUTH_AOR_MAX + 1]);
/* One line of the history of an address or a SIM, by the operator. */
enum store_result ctl_event(struct ctl *ctl, const char *aor, const char *nai, const char *what);
/* IMPI and NAI (`nai`, or one that tells nothing of the IMSI when NULL); prints what is wrong. */
int ctl_subscriber_names(const struct ctl *ctl, struct store_subscriber *s, int mnc_digits,
                         const char *nai);
/* The same without a SIM: s->imsi is a name. */
int ctl_subscriber_names_without(const struct ctl *ctl, struct store_subscriber *s,
                                 const char *nai);
/* What --keys, --algorithm and --2g say, or that they may not be there; prints what is wrong. */
int ctl_subscriber_keys(const struct ctl *ctl, struct store_subscriber *s);
/* record sum. */
int ctl_record_sum(struct ctl *ctl);
/* An amount of money, as "price set" takes it. */
void ctl_amount_text(int64_t amount, char text[static 24]);
/* After a long while without the database: a gateway may run since, which gives records their
 * numbers. False, and it is said: it cannot be opened; then there is none any more. */
bool ctl_open_again(struct ctl *ctl);
/* The name of a file that was made is on the disk. 0; else it is said. */
int ctl_keep_name(const char *path);
/* Writes `text` to a file of mode 0600 that must not be there yet, and waits for the disk. */
int ctl_write_private(const char *path, const char *text);

/* -- tables --------------------------------------------------------------------------------------
 * A list for people, or with --json one object a line. On a terminal it fits its width: the column
 * of width 0 takes what is left, and is cut there; in a pipe nothing is cut. */
enum ctl_kind {
    CTL_TEXT,   /* const char * */
    CTL_NUMBER, /* int64_t */
    CTL_DAY,    /* int64_t, shown as a date */
    CTL_TIME,   /* int64_t, shown as date and time; JSON has the number */
    CTL_FLAG    /* int */
};
struct ctl_column {
    const char *title, *name; /* name: of the JSON member */
    int width;                /* 0: the rest */
    enum ctl_kind kind;
};
/* Both end with a column without title. */
void ctl_heading(const struct ctl *ctl, const struct ctl_column *columns);
void ctl_row(const struct ctl *ctl, const struct ctl_column *columns, ...);
/* Prints one object as a line of JSON, and gives it up. */
void ctl_json(json_t *object);

/* Writes the date of `time`, 20 octets. */
void ctl_time_text(int64_t time, char text[static 24]);

#endif
