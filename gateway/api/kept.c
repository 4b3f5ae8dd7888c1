/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kept.h"
#include "../log.h"
#include "../ops/metrics.h"
#include "tls.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_US G_USEC_PER_SEC
#define PING_US (60 * G_USEC_PER_SEC) /* a gateway closes what is idle for three minutes */
#define DELAY_FIRST_US G_USEC_PER_SEC
#define DELAY_MAX_US (30 * G_USEC_PER_SEC)
#define MUTE_US (600 * G_USEC_PER_SEC) /* twice what the alert waits for */
#define FAR_KEPT 2                     /* one is free while the other is asked whether it stands */

void kept_init(struct kept *kept)
{
    kept->ready = g_hash_table_new(g_direct_hash, g_direct_equal);
    kept->own = g_ptr_array_new();
}

void kept_clear(struct kept *kept, CURLM *multi)
{
    for (guint i = 0; i < kept->own->len; i++) {
        struct exchange *exchange = kept->own->pdata[i];

        curl_multi_remove_handle(multi, exchange_easy(exchange));
        exchange_free(exchange);
    }
    g_ptr_array_set_size(kept->own, 0);
    kept->opening = kept->pinging = 0;
}

void kept_free(struct kept *kept)
{
    g_hash_table_destroy(kept->ready);
    g_ptr_array_free(kept->own, TRUE);
    store_partner_clear(&kept->partner);
}

void kept_partner(struct kept *kept, const struct store_partner *partner)
{
    static const struct store_partner none;

    if (!partner)
        partner = &none;
    else if (kept->partner.id && same_way(partner, &kept->partner))
        return;
    store_partner_clear(&kept->partner);
    kept->partner = *partner;
    kept->partner.anchors = partner->id ? strdup(partner->anchors) : NULL;
    if (partner->id && !kept->partner.anchors)
        kept->partner.id = 0; /* no memory */
    /* Those that stand lead elsewhere now. */
    g_hash_table_remove_all(kept->ready);
    kept->delay_us = kept->next_us = kept->open_us = 0;
    kept->told = kept->up = false;
    kept->late_us = 0;
}

/* -- which connections stand ------------------------------------------------------------------- */

static int on_close(void *user, curl_socket_t fd)
{
    struct kept *kept = user;

    g_hash_table_remove(kept->ready, GINT_TO_POINTER(fd));
    return close(fd);
}

void kept_watch(struct kept *kept, struct exchange *exchange, unsigned running)
{
    CURL *easy = exchange_easy(exchange);

    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, kept);
    kept->peak = MAX(kept->peak, running + 1);
}

static void tell(struct kept *kept, bool up, const char *why)
{
    if (kept->told && kept->up == up)
        return;
    kept->told = true;
    kept->up = up;
    log_line("op=partner partner=\"%s\" result=%s%s%s%s", kept->partner.name, up ? "up" : "down",
             why ? " reason=\"" : "", why ? why : "", why ? "\"" : "");
}

/* For /metrics. Whoever lets questions run out of time is not up by answering what is none; nor is
 * who sends elsewhere. */
static void count(struct kept *kept, const struct exchange *exchange)
{
    long status = 0;

    curl_easy_getinfo(exchange_easy(exchange), CURLINFO_RESPONSE_CODE, &status);
    if ((status < 300 || status >= 400) &&
        (!kept->late_us || g_get_monotonic_time() - kept->late_us >= MUTE_US))
        metrics_partner_link(kept->partner.name, true);
}

static void refused(struct kept *kept)
{
    if (!kept->partner.id)
        return;
    metrics_partner_link(kept->partner.name, false);
    tell(kept, false,
         "it refuses our certificate: it has no agreement with it, or has suspended it");
}

bool kept_answered(struct kept *kept, struct exchange *exchange)
{
    CURL *easy = exchange_easy(exchange);
    curl_socket_t fd = CURL_SOCKET_BAD;
    curl_off_t us = 0;
    long opened = 0;

    if (exchange_refuses_us(exchange)) {
        refused(kept);
        return false;
    }
    if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK || fd == CURL_SOCKET_BAD)
        return false; /* closed with its answer */
    if (exchange_identity(exchange) == tls_present())
        g_hash_table_add(kept->ready, GINT_TO_POINTER(fd));
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &opened);
    if (opened > 0 && curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &us) == CURLE_OK)
        kept->open_us = us;
    kept->delay_us = kept->next_us = 0;
    kept->late = false;
    if (exchange_asked(exchange))
        kept->late_us = 0;
    else if (kept->partner.id)
        count(kept, exchange);
    if (kept->partner.id)
        tell(kept, true, NULL);
    return true;
}

/* libcurl asks nothing over those that began with another certificate. */
static void renew(struct kept *kept)
{
    if (kept->identity == tls_present())
        return;
    kept->identity = tls_present();
    g_hash_table_remove_all(kept->ready);
    kept->next_us = 0;
}

/* The other side closed one, which libcurl sees when it needs it: too late. */
static void look(struct kept *kept)
{
    GHashTableIter each;
    gpointer fd;

    g_hash_table_iter_init(&each, kept->ready);
    while (g_hash_table_iter_next(&each, &fd, NULL)) {
        struct pollfd at = {.fd = GPOINTER_TO_INT(fd), .events = POLLRDHUP};

        if (poll(&at, 1, 0) > 0)
            g_hash_table_iter_remove(&each);
    }
}

/* -- opening them ------------------------------------------------------------------------------ */

/* Whether TCP, TLS and a question take longer than a question may. */
static bool far_away(const struct kept *kept, const struct config *config)
{
    return kept->open_us * 3 / 2 >= config->federation_timeout_ms * INT64_C(1000);
}

static unsigned ready(const struct kept *kept)
{
    return g_hash_table_size(kept->ready);
}

bool kept_may_ask(const struct kept *kept, const struct config *config, unsigned running)
{
    if (!kept->partner.id || !far_away(kept, config))
        return true;
    /* Nothing stands and nothing could be opened: the question hears the same, and at once. */
    if (ready(kept) == 0 && kept->delay_us > 0)
        return true;
    return running + kept->pinging < ready(kept);
}

static unsigned wanted(const struct kept *kept, const struct config *config, unsigned running,
                       unsigned queued)
{
    unsigned most = (unsigned)config->federation_connections, want;

    want = (unsigned)config->federation_kept;
    if (kept->late)
        want = MAX(want, 1);
    if (want > 0 && far_away(kept, config)) {
        want = MAX(want, MAX(FAR_KEPT, kept->peak + 1));
        want = MAX(want, running + queued);
    }
    return MIN(want, most);
}

static void begin(struct kept *kept, CURLM *multi, bool fresh)
{
    struct exchange *exchange = exchange_new_connection(&kept->partner, fresh);

    if (!exchange)
        return;
    kept_watch(kept, exchange, 0);
    if (curl_multi_add_handle(multi, exchange_easy(exchange)) != CURLM_OK) {
        exchange_free(exchange);
        return;
    }
    g_ptr_array_add(kept->own, exchange);
    if (fresh)
        kept->opening++;
    else
        kept->pinging++;
}

void kept_step(struct kept *kept, CURLM *multi, const struct config *config, unsigned running,
               unsigned queued)
{
    int64_t now_us = g_get_monotonic_time();
    unsigned want;

    renew(kept);
    if (!kept->partner.id)
        return;
    if (now_us - kept->looked_us >= LOOK_US) {
        kept->looked_us = now_us;
        look(kept);
    }
    want = wanted(kept, config, running, queued);
    while (ready(kept) + kept->opening < want && now_us >= kept->next_us) {
        unsigned before = kept->opening;

        begin(kept, multi, true);
        if (kept->opening == before || kept->delay_us > 0) /* no memory; or one try at a time */
            kept->next_us = now_us + MAX(kept->delay_us, DELAY_FIRST_US);
    }
    /* Over one that is free: libcurl would open another. */
    if (config->federation_kept > 0 && kept->pinging == 0 && running < ready(kept) &&
        now_us - kept->pinged_us >= PING_US) {
        kept->pinged_us = now_us;
        kept->peak = MAX(running, kept->peak - (kept->peak > 0));
        begin(kept, multi, false);
    }
}

void kept_late(struct kept *kept, const struct store_partner *partner)
{
    if (!kept->partner.id)
        kept_partner(kept, partner);
    kept->late = true;
    kept->late_us = g_get_monotonic_time();
}

void kept_ended(struct kept *kept, struct exchange *exchange, CURLcode code, bool stands)
{
    bool fresh = exchange_fresh(exchange);

    g_ptr_array_remove_fast(kept->own, exchange);
    if (fresh)
        kept->opening--;
    else
        kept->pinging--;
    if (stands && fresh)
        kept->pinged_us = g_get_monotonic_time();
    if (stands || !fresh)
        return;
    kept->late = false;
    kept->delay_us = MIN(MAX(kept->delay_us * 2, DELAY_FIRST_US), DELAY_MAX_US);
    kept->next_us = g_get_monotonic_time() + kept->delay_us;
    if (code == CURLE_OK || !kept->partner.id || ready(kept) > 0)
        return;
    metrics_partner_link(kept->partner.name, false);
    tell(kept, false, exchange_why(exchange, code));
}
