/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "metrics.h"
#include "../api/http.h"
#include "../log.h"
#include "metrics_parts.h"
#include "state.h"

#include <glib.h>
#include <stdatomic.h>
#include <string.h>

#define OPS_MAX 32
#define SLOW_US (30 * G_USEC_PER_SEC)

typedef _Atomic uint64_t counter;

static const int statuses[] = {200, 201, 202, 204, 400, 401, 403, 404,
                               405, 409, 413, 422, 429, 500, 503, 0 /* another */};
/* Seconds, in microseconds. */
static const int64_t bounds[] = {1000,   2500,   5000,   10000,   25000,  50000,
                                 100000, 250000, 500000, 1000000, 2500000};
struct op {
    const char *_Atomic name;
    counter by_status[G_N_ELEMENTS(statuses)];
    counter by_problem[PROBLEM_OPERATOR_DOWN + 8];
    counter by_time[G_N_ELEMENTS(bounds) + 1];
    counter us;
};
static struct op ops[OPS_MAX];
static GMutex naming;
static counter draws[-AUC_WAITS + 1], store_failures[-STORE_UNSURE + 1], reloads[2], clock_jumps;
static counter address_checks[2];
static int nonsense, timed_out; /* atomic */
static _Atomic int links_up = -1, links_total;
static _Atomic int64_t slow_us; /* when a fetch last failed */
static _Atomic int64_t reloaded_at;
static _Atomic bool resealing, old_needed;
static counter resealed;
static _Atomic bool reloaded_well = true;

static void count(counter *one)
{
    atomic_fetch_add_explicit(one, 1, memory_order_relaxed);
}

/* -- counting ---------------------------------------------------------------------------------- */

static struct op *op_of(const char *name)
{
    size_t i;

    for (i = 0; i < OPS_MAX && ops[i].name; i++)
        if (ops[i].name == name || strcmp(ops[i].name, name) == 0)
            return &ops[i];
    g_mutex_lock(&naming);
    while (i < OPS_MAX && ops[i].name && strcmp(ops[i].name, name) != 0)
        i++;
    if (i < OPS_MAX && !ops[i].name)
        ops[i].name = name;
    g_mutex_unlock(&naming);
    return i < OPS_MAX ? &ops[i] : NULL;
}

void metrics_request(const char *name, int status, enum problem problem, int64_t us)
{
    struct op *row = op_of(name);
    size_t at = 0, bound = 0;

    if (!row)
        return;
    while (statuses[at] && statuses[at] != status)
        at++;
    while (bound < G_N_ELEMENTS(bounds) && us > bounds[bound])
        bound++;
    if (problem == PROBLEM_UNSURE) /* one name */
        problem = PROBLEM_OPERATOR_DOWN;
    count(&row->by_status[at]);
    count(&row->by_time[bound]);
    atomic_fetch_add_explicit(&row->us, (uint64_t)MAX(us, 0), memory_order_relaxed);
    if (problem != PROBLEM_NONE && (size_t)problem < G_N_ELEMENTS(row->by_problem))
        count(&row->by_problem[problem]);
}

void metrics_source_state(void)
{
    int up = links_up, total = links_total;
    int64_t slow = slow_us;

    if (up == 0)
        state_set(STATE_SOURCE, "down");
    else if (slow && g_get_monotonic_time() - slow < SLOW_US)
        state_set(STATE_SOURCE, "slow");
    else
        state_set(STATE_SOURCE, up > 0 && up < total ? "half" : "good");
}

void metrics_draw(enum auc_result result)
{
    if (result == AUC_WAITS || -result >= (int)G_N_ELEMENTS(draws))
        return;
    count(&draws[-result]);
    if (links_up <= 0) /* no links at all is a state of its own */
        return;
    if (result == AUC_DOWN)
        slow_us = g_get_monotonic_time();
    else if (slow_us)
        slow_us = 0;
    else
        return;
    metrics_source_state();
}

void metrics_links(int up, int total)
{
    links_total = total;
    if (links_up == 0)
        slow_us = 0;
    links_up = up;
    metrics_source_state();
}

void metrics_store(enum store_result result)
{
    static const char *const words[] = {"good",      "good",    "good", "locked", "full",
                                        "read-only", "damaged", "down", "behind", "down"};

    _Static_assert(G_N_ELEMENTS(words) == G_N_ELEMENTS(store_failures), "a word for each");
    if (result != STORE_OK && result != STORE_NONE && result != STORE_EXISTS)
        count(&store_failures[-result]);
    if (result != STORE_DAMAGED) /* one value of one subscriber is not the store */
        state_set(STATE_STORE, words[-result]);
}

void metrics_reload(bool good)
{
    count(&reloads[good ? 0 : 1]);
    reloaded_well = good;
    if (good)
        reloaded_at = g_get_real_time() / G_USEC_PER_SEC;
}

void metrics_address_check(bool sent)
{
    count(&address_checks[sent]);
}

void metrics_clock_jump(void)
{
    count(&clock_jumps);
}

void metrics_reseal(bool rotating, int64_t more, bool needed)
{
    resealing = rotating;
    old_needed = needed;
    atomic_fetch_add_explicit(&resealed, (uint64_t)more, memory_order_relaxed);
}

/* -- text -------------------------------------------------------------------------------------- */

void metrics_nonsense(void)
{
    g_atomic_int_inc(&nonsense);
}

void metrics_timed_out(void)
{
    g_atomic_int_inc(&timed_out);
}

void metrics_head(GString *text, const char *name, const char *type, const char *help)
{
    g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(GString *text, const char *name, const char *type, const char *help, double value)
{
    metrics_head(text, name, type, help);
    g_string_append_printf(text, "%s %.15g\n", name, value);
}

static void write_durations(GString *text, const struct op *row)
{
    const char *name = row->name;
    uint64_t sum = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(bounds); i++) {
        sum += row->by_time[i];
        g_string_append_printf(
            text, "simauth_request_duration_seconds_bucket{op=\"%s\",le=\"%g\"} %" PRIu64 "\n",
            name, (double)bounds[i] / 1e6, sum);
    }
    sum += row->by_time[G_N_ELEMENTS(bounds)];
    g_string_append_printf(text,
                           "simauth_request_duration_seconds_bucket{op=\"%s\",le=\"+Inf\"} %" PRIu64
                           "\n"
                           "simauth_request_duration_seconds_sum{op=\"%s\"} %.6f\n"
                           "simauth_request_duration_seconds_count{op=\"%s\"} %" PRIu64 "\n",
                           name, sum, name, (double)row->us / 1e6, name, sum);
}

static void write_requests(GString *text)
{
    metrics_head(text, "simauth_requests_total", "counter", "Requests answered, by status.");
    for (const struct op *row = ops; row < ops + OPS_MAX && row->name; row++)
        for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++)
            if (row->by_status[i])
                g_string_append_printf(
                    text, "simauth_requests_total{op=\"%s\",status=\"%d\"} %" PRIu64 "\n",
                    row->name, statuses[i], row->by_status[i]);
    metrics_head(text, "simauth_refusals_total", "counter", "Requests refused, by problem.");
    for (const struct op *row = ops; row < ops + OPS_MAX && row->name; row++)
        for (size_t i = 1; i < G_N_ELEMENTS(row->by_problem); i++)
            if (row->by_problem[i])
                g_string_append_printf(
                    text, "simauth_refusals_total{op=\"%s\",problem=\"%s\"} %" PRIu64 "\n",
                    row->name, problem_row((enum problem)i)->name, row->by_problem[i]);
    metrics_head(text, "simauth_request_duration_seconds", "histogram",
                 "From a request's first line to its answer.");
    for (const struct op *row = ops; row < ops + OPS_MAX && row->name; row++)
        write_durations(text, row);
}

static void write_results(GString *text)
{
    metrics_head(text, "simauth_vectors_drawn_total", "counter",
                 "Vectors drawn from the source, by result.");
    for (size_t i = 0; i + 1 < G_N_ELEMENTS(draws); i++)
        g_string_append_printf(text, "simauth_vectors_drawn_total{result=\"%s\"} %" PRIu64 "\n",
                               auc_result_name((enum auc_result)(-(int)i)), draws[i]);
    metrics_head(text, "simauth_store_failures_total", "counter",
                 "Transactions that failed, by reason.");
    for (size_t i = -STORE_BUSY; i < G_N_ELEMENTS(store_failures); i++)
        g_string_append_printf(text, "simauth_store_failures_total{reason=\"%s\"} %" PRIu64 "\n",
                               store_result_name((enum store_result)(-(int)i)), store_failures[i]);
    metrics_head(text, "simauth_reloads_total", "counter", "Reloads of the configuration.");
    g_string_append_printf(text,
                           "simauth_reloads_total{result=\"good\"} %" PRIu64 "\n"
                           "simauth_reloads_total{result=\"refused\"} %" PRIu64 "\n",
                           reloads[0], reloads[1]);
    one(text, "simauth_config_last_reload_successful", "gauge",
        "0 when the last reload was refused.", reloaded_well);
    if (reloaded_at)
        one(text, "simauth_config_last_reload_success_timestamp_seconds", "gauge",
            "When the configuration was last reloaded.", (double)reloaded_at);
    one(text, "simauth_log_lines_lost_total", "counter", "Log lines that nobody took.",
        (double)log_lost());
    metrics_head(text, "simauth_address_checks_total", "counter",
                 "Address checks that subscribers asked for.");
    g_string_append_printf(text,
                           "simauth_address_checks_total{result=\"sent\"} %" PRIu64 "\n"
                           "simauth_address_checks_total{result=\"limited\"} %" PRIu64 "\n",
                           (uint64_t)address_checks[1], (uint64_t)address_checks[0]);
    one(text, "simauth_clock_jumps_total", "counter", "Jumps of the clock that were seen.",
        (double)clock_jumps);
    if (resealing) {
        one(text, "simauth_seal_old_needed", "gauge",
            "1 while some value may still be sealed with seal_key_old.", old_needed);
        one(text, "simauth_resealed_total", "counter", "Values that were sealed anew.",
            (double)resealed);
    }
    if (links_up >= 0) {
        one(text, "simauth_source_links_up", "gauge", "Links to the HLR or UDM that are up.",
            links_up);
        one(text, "simauth_source_links", "gauge", "Links to the HLR or UDM.", links_total);
    }
}

static void write_listener(GString *text, const struct gateway *gateway,
                           const struct http_status *http)
{
    one(text, "simauth_connections", "gauge", "Open connections.", http->connections);
    one(text, "simauth_connections_limit", "gauge", "How many there may be.",
        gateway->config->connections);
    one(text, "simauth_requests_in_flight", "gauge", "Requests whose answer has not left.",
        http->busy);
    one(text, "simauth_connections_timed_out_total", "counter",
        "Connections closed on which no whole request came in time, or no answer was read.",
        g_atomic_int_get(&timed_out));
    one(text, "simauth_nonsense_total", "counter", "What came that is no TLS or no HTTP.",
        g_atomic_int_get(&nonsense));
}

static void write_states(GString *text)
{
    metrics_head(text, "simauth_up", "gauge", "1 when the part is good.");
    for (int i = 0; i < STATE_PARTS; i++)
        g_string_append_printf(text, "simauth_up{part=\"%s\"} %d\n",
                               state_part_name((enum state_part)i), state_good((enum state_part)i));
    metrics_head(text, "simauth_state", "gauge", "The state that the part is in: always 1.");
    for (int i = 0; i < STATE_PARTS; i++)
        g_string_append_printf(text, "simauth_state{part=\"%s\",state=\"%s\"} 1\n",
                               state_part_name((enum state_part)i), state_of((enum state_part)i));
    one(text, "simauth_ready", "gauge", "1 when requests should be sent here.", state_ready());
}

char *metrics_text(struct gateway *gateway, const struct http_status *http)
{
    GString *text = g_string_new(NULL);

    metrics_head(text, "simauth_build_info", "gauge", "The version: always 1.");
    g_string_append_printf(text, "simauth_build_info{version=\"%s\"} 1\n", SIMAUTH_VERSION);
    write_states(text);
    write_requests(text);
    write_results(text);
    write_listener(text, gateway, http);
    metrics_write_partners(text, gateway);
    metrics_write_certificates(text, gateway);
    metrics_write_process(text, gateway);
    return g_string_free(text, FALSE);
}
