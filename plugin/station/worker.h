/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one thread of a core that waits: for gateway and card, so that Linphone's main loop never
 * does. It owns the open SIM and the open connection (struct station), does errands one after the
 * other, and comes back to the main loop by sip_tap_run_later().
 */
#ifndef SIMAUTH_PLUGIN_WORKER_H
#define SIMAUTH_PLUGIN_WORKER_H

#include "settings.h"
#include "simauth/vector.h"
#include "sip_tap.h"
#include <stdbool.h>

/* The main loop turns every 20 ms and a hop back to it costs the rest of a turn, so for an answer
 * that is nearly there it waits in place instead. More is not allowed: sound has threads of its
 * own, and half a picture's time is not seen. It does not begin to wait where the last two errands
 * of the kind took longer, so a gateway that is far costs the main loop nothing. */
#define WORKER_PATIENCE_MS 8

/* What an errand's time depends on. */
enum errand_kind {
    ERRAND_OTHER,
    ERRAND_CALLER,        /* an INVITE that wants to leave */
    ERRAND_CALLER_ANSWER, /* its first response with a tag */
    ERRAND_CALLEE,        /* an INVITE that came */
    ERRAND_KINDS,
};

struct station; /* station.h */
struct station_health;

/* One errand. The owner embeds it as the first member of its own structure. */
struct errand {
    void (*work)(struct errand *errand, struct station *station); /* on the worker; may wait */
    void (*back)(struct errand *errand);                          /* on the main loop */
    void (*lost)(struct errand *errand); /* instead of back(): the core is gone; on any thread */
    struct settings *settings;           /* those of this errand; a reference, released by it */
    enum errand_kind kind;
    struct errand *next;
    int stage;     /* the worker's own */
    int64_t begun; /* us; the worker's own */
};

struct worker;

/* NULL: no thread. `provider` names the main loop to come back to. */
struct worker *worker_start(belle_sip_provider_t *provider);
/* Takes no more, lets the running errand end by itself (each wait in it has a limit) and releases
 * everything then, without waiting for it: the core is gone. */
void worker_stop(struct worker *worker);
/* A key pair that was made while nothing was to do, for one call: it is kept nowhere else from now
 * on. False: none is there, the caller makes its own. */
bool worker_take_pair(struct worker *worker, struct simauth_seal_pair *pair);
/* How long the errand in hand has been taking; 0: none is. */
int worker_busy_ms(struct worker *worker);
/* What SIM and gateway were like after the last errand. */
void worker_health(struct worker *worker, struct station_health *health);
/* Hands an errand over; it comes back exactly once by back() or lost(). */
void worker_do(struct worker *worker, struct errand *errand);
/* What most errands are: filled in with a reference to these settings (NULL: none), and handed
 * over. */
void worker_begin(struct worker *worker, struct errand *errand, struct settings *settings,
                  void (*on_worker)(struct errand *errand, struct station *station),
                  void (*back)(struct errand *errand), void (*lost)(struct errand *errand));
/* The same, and waits in place for it at most WORKER_PATIENCE_MS, unless errands of its kind take
 * longer. True: done, the caller goes on by itself and back() is not called. False: back() comes
 * later. */
bool worker_do_now(struct worker *worker, struct errand *errand);

#endif
