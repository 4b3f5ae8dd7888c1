/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation.h"
#include "ctl.h"

#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define TYPED_MAX 512

/* -- a terminal that does not show what is typed ----------------------------------------------- */

static const int interrupts[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP};
static volatile sig_atomic_t interrupted; /* by which; 0: by none */

static void on_interrupt(int number)
{
    interrupted = number;
}

struct signals {
    struct sigaction was[G_N_ELEMENTS(interrupts)];
    sigset_t mask;
};

/* Nothing ends or stops us from here on; within ppoll() it is noted. */
static void hold_signals(struct signals *signals)
{
    struct sigaction act = {.sa_handler = on_interrupt};
    sigset_t held;

    sigemptyset(&held);
    for (size_t i = 0; i < G_N_ELEMENTS(interrupts); i++)
        sigaddset(&held, interrupts[i]);
    sigprocmask(SIG_BLOCK, &held, &signals->mask);
    for (size_t i = 0; i < G_N_ELEMENTS(interrupts); i++) {
        sigaction(interrupts[i], NULL, &signals->was[i]);
        if (signals->was[i].sa_handler != SIG_IGN)
            sigaction(interrupts[i], &act, NULL);
    }
    interrupted = 0;
}

/* What was noted happens now. */
static void release_signals(const struct signals *signals)
{
    for (size_t i = 0; i < G_N_ELEMENTS(interrupts); i++)
        sigaction(interrupts[i], &signals->was[i], NULL);
    if (interrupted)
        (void)raise(interrupted);
    sigprocmask(SIG_SETMASK, &signals->mask, NULL);
}

/* The terminal is as it was before anything ends or stops us. */
static bool ask_once(char *typed, const struct termios *before)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    struct termios quiet = *before;
    struct signals signals;
    bool good;

    quiet.c_lflag &= ~(tcflag_t)ECHO;
    hold_signals(&signals);
    fputs("Code from your operator: ", stderr);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    good = ppoll(&input, 1, NULL, &signals.mask) == 1 && fgets(typed, TYPED_MAX, stdin) != NULL;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, before);
    fputc('\n', stderr);
    release_signals(&signals);
    return good;
}

/* Asked for on the terminal without showing it, or a line of standard input. */
static bool read_typed(char *typed)
{
    struct termios before;
    bool good;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0)
        return fgets(typed, TYPED_MAX, stdin) != NULL;
    do
        good = ask_once(typed, &before);
    while (interrupted == SIGTSTP); /* and went on again */
    return good && !interrupted;
}

/* The settings name it unless they name another SIM already. */
static enum ctl_exit use_it(const struct ctl *ctl, const struct settings *settings,
                            const char *path)
{
    char *value = g_strconcat("soft:", path, NULL);
    enum ctl_exit status = CTL_GOOD;

    if (settings && settings->sim && strcmp(settings->sim, value))
        printf("The SIM is in %s; to use it: simauthctl settings set sim %s\n", path, value);
    else if ((status = ctl_change(ctl, "phone", "sim", value)) == CTL_GOOD)
        printf("The SIM is in %s, and Linphone uses it from the next call on.\n", path);
    else /* the code is used up: what it gave must not be lost sight of */
        ctl_complain(
            "the SIM is kept in %s; to use it put these two lines into %s:\n[phone]\nsim=%s", path,
            ctl->config, value);
    g_free(value);
    return status;
}

/* What the gateway refused is another status than what this computer could not do. */
static enum ctl_exit activate(const struct ctl *ctl, char *typed, const char *path)
{
    char why[SETTINGS_ERROR_MAX], error[ACTIVATION_ERROR_MAX] = "", *made;
    struct settings *settings = settings_read(ctl->config, why);
    bool no_code = false, there = g_file_test(path, G_FILE_TEST_EXISTS);
    enum ctl_exit status = CTL_NOT;

    made = activation_fetch(typed, path, settings ? settings->ca_file : NULL, &no_code, error);
    if (made)
        status = use_it(ctl, settings, made);
    else
        ctl_complain("%s", error);
    if (!made && (no_code || there || g_str_has_prefix(error, path)))
        status = no_code ? CTL_USAGE : CTL_ERROR;
    g_free(made);
    settings_unref(settings);
    return status;
}

static enum ctl_exit run(const struct ctl *ctl, int argc, char **argv)
{
    char typed[TYPED_MAX] = "", *path = NULL;
    const char *file = NULL, *word = NULL;
    enum ctl_exit status = CTL_USAGE;

    if (argc < 2 || strcmp(argv[1], "activate"))
        return ctl_usage(&ctl_sim);
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "--file") && i + 1 < argc)
            file = argv[++i];
        else if (!word)
            word = argv[i];
        else
            return ctl_usage(&ctl_sim);
    }
    if (word && strcmp(word, "-"))
        g_strlcpy(typed, word, sizeof(typed));
    else if (!read_typed(typed))
        return ctl_usage(&ctl_sim);
    path = file ? g_canonicalize_filename(file, NULL)
                : g_build_filename(g_get_user_config_dir(), "simauth", "sim.json", NULL);
    status = activate(ctl, typed, path);
    OPENSSL_cleanse(typed, sizeof(typed));
    g_free(path);
    return status;
}

const struct ctl_command ctl_sim = {
    "sim", "sim activate [CODE | -] [--file FILE]",
    "Gets the software SIM that your operator offered, once, and puts it into the settings. "
    "Without\n"
    "CODE it is asked for, which keeps it out of the list of programs that run. The file is yours\n"
    "alone (mode 0600): whoever has a copy can be called in your name. It is not to be copied to\n"
    "another computer; ask for another code instead, and the first one ends.",
    run};
