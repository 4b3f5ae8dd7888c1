/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* simauth-middle: reads the part of a session description that is meant for this server, beside a
 * SIP proxy that reads nothing. */
#include "calls.h"
#include "keeper.h"
#include "log.h"
#include "steady.h"
#include "tokens.h"

#include <errno.h>
#include <getopt.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <simauth/secret.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void usage(FILE *to)
{
    fputs(
        "Usage: simauth-middle --config FILE [--check]\n"
        "Does a server's work on the session descriptions that are enveloped for it: admission by\n"
        "bandwidth, and pinholes by address and port. Stays in the foreground.\n\n"
        "  -c, --config FILE   the configuration; see simauth-middle.conf.example\n"
        "      --check         say whether the configuration is good, and exit\n"
        "      --version       print the version\n"
        "  -h, --help          print this\n\n"
        "SIGHUP reads the configuration, certificates and authorities anew; calls go on. SIGTERM "
        "and\n"
        "SIGINT end it; calls go on, and the next start knows them.\n",
        to);
}

struct options {
    const char *config;
    bool check;
};

/* 0: go on; else the exit status + 1. */
static int read_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {{"config", required_argument, NULL, 'c'},
                                          {"check", no_argument, NULL, 'k'},
                                          {"version", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "c:h", known, NULL)) != -1) {
        if (option == 'c') {
            options->config = optarg;
        } else if (option == 'k') {
            options->check = true;
        } else if (option == 'v') {
            puts("simauth-middle " SIMAUTH_VERSION);
            return 1;
        } else {
            usage(option == 'h' ? stdout : stderr);
            return option == 'h' ? 1 : 3;
        }
    }
    if (options->config && optind == argc)
        return 0;
    usage(stderr);
    return 3;
}

struct service {
    struct calls *calls;
    struct http *http;
    struct keeper *keeper;
    int tokens; /* -1: none are asked for */
    bool again; /* pinholes are opened once more */
};

#define AGAIN_CALLS 128 /* whose pinholes are opened before somebody else has his turn */
#define AGAIN_MS 1      /* which this is */

static void take_token(const struct token_packet *packet, void *data)
{
    struct service *s = data;

    http_lock(s->http);
    gates_token(s->calls, http_config(s->http), packet, steady_seconds());
    http_unlock(s->http);
}

static void expire(struct service *s)
{
    http_lock(s->http);
    calls_take_results(s->calls, steady_seconds());
    gates_expire(s->calls, steady_seconds());
    calls_expire(s->calls, steady_seconds());
    calls_retry(s->calls, steady_seconds());
    (void)calls_look(s->calls); /* says in the log when the disk is slow */
    http_unlock(s->http);
}

static void open_some(struct service *s)
{
    http_lock(s->http);
    s->again = calls_open_some(s->calls, AGAIN_CALLS, steady_seconds());
    http_unlock(s->http);
}

/* True: it is to end. */
static bool take_signal(struct service *s, int signals)
{
    struct signalfd_siginfo info;

    if (read(signals, &info, sizeof info) != (ssize_t)sizeof info)
        return false;
    if (info.ssi_signo != SIGHUP)
        return true;
    keeper_reload(s->keeper);
    http_lock(s->http);
    calls_open_again(s->calls);
    http_unlock(s->http);
    s->again = true;
    return false;
}

static void serve(struct service *s, int signals)
{
    struct pollfd ready[] = {{signals, POLLIN, 0}, {s->tokens, POLLIN, 0}};
    int64_t looked = 0;

    for (;;) {
        /* a negative descriptor is left out */
        int count = poll(ready, 2, s->again ? AGAIN_MS : 1000);

        if (count < 0 && errno != EINTR)
            return;
        if (count > 0 && ready[0].revents && take_signal(s, signals))
            return;
        if (count > 0 && ready[1].revents)
            tokens_read(s->tokens, take_token, s);
        if (s->again)
            open_some(s);
        if (looked != steady_seconds())
            expire(s);
        looked = steady_seconds();
    }
}

/* Its unit lets in who is on this machine alone, and what the proxy shows goes in clear. */
static void tell_of_address(const char *text)
{
    struct sdp_address address;
    bool own = sdp_address_parse(text, &address) &&
               (address.family == AF_INET ? address.octets[0] == 127 : strcmp(text, "::1") == 0);

    if (!own)
        log_line("op=listen address=%s why=\"another machine's proxy comes in where the unit says "
                 "IPAddressAllow= for it (a drop-in), and its token goes in clear\"",
                 text);
}

static int run(const char *path, struct config *config, int signals, char *error)
{
    struct service s = {.keeper = keeper_new(path, config), .tokens = -1};
    bool good;

    s.calls = calls_open(config, steady_seconds(), error);
    good = s.calls && (!config->tokens || (s.tokens = tokens_open(config, error)) >= 0);
    s.http = good ? http_start(s.calls, config, error) : NULL;
    good = s.http && keeper_start(s.keeper, s.http);
    if (good) {
        log_line("op=start domain=%s address=%s port=%d tokens=%s version=%s", config->domain,
                 config->address, config->port, config->tokens ? "required" : "ignore",
                 SIMAUTH_VERSION);
        tell_of_address(config->address);
        serve(&s, signals);
        log_line("op=stop");
    }
    keeper_stop(s.keeper);
    http_stop(s.http);
    if (s.tokens >= 0)
        close(s.tokens);
    calls_free(s.calls);
    keeper_free(s.keeper);
    return good ? 0 : 1;
}

/* It would start; but no reload takes a certificate that has ended. */
static int check(const char *path, const struct config *config, char *error)
{
    if (config->expires <= (int64_t)time(NULL)) {
        g_snprintf(error, CONFIG_ERROR_MAX,
                   "%s: [identity] certificate has ended: no phone takes it any more", path);
        return 1;
    }
    printf("%s: good\n", path);
    return 0;
}

int main(int argc, char **argv)
{
    char error[CONFIG_ERROR_MAX] = "";
    struct options options = {0};
    struct config *config;
    sigset_t signals;
    int status = read_options(argc, argv, &options);

    if (status != 0)
        return status - 1;
    umask(077);
    simauth_process_harden(); /* keys of calls */
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    config = config_load(options.config, error);
    status = config ? 0 : 1;
    if (config && options.check) {
        status = check(options.config, config, error);
        config_free(config);
    } else if (config) {
        status = run(options.config, config, signalfd(-1, &signals, SFD_CLOEXEC), error);
    }
    if (status != 0)
        fprintf(stderr, "simauth-middle: %s\n", error);
    return status;
}
