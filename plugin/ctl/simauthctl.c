/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* simauthctl: the person's command line. */
#include "ctl.h"

#include <simauth/secret.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct ctl_command *const commands[] = {
    &ctl_status,        &ctl_settings,  &ctl_switch,  &ctl_pins, &ctl_calls,
    &ctl_continue_once, &ctl_self_test, &ctl_binding, &ctl_sim,  &ctl_keys,
};

void ctl_complain(const char *format, ...)
{
    va_list args;

    fputs("simauthctl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

enum ctl_exit ctl_usage(const struct ctl_command *command)
{
    ctl_complain("usage: simauthctl %s; see `simauthctl %s --help`", command->synopsis,
                 command->name);
    return CTL_USAGE;
}

const char *ctl_time(json_int_t seconds)
{
    static char text[32];
    GDateTime *when = seconds > 0 ? g_date_time_new_from_unix_local(seconds) : NULL;
    char *shown = when ? g_date_time_format(when, "%Y-%m-%d %H:%M") : NULL;

    g_strlcpy(text, shown ? shown : "never", sizeof(text));
    g_free(shown);
    if (when)
        g_date_time_unref(when);
    return text;
}

const char *ctl_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void help(void)
{
    puts("simauthctl: calls that each side's mobile operator vouches for, from the command line\n\n"
         "usage: simauthctl [--config FILE] [--json] COMMAND ...\n");
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        printf("  %s\n", commands[i]->synopsis);
    puts("\n`simauthctl COMMAND --help` says more about each.\n\n"
         "  --config FILE  settings file (default: ~/.config/simauth/simauth.conf)\n"
         "  --json         answers as JSON\n"
         "  --version\n\n"
         "Exit status: 0 done; 1 done, and the answer is no; 2 wrong usage; 3 needs a running\n"
         "Linphone with the plugin, and there is none; 4 the settings are missing, wrong or\n"
         "cannot be written; 5 anything else.");
}

static const struct ctl_command *find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (!strcmp(commands[i]->name, name))
            return commands[i];
    }
    return NULL;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return true;
    }
    return false;
}

/* --json may also stand behind the command, where people put it. */
static void take_json(struct ctl *ctl, int *argc, char **argv)
{
    int kept = 0;

    for (int i = 0; i < *argc; i++) {
        if (!strcmp(argv[i], "--json"))
            ctl->json = true;
        else
            argv[kept++] = argv[i];
    }
    *argc = kept;
}

static enum ctl_exit run(struct ctl *ctl, int argc, char **argv)
{
    const struct ctl_command *command = find(argv[0]);

    if (!command) {
        ctl_complain("there is no command %s; see `simauthctl --help`", argv[0]);
        return CTL_USAGE;
    }
    if (asks_for_help(argc, argv)) {
        printf("usage: simauthctl %s\n\n%s\n", command->synopsis, command->help);
        return CTL_GOOD;
    }
    take_json(ctl, &argc, argv);
    return command->run(ctl, argc, argv);
}

int main(int argc, char **argv)
{
    struct ctl ctl = {.config = settings_default_path()};
    enum ctl_exit status = CTL_USAGE;
    int i = 1;

    simauth_process_harden(); /* codes and passwords come through it */
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (!strcmp(argv[i], "--config") && i + 1 < argc) {
            g_free(ctl.config);
            ctl.config = g_strdup(argv[++i]);
        } else if (!strcmp(argv[i], "--json")) {
            ctl.json = true;
        } else if (!strcmp(argv[i], "--version")) {
            puts("simauthctl " SIMAUTH_VERSION);
            status = CTL_GOOD;
            goto out;
        } else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            help();
            status = CTL_GOOD;
            goto out;
        } else {
            ctl_complain("%s: no such option; see `simauthctl --help`", argv[i]);
            goto out;
        }
    }
    if (i < argc)
        status = run(&ctl, argc - i, argv + i);
    else
        ctl_complain("a command is missing; see `simauthctl --help`");
out:
    g_free(ctl.config);
    return (int)status;
}
