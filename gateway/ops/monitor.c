/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor.h"
#include "keeper.h"
#include "metrics.h"
#include "state.h"

#include <arpa/inet.h>
#include <glib.h>
#include <jansson.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS 32
#define TIMEOUT_SECONDS 5
#define WHOLE_US (5 * G_USEC_PER_SEC) /* of a connection: 32 that go on for ever would be all */
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct open {
    int fd;
    int64_t since_us; /* 0: nobody's */
};
struct monitor {
    struct gateway *gateway;
    struct http *http;
    struct MHD_Daemon *daemon;
    GThread *reaper; /* of its own: the main thread may hang, and then somebody wants to know */
    GMutex lock;
    GCond stopped;
    bool stopping;
    struct open open[CONNECTIONS];
};

/* Takes `body` (malloc'ed or g_malloc'ed: the same). */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
                              char *body)
{
    struct MHD_Response *response =
        body ? MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_MUST_FREE) : NULL;
    enum MHD_Result result;

    if (!response) {
        free(body);
        return MHD_NO;
    }
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "Connection", "close");
    if (status == 405)
        MHD_add_response_header(response, "Allow", "GET");
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static char *metrics(struct monitor *monitor)
{
    struct http_status status;

    http_status(monitor->http, &status);
    return metrics_text(monitor->gateway, &status);
}

static enum MHD_Result answer_ready(struct MHD_Connection *connection)
{
    bool ready = state_ready();
    json_t *states = json_object();
    json_t *object = json_pack("{s:b, s:o}", "ready", ready, "states", states);
    char *text;

    for (int i = 0; i < STATE_PARTS; i++)
        json_object_set_new(states, state_part_name((enum state_part)i),
                            json_string(state_of((enum state_part)i)));
    text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return answer(connection, ready ? 200 : 503, "application/json", text);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *len, void **context)
{
    (void)version;
    (void)data;
    if (!*context) { /* headers alone; the body, if any, comes next and is not read */
        *context = cls;
        return MHD_YES;
    }
    if (*len > 0) {
        *len = 0;
        return MHD_YES;
    }
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return answer(connection, 405, "text/plain", g_strdup("GET alone\n"));
    keeper_watch_listener(((struct monitor *)cls)->gateway, ((struct monitor *)cls)->http);
    if (strcmp(url, "/metrics") == 0)
        return answer(connection, 200, METRICS_TYPE, metrics(cls));
    if (strcmp(url, "/ready") == 0)
        return answer_ready(connection);
    if (strcmp(url, "/live") == 0) {
        bool stuck = strcmp(state_of(STATE_LISTENER), "stuck") == 0;

        return answer(connection, stuck ? 503 : 200, "text/plain",
                      g_strdup(stuck ? "stuck\n" : "live\n"));
    }
    return answer(connection, 404, "text/plain", g_strdup("/metrics, /live or /ready\n"));
}

/* -- connections ------------------------------------------------------------------------------- */

static struct open *open_of(struct monitor *monitor, int fd)
{
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (fd < 0 ? !monitor->open[i].since_us
                   : monitor->open[i].since_us && monitor->open[i].fd == fd)
            return &monitor->open[i];
    return NULL;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct monitor *monitor = cls;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    bool begins = code == MHD_CONNECTION_NOTIFY_STARTED;
    struct open *open;

    (void)context;
    g_mutex_lock(&monitor->lock);
    open = info ? open_of(monitor, begins ? -1 : info->connect_fd) : NULL;
    if (open)
        *open =
            begins ? (struct open){info->connect_fd, g_get_monotonic_time()} : (struct open){0, 0};
    g_mutex_unlock(&monitor->lock);
}

static gpointer reap(gpointer data)
{
    struct monitor *monitor = data;

    g_mutex_lock(&monitor->lock);
    while (!monitor->stopping) {
        int64_t now_us = g_get_monotonic_time();

        for (size_t i = 0; i < CONNECTIONS; i++)
            if (monitor->open[i].since_us && now_us - monitor->open[i].since_us > WHOLE_US)
                shutdown(monitor->open[i].fd, SHUT_RDWR); /* its thread closes it */
        g_cond_wait_until(&monitor->stopped, &monitor->lock, now_us + G_USEC_PER_SEC);
    }
    g_mutex_unlock(&monitor->lock);
    return NULL;
}

/* -- starting ---------------------------------------------------------------------------------- */

static struct addrinfo *resolve(const struct config *config, char *error)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char port[8];

    snprintf(port, sizeof port, "%d", config->metrics_port);
    if (getaddrinfo(config->metrics_address, port, &hints, &found) != 0)
        snprintf(error, CONFIG_ERROR_MAX,
                 "[metrics] address: \"%s\" is no IP address of this machine",
                 config->metrics_address);
    return found;
}

static void monitor_free(struct monitor *monitor)
{
    g_mutex_clear(&monitor->lock);
    g_cond_clear(&monitor->stopped);
    g_free(monitor);
}

struct monitor *monitor_start(struct gateway *gateway, struct http *http, char *error)
{
    const struct config *config = gateway->config;
    struct monitor *monitor;
    struct addrinfo *address;
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO;

    error[0] = '\0';
    address = config->metrics_port ? resolve(config, error) : NULL;
    if (!address)
        return NULL;
    monitor = g_new0(struct monitor, 1);
    monitor->gateway = gateway;
    monitor->http = http;
    g_mutex_init(&monitor->lock);
    g_cond_init(&monitor->stopped);
    if (address->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    monitor->daemon = MHD_start_daemon(
        flags, (uint16_t)config->metrics_port, NULL, NULL, on_request, monitor,
        MHD_OPTION_SOCK_ADDR, address->ai_addr, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
        monitor, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)TIMEOUT_SECONDS, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
    freeaddrinfo(address);
    if (monitor->daemon) {
        monitor->reaper = g_thread_try_new("monitor", reap, monitor, NULL);
        return monitor;
    }
    snprintf(error, CONFIG_ERROR_MAX,
             "[metrics]: cannot listen at %s port %d: is the port taken by another program?",
             config->metrics_address, config->metrics_port);
    monitor_free(monitor);
    return NULL;
}

void monitor_stop(struct monitor *monitor)
{
    if (!monitor)
        return;
    g_mutex_lock(&monitor->lock);
    monitor->stopping = true;
    g_cond_signal(&monitor->stopped);
    g_mutex_unlock(&monitor->lock);
    if (monitor->reaper)
        g_thread_join(monitor->reaper);
    MHD_stop_daemon(monitor->daemon);
    monitor_free(monitor);
}
