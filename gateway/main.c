/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* simauth-gateway: an operator's Authentication Gateway. */
#include "api/bucket.h"
#include "api/http.h"
#include "api/nonce.h"
#include "api/sip_message.h"
#include "api/tries.h"
#include "api/waiting.h"
#include "gateway.h"
#include "log.h"
#include "ops/keeper.h"
#include "ops/metrics.h"
#include "ops/monitor.h"
#include "start.h"

#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <glib.h>
#include <signal.h>
#include <simauth/secret.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct options {
    const char *config, *log;
    bool check;
};

static void usage(FILE *to)
{
    fputs(
        "Usage: simauth-gateway --config FILE [--check] [--log FILE]\n"
        "Serves one operator's phones (Ub, Ua) and partners (federation) in the foreground.\n\n"
        "  -c, --config FILE   the configuration; see simauth-gateway.conf.example\n"
        "      --check         say whether it would start, and every fault with its line; exit\n"
        "  -l, --log FILE      append log lines to FILE instead of standard error; opened anew by "
        "SIGHUP\n"
        "      --version       print the version\n"
        "  -h, --help          print this\n\n"
        "SIGTERM and SIGINT stop it after the requests under way; SIGHUP reads the configuration\n"
        "again and drops no connection; where a key needs a restart nothing is changed.\n",
        to);
}

/* 0: go on; else the exit status + 1. */
static int read_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {{"config", required_argument, NULL, 'c'},
                                          {"check", no_argument, NULL, 'k'},
                                          {"check-config", no_argument, NULL, 'k'},
                                          {"log", required_argument, NULL, 'l'},
                                          {"version", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "c:l:h", known, NULL)) != -1) {
        switch (option) {
        case 'c':
            options->config = optarg;
            break;
        case 'k':
            options->check = true;
            break;
        case 'l':
            options->log = optarg;
            break;
        case 'v':
            puts("simauth-gateway " SIMAUTH_VERSION);
            return 1;
        case 'h':
            usage(stdout);
            return 1;
        default:
            usage(stderr);
            return 3;
        }
    }
    if (options->config && optind == argc)
        return 0;
    usage(stderr);
    return 3;
}

/* -- running ----------------------------------------------------------------------------------- */

static int start(struct gateway *gateway, char *error)
{
    if (start_prepare(gateway, error) != 0)
        return -1;
    gateway->buckets = buckets_new();
    gateway->tries = tries_new();
    gateway->nonces =
        nonces_new(gateway->config->nonce_lifetime, gateway->ops->shared ? &gateway->seal : NULL);
    if (!gateway->nonces) {
        snprintf(error, CONFIG_ERROR_MAX, "no random octets");
        return -1;
    }
    return 0;
}

/* Everything that serves, from the last in to the first. */
static void stop(struct gateway *gateway, struct http *http, struct monitor *monitor)
{
    if (http)
        http_stop(http);
    else
        gateway_stop_auc(gateway);
    sip_message_stop();
    gateway_free_auc(gateway);
    if (gateway->waiting && !http)
        waiting_stop(gateway->waiting);
    waiting_free(gateway->waiting);
    monitor_stop(monitor);
}

static int run(struct gateway *gateway, const sigset_t *signals, const struct options *options,
               char *error)
{
    struct http *http = NULL;
    struct monitor *monitor = NULL;
    bool good = false;

    gateway->links_up = metrics_links;
    if (gateway->auc.ops->start)
        metrics_links(0, gateway->config->hlr_links);
    if (gateway_start_auc(gateway, error) != 0)
        return -1;
    gateway->waiting = waiting_start(gateway, error);
    if (gateway->waiting)
        http = http_start(gateway, error);
    if (http) {
        monitor = monitor_start(gateway, http, error);
        good = monitor || !error[0];
    }
    if (good) {
        log_line("op=start operator=\"%s\" address=%s port=%d version=%s", gateway->config->name,
                 gateway->config->address, gateway->config->port, SIMAUTH_VERSION);
        keeper_run(gateway, http, signals, options->config, options->log);
    }
    stop(gateway, http, monitor);
    if (good)
        log_line("op=stop");
    return good ? 0 : -1;
}

static void block_signals(sigset_t *signals)
{
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
    sigprocmask(SIG_BLOCK, signals, NULL); /* inherited by every thread */
}

static void print_faults(const char *error)
{
    char **lines = g_strsplit(error, "\n", -1);

    for (size_t i = 0; lines[i]; i++)
        fprintf(stderr, "simauth-gateway: %s\n", lines[i]);
    g_strfreev(lines);
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct gateway *gateway;
    struct config *config;
    char error[CONFIG_ERROR_MAX] = "";
    sigset_t signals;
    int result = read_options(argc, argv, &options);

    if (result != 0)
        return result - 1;
    umask(077);
    simauth_process_harden();
    gateway = simauth_secure_alloc(sizeof *gateway);
    if (!gateway) {
        fputs("simauth-gateway: out of memory\n", stderr);
        return 1;
    }
    setenv("PGCONNECT_TIMEOUT", "2", 0); /* libpq would wait for minutes; the configuration rules */
    if (log_open(options.log) != 0) {
        fprintf(stderr, "simauth-gateway: %s: %s\n", options.log, strerror(errno));
        return 1;
    }
    block_signals(&signals);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    config = config_load(options.config, error);
    result = -1;
    if (config &&
        gateway_open(gateway, config, options.check ? GATEWAY_LOOK : GATEWAY_SERVE, error) == 0) {
        result = start(gateway, error);
        if (result == 0 && !options.check)
            result = run(gateway, &signals, &options, error);
        nonces_free(gateway->nonces);
        buckets_free(gateway->buckets);
        tries_free(gateway->tries);
        start_end(gateway);
        config = (struct config *)(uintptr_t)gateway->config; /* a reload may have made another */
        gateway_close(gateway);
    }
    reload_end();
    if (result != 0)
        print_faults(error);
    else if (options.check)
        printf("%s: good\n", options.config);
    config_free(config);
    simauth_secure_free(gateway);
    curl_global_cleanup();
    return result == 0 ? 0 : 1;
}
