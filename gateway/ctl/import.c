/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* subscriber import: a million lines in one transaction, all or none; or in parts, so that a
 * gateway on the same SQLite file serves on meanwhile. However it ends, the last line says what is
 * in. */
#include "ctl.h"
#include "keys_file.h"

#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_ROWS 4096
#define PART_ROWS 100 /* in one transaction: milliseconds, also in PostgreSQL */
#define PART_PAUSE_US 5000
#define BAR 30
#define FIELDS_MAX 8 /* seven, and one too many */
#define SQN_MAX ((UINT64_C(1) << 48) - 1)

struct import {
    FILE *file;
    const char *name;
    int64_t size, now; /* size 0: not known */
    int64_t started_us;
    long line, added;
    long from;                   /* lines before it are not looked at */
    long part;                   /* rows of a transaction; 0: all of them in one */
    long line_before, in_before; /* what is in for good */
    bool bar, end;               /* end: of the file */
    bool said;                   /* why it failed */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

/* -- a line ------------------------------------------------------------------------------------ */

/* Cuts `row` at its commas; blanks around a field do not count. */
static int split(char *row, char *fields[static FIELDS_MAX])
{
    int count = 0;

    for (char *at = row; at && count < FIELDS_MAX; count++) {
        char *comma = strchr(at, ',');

        if (comma)
            *comma = '\0';
        fields[count] = g_strstrip(at);
        at = comma ? comma + 1 : NULL;
    }
    return count;
}

static const char *read_keys(char *const fields[], struct store_keys *keys)
{
    keys->op_is_opc = strcmp(fields[2], "opc") == 0;
    if (!keys->op_is_opc && strcmp(fields[2], "op") != 0)
        return "the third field is neither opc nor op";
    if (!ctl_hex(fields[1], keys->k, 16))
        return "K (the second field) has not 32 hexadecimal digits";
    if (!ctl_hex(fields[3], keys->op, 16))
        return "OPc or OP (the fourth field) has not 32 hexadecimal digits";
    return store_keys_elsewhere(keys) ? "K and OP of zeros are nobody's keys" : NULL;
}

static const char *read_amf(const char *text, struct store_keys *keys)
{
    if (text[0] && !ctl_hex(text, keys->amf, 2))
        return "AMF (the fifth field) has not four hexadecimal digits";
    return keys->amf[0] & 0x80 ? "AMF (the fifth field) has the separation bit" : NULL;
}

static const char *read_sqn(const char *text, struct store_subscriber *s)
{
    char *end;

    s->sqn = strtoull(text, &end, 10);
    return *end || text[0] == '-' || s->sqn > SQN_MAX
               ? "SQN (the seventh field) is no number of 48 bits"
               : NULL;
}

/* NAME,,ha1,VALUE[,,NAI]: a subscriber without a SIM. */
static const char *read_without(struct ctl *ctl, char *const fields[], int count,
                                struct store_subscriber *s)
{
    if (count > 6 || fields[1][0] || (count > 4 && fields[4][0]))
        return "of a subscriber without a SIM there is no K, AMF or SQN: NAME,,ha1,VALUE[,,NAI]";
    if (!ctl->gateway.config->allow_password)
        return "it has no SIM, and [auc] allow_password is false";
    if (strlen(fields[0]) > STORE_IMSI_MAX)
        return "the name (the first field) has more than 15 characters";
    g_strlcpy(s->imsi, fields[0], sizeof s->imsi);
    if (!ctl_hex(fields[3], s->keys.ha1, sizeof s->keys.ha1))
        return "H(A1) (the fourth field) has not 64 hexadecimal digits";
    return ctl_subscriber_names_without(ctl, s, count > 5 && fields[5][0] ? fields[5] : NULL) == 0
               ? NULL
               : "its name (the first field) or NAI (the sixth) cannot be: see above";
}

static bool is_imsi(const char *text)
{
    size_t len = strlen(text);

    return len >= 6 && len <= STORE_IMSI_MAX && strspn(text, "0123456789") == len;
}

/* IMSI,,hlr[,,,NAI]: its keys stay where its vectors come from. */
static const char *read_elsewhere(struct ctl *ctl, char *const fields[], int count,
                                  struct store_subscriber *s)
{
    if (config_has_keys(ctl->gateway.config))
        return "its keys are with an HLR (the third field), and [auc] type is none";
    if (count > 6 || fields[1][0] || (count > 3 && fields[3][0]) || (count > 4 && fields[4][0]))
        return "the HLR keeps K, OPc, AMF and SQN: IMSI,,hlr[,,,NAI]";
    if (!is_imsi(fields[0]))
        return "the IMSI (the first field) has not 6 to 15 digits";
    g_strlcpy(s->imsi, fields[0], sizeof s->imsi);
    return ctl_subscriber_names(ctl, s, keys_file_mnc_digits(s->imsi),
                                count > 5 && fields[5][0] ? fields[5] : NULL) == 0
               ? NULL
               : "its NAI (the sixth field) cannot be: see above";
}

/* NULL, or what is wrong; never what stood there, for it may be a key. */
static const char *read_row(struct ctl *ctl, char *row, struct store_subscriber *s)
{
    static const char *const empty = "";
    char *fields[FIELDS_MAX];
    int count = split(row, fields);
    const char *nai = count > 5 && fields[5][0] ? fields[5] : NULL;
    const char *why;

    memcpy(s->keys.amf, ctl->gateway.config->amf, sizeof s->keys.amf);
    if (count >= 3 && strcmp(fields[2], "hlr") == 0)
        return read_elsewhere(ctl, fields, count, s);
    if (count < 4 || count > 7)
        return "it has not four to seven fields: imsi,k,opc|op,VALUE[,amf[,nai[,sqn]]]";
    if (strcmp(fields[2], "ha1") == 0)
        return read_without(ctl, fields, count, s);
    if (!config_has_keys(ctl->gateway.config))
        return "[auc] type is an HLR, which keeps the keys itself: IMSI,,hlr[,,,NAI]";
    if (!is_imsi(fields[0]))
        return "the IMSI (the first field) has not 6 to 15 digits";
    g_strlcpy(s->imsi, fields[0], sizeof s->imsi);
    why = read_keys(fields, &s->keys);
    if (!why)
        why = read_amf(count > 4 ? fields[4] : empty, &s->keys);
    if (!why && count > 6)
        why = read_sqn(fields[6], s);
    if (!why && ctl_subscriber_names(ctl, s, keys_file_mnc_digits(s->imsi), nai) != 0)
        why = "its NAI (the sixth field) cannot be: see above";
    return why;
}

/* -- all of them ------------------------------------------------------------------------------- */

static void show_progress(const struct import *import, bool end)
{
    int64_t at = import->size > 0 ? (int64_t)ftello(import->file) : 0;
    double seconds = (double)(g_get_monotonic_time() - import->started_us) / G_USEC_PER_SEC;
    int full = import->size > 0 && at >= 0 ? (int)(BAR * at / import->size) : 0;
    char bar[BAR + 1];

    if (!import->bar)
        return;
    memset(bar, '.', BAR);
    memset(bar, '#', (size_t)CLAMP(full, 0, BAR));
    bar[BAR] = '\0';
    if (import->size > 0)
        fprintf(stderr, "\r[%s] %3d %%  ", bar, (int)CLAMP(100 * at / import->size, 0, 100));
    else
        fputc('\r', stderr);
    fprintf(stderr, "%ld subscribers  %.0f a second%s", import->added,
            seconds > 0 ? (double)import->added / seconds : 0, end ? "\n" : "");
}

static void say_why(struct import *import, const char *why)
{
    show_progress(import, true);
    ctl_fail("%s line %ld: %s", import->name, import->line, why);
    import->said = true;
}

static enum store_result import_row(struct ctl *ctl, struct import *import, char *row)
{
    struct store_subscriber s = {.sim_since = import->now};
    const char *why = read_row(ctl, row, &s);
    enum store_result result = STORE_FAILED;

    if (!why)
        result = ctl->gateway.ops->subscriber_add(ctl->gateway.store, &s);
    if (result == STORE_EXISTS)
        why = "this IMSI or NAI is there already";
    if (why) {
        say_why(import, why);
        result = STORE_FAILED;
    }
    store_subscriber_wipe(&s);
    return result;
}

static bool to_skip(const struct import *import, const char *row)
{
    return import->line < import->from || row[0] == '#' || row[0] == '\n' || row[0] == '\r' ||
           (import->line == 1 && strncmp(row, "imsi,", 5) == 0);
}

/* The next line; false: none, or *why says what is wrong with it. */
static bool next_line(struct import *import, char *row, size_t room, const char **why)
{
    *why = NULL;
    if (interrupted) {
        *why = "interrupted";
        return false;
    }
    if (!fgets(row, (int)room, import->file)) {
        *why = interrupted ? "interrupted" : ferror(import->file) ? g_strerror(errno) : NULL;
        import->end = true;
        return false;
    }
    import->line++;
    if (!strchr(row, '\n') && !feof(import->file))
        *why = "it is longer than 1022 octets";
    return !*why;
}

/* In a transaction: up to `part` rows. */
static enum store_result import_part(struct ctl *ctl, struct import *import)
{
    enum store_result result = STORE_OK;
    const char *why = NULL;
    char row[1024];

    while (result == STORE_OK &&
           (!import->part || import->added < import->in_before + import->part) &&
           next_line(import, row, sizeof row, &why)) {
        if (to_skip(import, row))
            continue;
        result = import_row(ctl, import, row);
        import->added += result == STORE_OK;
        if (!import->part && import->added % PROGRESS_ROWS == 0)
            show_progress(import, false);
    }
    OPENSSL_cleanse(row, sizeof row);
    if (result == STORE_OK && why) {
        say_why(import, why);
        result = STORE_FAILED;
    }
    return result;
}

static enum store_result transaction(struct ctl *ctl, struct import *import)
{
    struct gateway *gateway = &ctl->gateway;
    enum store_result result = gateway->ops->begin(gateway->store, STORE_WRITE);

    if (result != STORE_OK)
        return result;
    result = import_part(ctl, import);
    if (result == STORE_OK)
        return gateway->ops->commit(gateway->store);
    gateway->ops->rollback(gateway->store);
    return result;
}

static enum store_result import_parts(struct ctl *ctl, struct import *import)
{
    enum store_result result = STORE_OK;

    while (result == STORE_OK && !import->end) {
        result = transaction(ctl, import);
        if (result == STORE_OK) {
            import->line_before = import->line;
            import->in_before = import->added;
            if (import->part)
                show_progress(import, false); /* what it shows is in, whatever happens next */
            g_usleep(PART_PAUSE_US);          /* others write too */
        }
    }
    return result;
}

/* What is in, for a person who has to go on from there. */
static int say_what_is_in(const struct import *import)
{
    if (import->in_before == 0)
        return ctl_fail("nothing was imported");
    return ctl_fail("%ld subscribers are in, those of the lines up to %ld, and nothing of what "
                    "follows: mend it and go on with --from %ld",
                    import->in_before, import->line_before, import->line_before + 1);
}

/* A line's end is waited for, so that it is known what is in. */
static void catch_signals(void)
{
    const struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

static int import_file(struct ctl *ctl, struct import *import)
{
    struct stat about;
    enum store_result result;

    if (fstat(fileno(import->file), &about) == 0 && S_ISREG(about.st_mode))
        import->size = about.st_size;
    catch_signals();
    result = import_parts(ctl, import);
    if (result != STORE_OK) {
        if (!import->said)
            say_why(import, store_result_name(result));
        return say_what_is_in(import);
    }
    show_progress(import, true);
    printf("%ld subscribers\n", import->added);
    return 0;
}

static int import_csv(struct ctl *ctl)
{
    struct import import = {.name = ctl->words[0],
                            .now = (int64_t)time(NULL),
                            .started_us = g_get_monotonic_time(),
                            .part = ctl_option(ctl, "parts") ? PART_ROWS : 0,
                            .bar = isatty(STDERR_FILENO) || ctl_option(ctl, "progress")};
    static char buffer[65536]; /* with keys in it */
    int result, from;

    if (ctl_number(ctl, "from", 1, 1, 1000000000, &from) != 0)
        return 1;
    import.from = from;
    import.file = strcmp(import.name, "-") == 0 ? stdin : fopen(import.name, "r");
    if (!import.file)
        return ctl_fail("%s: %s", import.name, g_strerror(errno));
    setvbuf(import.file, buffer, _IOFBF, sizeof buffer);
    result = import_file(ctl, &import);
    OPENSSL_cleanse(buffer, sizeof buffer); /* stdin's goes on to be this one */
    if (import.file != stdin)
        fclose(import.file);
    return result;
}

const struct ctl_command ctl_import_commands[] = {
    {"subscriber", "import", "FILE|- [--parts] [--from LINE] [--progress]",
     " parts from= progress ",
     "add many from CSV: imsi,k,opc|op,VALUE[,amf[,nai[,sqn]]], without a SIM\n"
     "      NAME,,ha1,VALUE[,,nai], with the keys in the HLR IMSI,,hlr[,,,nai]; all or none,\n"
     "      or with --parts 100 lines at a time, beside a gateway that serves; --from goes on\n"
     "      behind what is in",
     1, false, import_csv},
    {0}};
