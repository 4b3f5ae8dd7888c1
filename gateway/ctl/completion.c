/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* completion: the words of the command line, for bash. */
#include "ctl.h"

#include <glib.h>
#include <string.h>

static bool said_before(const struct ctl_command *command)
{
    for (const struct ctl_command *c = ctl_next_command(NULL); c != command;
         c = ctl_next_command(c))
        if (strcmp(c->subject, command->subject) == 0)
            return true;
    return false;
}

static void print_subjects(void)
{
    for (const struct ctl_command *c = ctl_next_command(NULL); c; c = ctl_next_command(c))
        if (!said_before(c))
            printf("%s ", c->subject);
}

static void print_verbs(const char *subject)
{
    printf("        %s) words=\"", subject);
    for (const struct ctl_command *c = ctl_next_command(NULL); c; c = ctl_next_command(c))
        if (strcmp(c->subject, subject) == 0)
            printf("%s ", c->verb);
    puts("\";;");
}

static void print_options(const struct ctl_command *c)
{
    char **names = g_strsplit_set(c->options, " =", -1);

    printf("        \"%s %s\") words=\"", c->subject, c->verb);
    for (size_t i = 0; names[i]; i++)
        if (names[i][0])
            printf("--%s ", names[i]);
    puts("\";;");
    g_strfreev(names);
}

static int completion(struct ctl *ctl)
{
    (void)ctl;
    puts("# bash completion of simauth-gatewayctl: made by \"simauth-gatewayctl completion\"\n"
         "_simauth_gatewayctl()\n{\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} first=1 words=\n"
         "    [[ ${COMP_WORDS[1]} == --config ]] && first=3\n"
         "    case $((COMP_CWORD - first)) in\n    0) words=\"");
    print_subjects();
    puts("help --config --version\";;\n    1)\n        case ${COMP_WORDS[first]} in");
    for (const struct ctl_command *c = ctl_next_command(NULL); c; c = ctl_next_command(c))
        if (c->verb[0] && !said_before(c))
            print_verbs(c->subject);
    puts("        esac;;\n    *)\n        case \"${COMP_WORDS[first]} ${COMP_WORDS[first + 1]}\" "
         "in");
    for (const struct ctl_command *c = ctl_next_command(NULL); c; c = ctl_next_command(c))
        if (c->verb[0])
            print_options(c);
    puts(
        "        esac;;\n    esac\n"
        "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
        "    [[ ${#COMPREPLY[@]} == 0 && $word != -* ]] && COMPREPLY=($(compgen -f -- \"$word\"))\n"
        "}\n"
        "complete -o filenames -F _simauth_gatewayctl simauth-gatewayctl");
    return 0;
}

const struct ctl_command ctl_completion_commands[] = {
    {"completion", "", "", "", "print the completion for bash, to be kept in its folder", 0, true,
     completion},
    {0}};
