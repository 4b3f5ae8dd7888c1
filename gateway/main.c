/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* simauth-gateway: an operator's Authentication Gateway. */
#include "api/bucket.h"
#include "api/http.h"
#include "api/nonce.h"
#include "api/operator_key.h"
#include "api/waiting.h"
#include "gateway.h"
#include "log.h"

#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SWEEP_SECONDS 10

struct options {
    const char *config, *log;
    bool check;
};

static void usage(FILE *to)
{
    fputs("Usage: simauth-gateway --config FILE [--check-config] [--log FILE]\n"
          "Serves one operator's phones (Ub, Ua) and partners (federation) in the foreground.\n\n"
          "  -c, --config FILE   the configuration; see simauth-gateway.conf.example\n"
          "      --check-config  say whether it would start, and why not; then exit\n"
          "  -l, --log FILE      append log lines to FILE instead of standard error\n"
          "      --version       print the version\n"
          "  -h, --help          print this\n\n"
          "SIGTERM and SIGINT stop it after the requests under way.\n",
          to);
}

/* 0: go on; else the exit status + 1. */
static int read_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'}, {"check-config", no_argument, NULL, 'k'},
        {"log", required_argument, NULL, 'l'},    {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
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

/* -- running -------------------------------------------------------------------------------------
 */

/* systemd's readiness protocol; nothing where it did not start us. */
static void notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = path ? strlen(path) : 0;
    int fd;

    if (len == 0 || len >= sizeof address.sun_path)
        return;
    memcpy(address.sun_path, path, len);
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
        log_line("op=notify result=failed");
    close(fd);
}

static void sweep(struct gateway *gateway)
{
    enum store_result result = gateway->ops->begin(gateway->store, true);

    if (result == STORE_OK) {
        result = gateway->ops->sweep(gateway->store, (int64_t)time(NULL));
        if (result == STORE_OK)
            result = gateway->ops->commit(gateway->store);
        else
            gateway->ops->rollback(gateway->store);
    }
    if (result != STORE_OK)
        log_line("op=sweep result=failed reason=%s", store_result_name(result));
}

static void serve(struct gateway *gateway, struct http *http, const sigset_t *signals)
{
    const struct timespec second = {1, 0};
    int64_t swept = 0;
    int got;

    while ((got = sigtimedwait(signals, NULL, &second)) != SIGTERM && got != SIGINT) {
        http_reap(http);
        if (time(NULL) - swept < SWEEP_SECONDS)
            continue;
        swept = (int64_t)time(NULL);
        operator_keys_rotate(gateway->operator_keys);
        sweep(gateway);
    }
}

static int start(struct gateway *gateway, char *error)
{
    if (gateway_load_auc(gateway, error) != 0)
        return -1;
    gateway->operator_keys = operator_keys_open(gateway, error);
    if (!gateway->operator_keys)
        return -1;
    gateway->buckets = buckets_new();
    gateway->nonces =
        nonces_new(gateway->config->nonce_lifetime, gateway->ops->shared ? &gateway->seal : NULL);
    if (!gateway->nonces) {
        snprintf(error, CONFIG_ERROR_MAX, "no random octets");
        return -1;
    }
    return 0;
}

static int run(struct gateway *gateway, const sigset_t *signals, char *error)
{
    struct http *http = NULL;

    if (gateway_start_auc(gateway, error) != 0)
        return -1;
    gateway->waiting = waiting_start(gateway, error);
    if (gateway->waiting)
        http = http_start(gateway, error);
    if (!http) {
        gateway_stop_auc(gateway);
        gateway_free_auc(gateway);
        waiting_stop(gateway->waiting);
        waiting_free(gateway->waiting);
        return -1;
    }
    log_line("op=start operator=\"%s\" address=%s port=%d version=%s", gateway->config->name,
             gateway->config->address, gateway->config->port, SIMAUTH_VERSION);
    notify("READY=1");
    serve(gateway, http, signals);
    notify("STOPPING=1");
    http_stop(http);
    gateway_free_auc(gateway);
    waiting_free(gateway->waiting);
    log_line("op=stop");
    return 0;
}

static void block_signals(sigset_t *signals)
{
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigprocmask(SIG_BLOCK, signals, NULL); /* inherited by every thread */
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct gateway gateway = {0};
    struct config *config;
    char error[CONFIG_ERROR_MAX] = "";
    sigset_t signals;
    int result = read_options(argc, argv, &options);

    if (result != 0)
        return result - 1;
    umask(077);
    if (log_open(options.log) != 0) {
        fprintf(stderr, "simauth-gateway: %s: %s\n", options.log, strerror(errno));
        return 1;
    }
    block_signals(&signals);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    config = config_load(options.config, error);
    result = -1;
    if (config && gateway_open(&gateway, config, false, error) == 0) {
        result = start(&gateway, error);
        if (result == 0 && !options.check)
            result = run(&gateway, &signals, error);
        nonces_free(gateway.nonces);
        buckets_free(gateway.buckets);
        operator_keys_free(gateway.operator_keys);
        gateway_close(&gateway);
    }
    if (result != 0)
        fprintf(stderr, "simauth-gateway: %s\n", error);
    else if (options.check)
        printf("%s: good\n", options.config);
    config_free(config);
    curl_global_cleanup();
    return result == 0 ? 0 : 1;
}
