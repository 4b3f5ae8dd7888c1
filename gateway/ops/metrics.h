/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Prometheus reads. No label ever holds an IMSI, a NAI or an address: operations, results and
 * the names of partners are all. Counting costs no lock on a request's way. */
#ifndef SIMAUTH_GATEWAY_METRICS_H
#define SIMAUTH_GATEWAY_METRICS_H

#include "../api/problem.h"
#include "../gateway.h"

struct http_status;

/* A request was answered. `op` is a route's name, static storage. */
void metrics_request(const char *op, int status, enum problem problem, int64_t us);
/* A vector was drawn from the source, or not; sets STATE_SOURCE where that fetches. */
void metrics_draw(enum auc_result result);
/* How many links to the source are up. */
void metrics_links(int up, int total);
/* STATE_SOURCE once a second: words that time ends. */
void metrics_source_state(void);
/* A transaction failed, or one that wrote did not; sets STATE_STORE. */
void metrics_store(enum store_result result);
/* A stranger sent what is no TLS or no HTTP. */
void metrics_nonsense(void);
/* A connection was closed on which no whole request came in time, or whose answer was not read. */
void metrics_timed_out(void);
/* A partner was asked `questions` in one exchange, as a batch or the only one alone. */
void metrics_partner_asked(const char *partner, bool answered, size_t questions, bool batch);
/* A connection to it that nobody asked over answered, or could not be had. */
void metrics_partner_link(const char *partner, bool up);
/* A partner asked for more than its agreement lets it. */
void metrics_partner_limited(const char *partner);
/* A nonce went to an address that a subscriber wants to bind, or none more today. */
void metrics_address_check(bool sent);
void metrics_reload(bool good);
void metrics_clock_jump(void);
/* While there is an old sealing key (`rotating`): so many more were sealed anew, and whether some
 * may still need it. */
void metrics_reseal(bool rotating, int64_t more, bool needed);
/* When the authority of subscribers' certificates ends; 0: there is none. */
void metrics_authority(int64_t ends);
/* Prometheus's text format 0.0.4; g_free() it. */
char *metrics_text(struct gateway *gateway, const struct http_status *http);

#endif
