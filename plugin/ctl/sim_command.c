/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ag.h"
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <openssl/crypto.h>
#include <simauth/activation.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define TYPED_MAX 512

/* Asked for on the terminal without showing it, or a line of standard input. */
static bool read_typed(char *typed)
{
    struct termios before, quiet;
    bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
    bool good;

    if (terminal) {
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        fputs("Code from your operator: ", stderr);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    good = fgets(typed, TYPED_MAX, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    return good;
}

/* GATEWAY/CODE, in place. */
static bool split(char *typed, const char **gateway, uint8_t code[static SIMAUTH_CODE_LEN])
{
    char *slash;

    g_strstrip(typed);
    if (g_str_has_prefix(typed, "https://"))
        typed += 8;
    slash = strchr(typed, '/');
    if (!slash || slash == typed || simauth_code_read(slash + 1, code) != SIMAUTH_OK) {
        ctl_complain("that is no code such as ag.operator.example/XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-X: "
                     "look at each letter");
        return false;
    }
    *slash = '\0';
    *gateway = typed;
    return true;
}

/* The file is there before the code is used up: a full disk costs no code. */
static int make_file(const char *path)
{
    char *folder = g_path_get_dirname(path);
    int fd = -1;

    if (g_mkdir_with_parents(folder, 0700) == 0)
        fd = g_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == EEXIST)
        ctl_complain("%s is there already: name another with --file, or move it away", path);
    else if (fd < 0)
        ctl_complain("%s: %s", path, g_strerror(errno));
    g_free(folder);
    return fd;
}

static bool write_all(int fd, const char *text, const char *path)
{
    size_t len = strlen(text);

    if (write(fd, text, len) == (ssize_t)len && write(fd, "\n", 1) == 1 && fsync(fd) == 0)
        return true;
    ctl_complain("%s: %s", path, g_strerror(errno));
    return false;
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

static enum ctl_exit activate(const struct ctl *ctl, char *typed, const char *path)
{
    char why[SETTINGS_ERROR_MAX], error[AG_ERROR_MAX] = "", *sim = NULL;
    uint8_t code[SIMAUTH_CODE_LEN];
    const char *gateway;
    struct settings *settings;
    enum ctl_exit status = CTL_ERROR;
    int fd;

    if (!split(typed, &gateway, code))
        return CTL_USAGE;
    fd = make_file(path);
    if (fd < 0)
        return CTL_ERROR;
    settings = settings_read(ctl->config, why);
    if (ag_activate(gateway, settings ? settings->ca_file : NULL, code, &sim, error) != AG_OK) {
        ctl_complain("%s", error);
        status = CTL_NOT;
    } else if (write_all(fd, sim, path)) {
        status = use_it(ctl, settings, path);
    }
    if (close(fd) != 0 || !sim || status == CTL_ERROR)
        (void)unlink(path);
    if (sim)
        OPENSSL_cleanse(sim, strlen(sim));
    free(sim);
    OPENSSL_cleanse(code, sizeof(code));
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
