/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* record list, export, rotate. */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAGE 10000
#define OPEN_S                                                                                     \
    600 /* the outcome of a call that is older changes no more; a first key's may, for a day */

#define BUSY_US (10 * G_USEC_PER_SEC) /* how long another may have the database */

static const struct ctl_column columns[] = {{"Number", "id", 6, CTL_NUMBER},
                                            {"Time (UTC)", "time", 16, CTL_TIME},
                                            {"Side", "side", 5, CTL_TEXT},
                                            {"Partner", "partner", 8, CTL_TEXT},
                                            {"SIM", "method", 7, CTL_TEXT},
                                            {"First", "first", 5, CTL_FLAG},
                                            {"Outcome", "outcome", 9, CTL_TEXT},
                                            {"Caller -> callee", "call", 0, CTL_TEXT},
                                            {0}};

/* One of the forms in which records leave. */
enum form { FORM_TABLE, FORM_CSV, FORM_JSON };
struct walk {
    const struct ctl *ctl;
    struct store_record_filter filter;
    enum form form;
    FILE *file;
    int64_t last;
    int count;
    long total;
};

/* RFC 4180; a cell that a spreadsheet would take for a formula gets an apostrophe. */
static void put_csv(FILE *file, const char *text, char end)
{
    if (text[0] && strchr("=+-@", text[0]))
        fputc('\'', file);
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, file);
    } else {
        fputc('"', file);
        for (; *text; text++) {
            if (*text == '"')
                fputc('"', file);
            fputc(*text, file);
        }
        fputc('"', file);
    }
    fputc(end, file);
}

static void put_record(const struct walk *walk, const struct store_record *r)
{
    const char *outcome = store_outcome_name(r->outcome);
    char when[24];
    json_t *object;

    if (walk->form == FORM_CSV) {
        ctl_time_text(r->time, when);
        fprintf(walk->file, "%" PRId64 ",%.10sT%sZ,%s,", r->id, when, when + 11, r->side);
        put_csv(walk->file, r->partner, ',');
        put_csv(walk->file, r->nai_a, ',');
        put_csv(walk->file, r->nai_b, ',');
        fprintf(walk->file, "%s,%s,%s\n", r->method, r->first ? "first" : "again", outcome);
        return;
    }
    object =
        json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "id", (json_int_t)r->id, "time",
                  (json_int_t)r->time, "side", r->side, "partner", r->partner, "nai_a", r->nai_a,
                  "nai_b", r->nai_b, "method", r->method, "first", r->first, "outcome", outcome);
    json_dumpf(object, walk->file, JSON_COMPACT);
    fputc('\n', walk->file);
    json_decref(object);
}

static int take_record(const struct store_record *r, void *data)
{
    struct walk *walk = data;
    char call[2 * SIMAUTH_NAI_MAX + 5];

    if (walk->form != FORM_TABLE) {
        put_record(walk, r);
    } else {
        snprintf(call, sizeof call, "%s -> %s", r->nai_a, r->nai_b);
        ctl_row(walk->ctl, columns, r->id, r->time, r->side, r->partner, r->method, (int)r->first,
                store_outcome_name(r->outcome), call);
    }
    walk->filter.after = r->id;
    walk->count++;
    walk->total++;
    return 0;
}

static enum store_result walk_pages(struct ctl *ctl, void *data)
{
    struct walk *walk = data;
    enum store_result result = STORE_OK;

    walk->filter.limit = PAGE;
    for (walk->count = PAGE; result == STORE_OK && walk->count == PAGE;) {
        struct store_record_filter page = walk->filter;

        walk->count = 0;
        result = ctl->gateway.ops->record_list(ctl->gateway.store, &page, take_record, walk);
    }
    return result;
}

static int list(struct ctl *ctl)
{
    struct walk walk = {.ctl = ctl, .form = ctl->json ? FORM_JSON : FORM_TABLE, .file = stdout};

    if (ctl_period(ctl, &walk.filter.from, &walk.filter.to) != 0)
        return 1;
    walk.filter.nai = ctl_option(ctl, "nai");
    ctl_heading(ctl, columns);
    return ctl_look(ctl, walk_pages, &walk, "records");
}

/* -- export, rotate ---------------------------------------------------------------------------- */

static int read_form(const struct ctl *ctl, enum form *form)
{
    const char *name = ctl_option(ctl, "format");

    *form = name && strcmp(name, "jsonl") == 0 ? FORM_JSON : FORM_CSV;
    return !name || *form == FORM_JSON || strcmp(name, "csv") == 0
               ? 0
               : ctl_fail("--format must be csv or jsonl");
}

static void put_heading(const struct walk *walk)
{
    if (walk->form == FORM_CSV)
        fputs("number,time,side,partner,caller,callee,method,pair,outcome\n", walk->file);
}

/* Ours alone, and empty, also where one that was killed left it; NULL, and it is said why not. */
static FILE *open_part(const char *part)
{
    int fd = open(part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat ours, there;
    FILE *file = NULL;

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0)
        ctl_fail("%s: another command is writing it", part);
    else if (fd >= 0 && (fstat(fd, &ours) != 0 || lstat(part, &there) != 0 ||
                         ours.st_ino != there.st_ino || ours.st_dev != there.st_dev))
        ctl_fail("%s: another command has just written it", part);
    else if (fd < 0 || fchmod(fd, 0600) != 0 || ftruncate(fd, 0) != 0 || !(file = fdopen(fd, "w")))
        ctl_fail("%s: %s", part, g_strerror(errno));
    if (!file && fd >= 0)
        close(fd);
    return file;
}

/* A file that must not be there yet: it is whole, on the disk and 0600, or it is not there. */
static int write_file(struct ctl *ctl, struct walk *walk, const char *path)
{
    char *part;
    int result = 1;

    if (access(path, F_OK) == 0)
        return ctl_fail("%s: is there already: nothing was written", path);
    part = g_strconcat(path, ".part", NULL);
    walk->file = open_part(part);
    if (!walk->file) {
        g_free(part);
        return result;
    }
    put_heading(walk);
    result = ctl_look(ctl, walk_pages, walk, "records");
    if (result == 0)
        result = ctl_written(walk->file, part);
    if (result == 0 && fsync(fileno(walk->file)) != 0)
        result = ctl_fail("%s: %s", part, g_strerror(errno));
    if (result == 0 && g_rename(part, path) != 0)
        result = ctl_fail("%s: %s", path, g_strerror(errno));
    if (result != 0)
        g_unlink(part);
    if (fclose(walk->file) != 0 && result == 0) /* as long as it is open nobody else has it */
        result = ctl_fail("%s: %s", path, g_strerror(errno));
    g_free(part);
    return result == 0 ? ctl_keep_name(path) : result;
}

static int export(struct ctl *ctl)
{
    struct walk walk = {.ctl = ctl, .file = stdout};
    const char *path = ctl_option(ctl, "file");

    if (ctl_period(ctl, &walk.filter.from, &walk.filter.to) != 0 || read_form(ctl, &walk.form) != 0)
        return 1;
    if (path)
        return write_file(ctl, &walk, path);
    put_heading(&walk);
    return ctl_look(ctl, walk_pages, &walk, "records");
}

static enum store_result purge_some(const struct gateway *gateway,
                                    const struct store_record_filter *filter)
{
    enum store_result result = gateway->ops->begin(gateway->store, STORE_WRITE);

    if (result != STORE_OK)
        return result;
    result = gateway->ops->record_purge(gateway->store, filter->to, filter->after);
    if (result == STORE_OK)
        return gateway->ops->commit(gateway->store);
    gateway->ops->rollback(gateway->store);
    return result;
}

/* A few at a time, so that no gateway waits for all of them. */
static int purge(const struct ctl *ctl, const struct store_record_filter *filter, const char *path)
{
    int64_t end_us = g_get_monotonic_time() + BUSY_US;
    enum store_result result;

    do {
        result = purge_some(&ctl->gateway, filter);
        if (result == STORE_OK)
            end_us = g_get_monotonic_time() + BUSY_US;
    } while (result == STORE_OK || (result == STORE_BUSY && g_get_monotonic_time() < end_us));
    if (result == STORE_NONE)
        return 0;
    return ctl_fail("%s has the records, but not all of them could be removed (%s): the next file "
                    "will have those again, under the same numbers",
                    path, store_result_name(result));
}

/* What is removed has left before, and is on the disk; and in the state in which it stays (a first
 * key that is fetched later keeps the outcome that it had). One that
 * was written meanwhile has a higher number, and waits for the next time. */
static int rotate(struct ctl *ctl)
{
    struct walk walk = {.ctl = ctl};
    const char *before = ctl_option(ctl, "before");
    int64_t day = before ? ctl_date(before) : -1;
    int result;

    if (day < 0 || day > (int64_t)time(NULL))
        return ctl_fail("--before must be a date, YYYY-MM-DD, that is not to come");
    if (day > (int64_t)time(NULL) - OPEN_S)
        return ctl_fail("--before %s: calls of that midnight may not be over yet; try again in %d "
                        "minutes",
                        before, OPEN_S / 60);
    if (read_form(ctl, &walk.form) != 0)
        return 1;
    walk.filter.to = day;
    result = write_file(ctl, &walk, ctl->words[0]);
    if (result == 0)
        result = purge(ctl, &walk.filter, ctl->words[0]);
    if (result == 0)
        printf("%ld records\n", walk.total);
    return result;
}

const struct ctl_command ctl_record_commands[] = {
    {"record", "list", "[--from DATE] [--to DATE] [--nai NAI] [--json]", " from= to= nai= json ",
     "list charging records", 0, false, list},
    {"record", "export", "[--format csv|jsonl] [--from DATE] [--to DATE] [--file FILE]",
     " format= from= to= file= ", "every member of every record, for another program", 0, false,
     export},
    {"record", "sum", "[--by partner|subscriber] [--from DATE] [--to DATE] [--json]",
     " by= from= to= json ",
     "vectors and what they cost, each by the price of its time: every vector counts\n"
     "      from when it was given, as at the partner",
     0, false, ctl_record_sum},
    {"record", "rotate", "FILE --before DATE [--format csv|jsonl]", " before= format= ",
     "write the records before that day to FILE and then remove them here", 1, false, rotate},
    {0}};
