/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../../common/disk.h"
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <simauth/secret.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_CONFIG "/etc/simauth/gateway.conf"

static const struct ctl_command *const tables[] = {
    ctl_base_commands,   ctl_subscriber_commands, ctl_import_commands,
    ctl_person_commands, ctl_binding_commands,    ctl_conflict_commands,
    ctl_sim_commands,    ctl_partner_commands,    ctl_partner_test_commands,
    ctl_record_commands, ctl_price_commands,      ctl_completion_commands,
    ctl_seal_commands,   ctl_backup_commands,     ctl_certificate_commands,
};

const struct ctl_command *ctl_next_command(const struct ctl_command *previous)
{
    size_t t = 0;

    if (!previous)
        return tables[0];
    if (previous[1].subject)
        return previous + 1;
    for (; t < G_N_ELEMENTS(tables); t++)
        for (const struct ctl_command *c = tables[t]; c->subject; c++)
            if (c == previous)
                return t + 1 < G_N_ELEMENTS(tables) ? tables[t + 1] : NULL;
    return NULL;
}

/* -- what commands share ----------------------------------------------------------------------- */

int ctl_fail(const char *format, ...)
{
    va_list arguments;

    fputs("simauth-gatewayctl: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return 1;
}

/* A write that failed is not tried again: its octets are lost, and a later one may go well. */
int ctl_written(FILE *file, const char *name)
{
    errno = 0;
    if (fflush(file) == 0 && !ferror(file))
        return 0;
    return ctl_fail("%s: %s", name,
                    errno ? strerror(errno) : "not all could be written: was the disk full?");
}

const char *ctl_option(const struct ctl *ctl, const char *name)
{
    for (int i = 0; i < ctl->option_count; i++)
        if (strcmp(ctl->options[i].name, name) == 0)
            return ctl->options[i].value;
    return NULL;
}

int ctl_store(enum store_result result, const char *what)
{
    return result == STORE_OK ? 0 : ctl_fail("%s: %s", what, store_result_name(result));
}

int ctl_look(struct ctl *ctl, enum store_result (*run)(struct ctl *ctl, void *data), void *data,
             const char *what)
{
    struct gateway *gateway = &ctl->gateway;
    enum store_result result = gateway->ops->begin(gateway->store, STORE_READ);

    if (result == STORE_OK) {
        result = run(ctl, data);
        gateway->ops->rollback(gateway->store);
    }
    return ctl_store(result, what);
}

int ctl_change(struct ctl *ctl, enum store_result (*run)(struct ctl *ctl, void *data), void *data,
               const char *what)
{
    struct gateway *gateway = &ctl->gateway;
    enum store_result result = gateway->ops->begin(gateway->store, STORE_WRITE);

    if (result != STORE_OK)
        return ctl_store(result, what);
    result = run(ctl, data);
    if (result == STORE_OK)
        result = gateway->ops->commit(gateway->store);
    else
        gateway->ops->rollback(gateway->store);
    return ctl_store(result, what);
}

int ctl_number(const struct ctl *ctl, const char *name, int otherwise, int least, int most,
               int *value)
{
    const char *text = ctl_option(ctl, name);
    char *end;
    long number;

    *value = otherwise;
    if (!text)
        return 0;
    number = strtol(text, &end, 10);
    if (!text[0] || *end || number < least || number > most)
        return ctl_fail("--%s must be a number from %d to %d", name, least, most);
    *value = (int)number;
    return 0;
}

bool ctl_hex(const char *text, uint8_t *octets, size_t len)
{
    if (strlen(text) != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = g_ascii_xdigit_value(text[2 * i]), low = g_ascii_xdigit_value(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        octets[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

int64_t ctl_date(const char *text)
{
    struct tm date = {0};
    const char *end = strptime(text, "%Y-%m-%d", &date);

    const int day = date.tm_mday;
    const time_t seconds = timegm(&date);

    /* The 31st of February would be the 3rd of March. */
    return end && !*end && date.tm_mday == day ? (int64_t)seconds : -1;
}

int ctl_period(const struct ctl *ctl, int64_t *from, int64_t *to)
{
    const char *first = ctl_option(ctl, "from"), *end = ctl_option(ctl, "to");

    *from = first ? ctl_date(first) : 0;
    *to = end ? ctl_date(end) : 0;
    if (*from < 0 || *to < 0 || (*to && *to <= *from))
        return ctl_fail("--from and --to must be dates, YYYY-MM-DD, in this order; the day of --to "
                        "is not in it");
    return 0;
}

int ctl_aor(const char *text, char aor[static SIMAUTH_AOR_MAX + 1])
{
    return simauth_aor_canonical(text, aor) == SIMAUTH_OK
               ? 0
               : ctl_fail("\"%s\" is no SIP address such as sip:bob@example.org", text);
}

enum store_result ctl_event(struct ctl *ctl, const char *aor, const char *nai, const char *what)
{
    struct store_event event = {.time = (int64_t)time(NULL), .who = "operator"};

    g_strlcpy(event.aor, aor, sizeof event.aor);
    g_strlcpy(event.nai, nai, sizeof event.nai);
    g_strlcpy(event.what, what, sizeof event.what);
    return ctl->gateway.ops->event_add(ctl->gateway.store, &event);
}

bool ctl_open_again(struct ctl *ctl)
{
    const struct config *config = ctl->gateway.config;
    char error[CONFIG_ERROR_MAX];

    gateway_close(&ctl->gateway);
    if (gateway_open(&ctl->gateway, config, GATEWAY_LOOK, error) == 0)
        return true;
    ctl_fail("%s", error);
    return false;
}

int ctl_keep_name(const char *path)
{
    char *folder = g_path_get_dirname(path);
    int result = disk_sync_folder(folder) == 0 ? 0 : ctl_fail("%s: %s", folder, g_strerror(errno));

    g_free(folder);
    return result;
}

int ctl_write_private(const char *path, const char *text)
{
    size_t len = strlen(text);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good;

    if (fd < 0)
        return ctl_fail("%s: %s", path, g_strerror(errno));
    good = write(fd, text, len) == (ssize_t)len && write(fd, "\n", 1) == 1 && fsync(fd) == 0;
    if (close(fd) != 0 || !good) {
        unlink(path);
        return ctl_fail("%s: %s", path, g_strerror(errno));
    }
    return ctl_keep_name(path);
}

void ctl_time_text(int64_t when, char text[static 24])
{
    time_t seconds = (time_t)when;
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(text, 24, "%Y-%m-%d %H:%M:%S", &utc);
}

/* -- help -------------------------------------------------------------------------------------- */

static void print_command(const struct ctl_command *c)
{
    printf("  %s%s%s %s\n", c->subject, c->verb[0] ? " " : "", c->verb, c->arguments);
    printf("      %s\n", c->help);
}

static int help(const char *subject)
{
    bool found = false;

    if (!subject)
        puts("Usage: simauth-gatewayctl [--config FILE] COMMAND [WORDS] [--OPTION [VALUE]]\n"
             "Works on the database of a simauth-gateway, also while it runs.\n"
             "The configuration is " DEFAULT_CONFIG " unless --config names another.\n"
             "Keys are read from a file or standard input, never from the command line.\n");
    for (const struct ctl_command *c = ctl_next_command(NULL); c; c = ctl_next_command(c))
        if (!subject || strcmp(c->subject, subject) == 0) {
            print_command(c);
            found = true;
        }
    return found ? 0 : ctl_fail("there is no command \"%s\": see simauth-gatewayctl help", subject);
}

/* -- the command line -------------------------------------------------------------------------- */

static const struct ctl_command *find(const char *subject, const char *verb)
{
    for (const struct ctl_command *c = ctl_next_command(NULL); c; c = ctl_next_command(c))
        if (strcmp(c->subject, subject) == 0 &&
            (!c->verb[0] || (verb && strcmp(c->verb, verb) == 0)))
            return c;
    return NULL;
}

/* -1: no such option; 0: a switch; 1: it takes a value. */
static int takes_value(const struct ctl_command *command, const char *name)
{
    char word[64];

    snprintf(word, sizeof word, " %s= ", name);
    if (strstr(command->options, word))
        return 1;
    snprintf(word, sizeof word, " %s ", name);
    return strstr(command->options, word) ? 0 : -1;
}

static int read_option(struct ctl *ctl, const struct ctl_command *command, int argc, char **argv,
                       int *i)
{
    const char *name = argv[*i] + 2;
    int takes = takes_value(command, name);

    if (takes < 0)
        return ctl_fail("%s %s has no option --%s", command->subject, command->verb, name);
    if (ctl->option_count == CTL_OPTIONS_MAX)
        return ctl_fail("too many options");
    if (ctl_option(ctl, name))
        return ctl_fail("--%s stands there twice", name);
    if (takes && *i + 1 >= argc)
        return ctl_fail("--%s needs a value", name);
    ctl->options[ctl->option_count].name = name;
    ctl->options[ctl->option_count++].value = takes ? argv[++*i] : "";
    return 0;
}

static int read_words(struct ctl *ctl, const struct ctl_command *command, int argc, char **argv)
{
    for (int i = command->verb[0] ? 3 : 2; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            if (read_option(ctl, command, argc, argv, &i) != 0)
                return 1;
        } else if (ctl->word_count < command->words) {
            ctl->words[ctl->word_count++] = argv[i];
        } else {
            return ctl_fail("\"%s\" is one word too many", argv[i]);
        }
    }
    if (ctl->word_count < command->words)
        return ctl_fail("usage: simauth-gatewayctl %s %s %s", command->subject, command->verb,
                        command->arguments);
    ctl->json = ctl_option(ctl, "json") != NULL;
    return 0;
}

static int run(struct ctl *ctl, const struct ctl_command *command)
{
    char error[CONFIG_ERROR_MAX];
    struct config *config;
    int result = 1;

    if (command->closed)
        return command->run(ctl);
    config = config_load(ctl->program_config, error);
    if (config && ctl_check_user(config) != 0)
        result = 1;
    else if (config && gateway_open(&ctl->gateway, config, GATEWAY_LOOK, error) == 0) {
        result = command->run(ctl);
        gateway_close(&ctl->gateway);
    } else {
        ctl_fail("%s", error);
    }
    config_free(config);
    return result;
}

int main(int argc, char **argv)
{
    struct ctl ctl = {.program_config = DEFAULT_CONFIG};
    const struct ctl_command *command;
    int result;

    umask(077);
    simauth_process_harden(); /* keys of SIMs come through it */
    if (argc > 2 && strcmp(argv[1], "--config") == 0) {
        ctl.program_config = argv[2];
        argc -= 2;
        argv += 2;
    }
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return argc < 2 ? (help(NULL), 2) : help(argc > 2 ? argv[2] : NULL);
    if (strcmp(argv[1], "--version") == 0) {
        puts("simauth-gatewayctl " SIMAUTH_VERSION);
        return 0;
    }
    if (argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "help") == 0))
        return help(argv[1]);
    command = find(argv[1], argc > 2 ? argv[2] : NULL);
    if (!command)
        return ctl_fail("there is no command \"%s%s%s\": see simauth-gatewayctl help", argv[1],
                        argc > 2 ? " " : "", argc > 2 ? argv[2] : "");
    if (read_words(&ctl, command, argc, argv) != 0)
        return 2;
    result = run(&ctl, command);
    return result == 0 ? ctl_written(stdout, "standard output") : result;
}
