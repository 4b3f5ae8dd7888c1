/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keeper.h"
#include "../api/issue.h"
#include "../api/operator_key.h"
#include "../api/tls.h"
#include "../api/waiting.h"
#include "../log.h"
#include "../pki.h"
#include "metrics.h"
#include "notify.h"
#include "state.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SWEEP_US (5 * G_USEC_PER_SEC)
#define STUCK_US (30 * G_USEC_PER_SEC) /* longer than HLR and partner may take together */
#define JUMP_US (2 * G_USEC_PER_SEC)
#define JUMPED_US (60 * G_USEC_PER_SEC)
#define HELD_US (60 * G_USEC_PER_SEC) /* a step forwards of more than this is not believed */
#define QUIET_S (31 * 86400)   /* a start so long after the newest record is not believed either */
#define RESEAL_US (200 * 1000) /* of a second */
#define PURGE_US (200 * 1000)  /* so too */
#define RESEAL_AGAIN_US (10 * 60 * G_USEC_PER_SEC)
#define SOON_SECONDS (14 * 86400)

struct keeper {
    struct gateway *gateway;
    struct http *http;
    int64_t swept_us;  /* all times monotonic: the clock may jump */
    int64_t offset_us; /* between the clock and the monotonic one */
    int64_t jumped_us; /* 0: not lately */
    /* The furthest offset that is believed. By a clock that went further what does not come back is
     * not removed, until it is where it was or somebody reloads. */
    int64_t believed_us;
    bool held;
    int64_t pinged_us, watchdog_us;
    struct store_reseal reseal;
    int64_t resealed_us;    /* 0: not yet with this pair of keys */
    int64_t authority_ends; /* 0: there is none */
    bool purging;           /* there may be records older than [charging] keep_days */
};

/* -- the store --------------------------------------------------------------------------------- */

/* A row that is over: writing and sweeping it shows whether the disk takes anything, which a
 * transaction without a change does not. */
static enum store_result write_something(struct gateway *gateway)
{
    const struct store_operator_key over = {
        .private_key = {.len = 32}, .not_before = 0, .not_after = 1};

    return gateway->ops->operator_key_add(gateway->store, &over);
}

static void free_partner(gpointer partner)
{
    store_partner_clear(partner);
    g_free(partner);
}

static int take_partner(const struct store_partner *partner, void *data)
{
    struct store_partner *copy;

    if (!partner_active(partner, (int64_t)time(NULL)))
        return 0;
    copy = g_memdup2(partner, sizeof *partner);
    copy->anchors = strdup(partner->anchors);
    if (copy->anchors)
        g_ptr_array_add(data, copy);
    else
        g_free(copy);
    return 0;
}

/* Connections stand open to those with whom there is an agreement now. */
static void tell_partners(struct gateway *gateway)
{
    GPtrArray *partners = g_ptr_array_new_with_free_func(free_partner);
    enum store_result result = gateway->ops->begin(gateway->store, STORE_READ);

    if (result == STORE_OK) {
        result = gateway->ops->partner_list(gateway->store, take_partner, partners);
        gateway->ops->rollback(gateway->store);
    }
    if (result == STORE_OK)
        waiting_keep(gateway->waiting, partners);
    else
        g_ptr_array_unref(partners);
}

/* Of subscribers' certificates. */
static void look_at_authority(struct keeper *keeper)
{
    struct gateway *gateway = keeper->gateway;
    struct store_authority authority = {0};
    enum store_result result = gateway->ops->begin(gateway->store, STORE_READ);

    if (result != STORE_OK)
        return;
    result = gateway->ops->authority_get(gateway->store, &authority);
    gateway->ops->rollback(gateway->store);
    if (result == STORE_OK)
        keeper->authority_ends = pki_authority_ends(&authority);
    else if (result == STORE_NONE)
        keeper->authority_ends = 0;
    store_authority_clear(&authority);
    metrics_authority(keeper->authority_ends);
}

/* By this time goes what does not come back: charging records, codes, claims, certificates. */
static int64_t believed_time(const struct keeper *keeper)
{
    int64_t believed = (g_get_monotonic_time() + keeper->believed_us) / G_USEC_PER_SEC;

    return MIN(believed, (int64_t)time(NULL));
}

static void sweep(const struct keeper *keeper)
{
    struct gateway *gateway = keeper->gateway;
    bool doubtful = !state_good(STATE_STORE);
    enum store_result result = gateway->ops->begin(gateway->store, STORE_WRITE);

    if (result == STORE_OK) {
        if (doubtful)
            result = write_something(gateway);
        if (result == STORE_OK)
            result = gateway->ops->sweep(gateway->store, (int64_t)time(NULL));
        if (result == STORE_OK)
            result = gateway->ops->sweep_lasting(gateway->store, believed_time(keeper));
        if (result == STORE_OK)
            result = gateway->ops->commit(gateway->store);
        else
            gateway->ops->rollback(gateway->store);
    }
    metrics_store(result);
    if (result == STORE_DAMAGED)
        state_set(STATE_STORE, "damaged");
    if (result != STORE_OK)
        log_line("op=sweep result=failed reason=\"%s\"", store_result_name(result));
}

/* There may be months of them, where keep_days was not set before: a few at a time, apart from what
 * every gateway has to sweep, and the rest a second later. */
static void purge(struct keeper *keeper)
{
    struct gateway *gateway = keeper->gateway;
    int64_t end_us = g_get_monotonic_time() + PURGE_US;
    int64_t before = believed_time(keeper) - gateway->config->keep_days * 86400LL;
    enum store_result result = STORE_OK;

    while (result == STORE_OK && g_get_monotonic_time() < end_us) {
        result = gateway->ops->begin(gateway->store, STORE_WRITE);
        if (result != STORE_OK)
            break;
        result = gateway->ops->record_purge(gateway->store, before, INT64_MAX);
        if (result == STORE_OK)
            result = gateway->ops->commit(gateway->store);
        else
            gateway->ops->rollback(gateway->store);
    }
    keeper->purging = result == STORE_OK;
    if (result == STORE_OK || result == STORE_NONE)
        return;
    metrics_store(result);
    log_line("op=purge result=failed reason=\"%s\"", store_result_name(result));
}

/* While there is an old sealing key: all values, a few at a time; then again once in a while, for
 * other gateways may still have sealed with it. */
static void reseal(struct keeper *keeper, int64_t now_us)
{
    struct gateway *gateway = keeper->gateway;
    int64_t end_us = now_us + RESEAL_US;
    enum store_result result = STORE_OK;

    if (!seal_now(&gateway->seal)->has_old) {
        keeper->reseal = (struct store_reseal){0};
        keeper->resealed_us = 0;
        metrics_reseal(false, 0, false);
        return;
    }
    if (keeper->resealed_us && now_us - keeper->resealed_us < RESEAL_AGAIN_US)
        return;
    while (result == STORE_OK && !keeper->reseal.done && g_get_monotonic_time() < end_us) {
        struct store_reseal before = keeper->reseal;

        result = gateway->ops->begin(gateway->store, STORE_WRITE);
        if (result != STORE_OK)
            break;
        result = gateway->ops->reseal(gateway->store, &keeper->reseal);
        if (result == STORE_OK)
            result = gateway->ops->commit(gateway->store);
        else
            gateway->ops->rollback(gateway->store);
        if (result == STORE_OK)
            metrics_reseal(true, keeper->reseal.old - before.old, true);
        else
            keeper->reseal = before;
    }
    if (result != STORE_OK)
        metrics_store(result);
    if (!keeper->reseal.done)
        return;
    log_line("op=reseal result=finished renewed=%lld present=%lld unknown=%lld",
             (long long)keeper->reseal.old, (long long)keeper->reseal.present,
             (long long)keeper->reseal.unknown);
    metrics_reseal(true, 0, keeper->reseal.unknown > 0);
    keeper->reseal = (struct store_reseal){0};
    keeper->resealed_us = now_us;
}

/* -- the clock --------------------------------------------------------------------------------- */

static void jumped(struct keeper *keeper, int64_t now_us)
{
    keeper->jumped_us = now_us;
    state_set(STATE_CLOCK, "jumped");
}

/* A machine that begins with a wrong clock is told by what it has: records are older than now, and
 * not by years. */
static void believe_start(struct keeper *keeper, int64_t now_us)
{
    struct gateway *gateway = keeper->gateway;
    int64_t now = (now_us + keeper->offset_us) / G_USEC_PER_SEC, newest = 0;

    keeper->believed_us = keeper->offset_us;
    if (gateway->ops->begin(gateway->store, STORE_READ) != STORE_OK)
        return;
    gateway->ops->newest(gateway->store, &newest);
    gateway->ops->rollback(gateway->store);
    if (newest && now > newest + QUIET_S) {
        keeper->believed_us = newest * G_USEC_PER_SEC - now_us;
        jumped(keeper, now_us);
    } else if (now + STORE_AHEAD_S < newest) { /* it will be put right */
        keeper->believed_us = (newest + QUIET_S) * G_USEC_PER_SEC - now_us;
        log_line("op=clock result=behind behind_ms=%lld reason=\"there are records of later\" "
                 "advice=\"look at chrony\"",
                 (long long)(newest - now) * 1000);
        jumped(keeper, now_us);
    }
}

/* -- once a second ----------------------------------------------------------------------------- */

static void believe(struct keeper *keeper)
{
    int64_t ahead_us = keeper->offset_us - keeper->believed_us;
    bool held = ahead_us > HELD_US;

    if (!held)
        keeper->believed_us = MAX(keeper->believed_us, keeper->offset_us);
    if (held && !keeper->held)
        log_line("op=clock result=held ahead_ms=%lld reason=\"records, codes and certificates are "
                 "not removed by it\" advice=\"look at chrony; where the clock is right now, "
                 "reload\"",
                 (long long)(ahead_us / 1000));
    else if (!held && keeper->held)
        log_line("op=clock result=believed");
    keeper->held = held;
}

static void watch_clock(struct keeper *keeper, int64_t now_us)
{
    int64_t offset = g_get_real_time() - now_us, jump = offset - keeper->offset_us;

    keeper->offset_us = offset;
    if (jump > JUMP_US || jump < -JUMP_US) {
        log_line("op=clock jump_ms=%lld", (long long)(jump / 1000));
        metrics_clock_jump();
        jumped(keeper, now_us);
    } else if (keeper->jumped_us && !keeper->held && now_us - keeper->jumped_us > JUMPED_US) {
        keeper->jumped_us = 0;
        state_set(STATE_CLOCK, "good");
    }
    believe(keeper);
}

/* Without the authority all but its certificates goes on: it is at most what ends soon. */
static void watch_certificates(const struct keeper *keeper)
{
    int64_t now = g_get_real_time() / G_USEC_PER_SEC;
    int64_t first =
        MIN(tls_present_expires(), operator_keys_expires(keeper->gateway->operator_keys));
    int64_t soon = keeper->authority_ends ? MIN(first, keeper->authority_ends) : first;

    state_set(STATE_CERTIFICATE, first <= now                ? "expired"
                                 : soon - now < SOON_SECONDS ? "expires-soon"
                                                             : "good");
}

void keeper_watch_listener(struct gateway *gateway, struct http *http)
{
    struct http_status status;

    http_status(http, &status);
    state_set(STATE_LISTENER, status.oldest_us > STUCK_US ? "stuck"
                              : status.connections >= (unsigned)gateway->config->connections
                                  ? "crowded"
                                  : "good");
}

/* Whoever waits for us hears nothing while a request hangs. */
static void ping(struct keeper *keeper, int64_t now_us)
{
    char text[256];

    if (!keeper->watchdog_us || now_us - keeper->pinged_us < keeper->watchdog_us / 3 ||
        strcmp(state_of(STATE_LISTENER), "stuck") == 0)
        return;
    keeper->pinged_us = now_us;
    snprintf(text, sizeof text, "WATCHDOG=1\nSTATUS=service %s, store %s, source %s",
             state_of(STATE_SERVICE), state_of(STATE_STORE), state_of(STATE_SOURCE));
    notify_again(text);
}

static void tick(struct keeper *keeper)
{
    struct gateway *gateway = keeper->gateway;
    int64_t now_us = g_get_monotonic_time();

    http_reap(keeper->http);
    watch_clock(keeper, now_us);
    watch_certificates(keeper);
    keeper_watch_listener(gateway, keeper->http);
    metrics_source_state();
    operator_keys_rotate(gateway->operator_keys);
    if (now_us - keeper->swept_us >= SWEEP_US || !state_good(STATE_STORE)) {
        keeper->swept_us = now_us;
        sweep(keeper);
        if (state_good(STATE_STORE)) /* else requests would wait behind this one too */
            tell_partners(gateway);
        if (state_good(STATE_STORE))
            look_at_authority(keeper);
        keeper->purging = gateway->config->keep_days > 0;
    }
    if (keeper->purging && gateway->config->keep_days > 0 && state_good(STATE_STORE))
        purge(keeper);
    reseal(keeper, now_us);
    ping(keeper, now_us);
}

/* -- signals ----------------------------------------------------------------------------------- */

static void on_hangup(struct keeper *keeper, const char *path, const char *log)
{
    char error[CONFIG_ERROR_MAX] = "", text[64];
    char **lines;
    bool good;

    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)g_get_monotonic_time());
    notify_send(text);
    if (log)
        log_open(log);
    good = reload(keeper->gateway, path, error) == 0;
    metrics_reload(good);
    if (good) {
        keeper->resealed_us = 0;
        keeper->reseal = (struct store_reseal){0};
        keeper->believed_us = MAX(keeper->believed_us, keeper->offset_us);
    }
    lines = g_strsplit(error, "\n", -1);
    if (good)
        log_line("op=reload result=good");
    for (size_t i = 0; !good && lines[i]; i++)
        log_line("op=reload result=refused reason=\"%s\"", lines[i]);
    g_strfreev(lines);
    notify_send(good ? "READY=1\nSTATUS=reloaded"
                     : "READY=1\nSTATUS=reload refused: see the log; the old configuration holds");
}

/* The next signal, or 0 after a second at most. */
static int wait_signal(const struct keeper *keeper, const sigset_t *signals)
{
    int64_t us =
        keeper->watchdog_us ? MIN(keeper->watchdog_us / 6, G_USEC_PER_SEC) : G_USEC_PER_SEC;
    const struct timespec time = {us / G_USEC_PER_SEC, us % G_USEC_PER_SEC * 1000};
    int got = sigtimedwait(signals, NULL, &time);

    return got > 0 ? got : 0;
}

static bool ends(int got)
{
    return got == SIGTERM || got == SIGINT;
}

void keeper_run(struct gateway *gateway, struct http *http, const sigset_t *signals,
                const char *path, const char *log)
{
    struct keeper keeper = {.gateway = gateway,
                            .http = http,
                            .offset_us = g_get_real_time() - g_get_monotonic_time(),
                            .watchdog_us = notify_watchdog_us()};
    int64_t end_us;
    int got;

    believe_start(&keeper, g_get_monotonic_time());
    tick(&keeper);
    state_set(STATE_SERVICE, "good");
    notify_send("READY=1");
    while (!ends(got = wait_signal(&keeper, signals))) {
        if (got == SIGHUP)
            on_hangup(&keeper, path, log);
        tick(&keeper);
    }
    state_set(STATE_SERVICE, "draining");
    notify_send("STOPPING=1");
    end_us = g_get_monotonic_time() + gateway->config->drain * G_USEC_PER_SEC;
    while (g_get_monotonic_time() < end_us && !ends(wait_signal(&keeper, signals)))
        tick(&keeper);
}
