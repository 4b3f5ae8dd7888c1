/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "worker.h"
#include "station.h"
#include "thread.h"

#include <errno.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum stage {
    STAGE_WAITING,  /* in the queue or being worked on; nobody waits in place */
    STAGE_WATCHED,  /* the same, and the main loop waits in place */
    STAGE_FINISHED, /* done while watched: the main loop takes it from here */
};

struct worker {
    pthread_mutex_t lock;
    pthread_cond_t queued, finished;
    struct errand *first, **last;
    struct station *station;
    struct station_health health; /* a copy, guarded */
    belle_sip_provider_t *provider;
    struct simauth_seal_pair spare; /* for the next call */
    int64_t since;                  /* us: when the errand in hand was begun; 0: none */
    int64_t lately[ERRAND_KINDS]
                  [2]; /* us that the last two of a kind took, queue and all; 0: none yet */
    bool stopping;
};

static void come_back(void *arg)
{
    struct errand *errand = arg;
    errand->back(errand);
}

/* A third of what a call costs here is its key pair (docs/performance.md), which depends on
 * nothing: so it is made before the call. */
static void make_spare(struct worker *w)
{
    uint8_t random[SIMAUTH_X25519_LEN];
    struct simauth_seal_pair pair = {0};

    pthread_mutex_unlock(&w->lock);
    bool made =
        RAND_priv_bytes(random, sizeof(random)) == 1 && !simauth_seal_pair_make(random, &pair);
    explicit_bzero(random, sizeof(random));
    pthread_mutex_lock(&w->lock);
    if (made)
        w->spare = pair;
    explicit_bzero(&pair, sizeof(pair));
}

bool worker_take_pair(struct worker *w, struct simauth_seal_pair *pair)
{
    pthread_mutex_lock(&w->lock);
    *pair = w->spare;
    explicit_bzero(&w->spare, sizeof(w->spare));
    pthread_mutex_unlock(&w->lock);
    return pair->private_key.len > 0;
}

static struct errand *take(struct worker *w)
{
    struct errand *errand;

    if (!w->first && !w->stopping && w->spare.private_key.len == 0)
        make_spare(w);
    while (!w->first && !w->stopping)
        pthread_cond_wait(&w->queued, &w->lock);
    errand = w->first;
    if (errand && !(w->first = errand->next))
        w->last = &w->first;
    return errand;
}

static void remember_time(struct worker *w, const struct errand *errand)
{
    int64_t *lately = w->lately[errand->kind];

    lately[1] = lately[0];
    lately[0] = g_get_monotonic_time() - errand->begun;
}

/* The quicker of the last two decides: one slow answer does not change what the next call does. */
static bool worth_waiting(const struct worker *w, enum errand_kind kind)
{
    return MIN(w->lately[kind][0], w->lately[kind][1]) <= WORKER_PATIENCE_MS * 1000;
}

/* Unlocked while it works; true when nobody in place wants the result. */
static bool work(struct worker *w, struct errand *errand)
{
    bool lost = w->stopping;
    struct station_health health;

    w->since = g_get_monotonic_time();
    pthread_mutex_unlock(&w->lock);
    if (!lost)
        errand->work(errand, w->station);
    settings_unref(errand->settings);
    errand->settings = NULL;
    health = *station_health(w->station);
    pthread_mutex_lock(&w->lock);
    w->health = health;
    w->since = 0;
    remember_time(w, errand);
    if (errand->stage == STAGE_WATCHED) {
        errand->stage = STAGE_FINISHED;
        pthread_cond_signal(&w->finished);
        return false;
    }
    return true;
}

static void *run(void *arg)
{
    struct worker *w = arg;
    struct errand *errand;

    pthread_mutex_lock(&w->lock);
    while ((errand = take(w))) {
        if (!work(w, errand))
            continue;
        bool stopping = w->stopping;
        pthread_mutex_unlock(&w->lock);
        if (stopping || !sip_tap_run_later(w->provider, come_back, errand))
            errand->lost(errand);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    station_close(w->station);
    pthread_cond_destroy(&w->queued);
    pthread_cond_destroy(&w->finished);
    pthread_mutex_destroy(&w->lock);
    explicit_bzero(&w->spare, sizeof(w->spare));
    free(w);
    return NULL;
}

struct worker *worker_start(belle_sip_provider_t *provider)
{
    struct worker *w = calloc(1, sizeof(*w));
    pthread_condattr_t monotonic;

    if (!w)
        return NULL;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->queued, NULL);
    pthread_cond_init(&w->finished, &monotonic);
    pthread_condattr_destroy(&monotonic);
    w->last = &w->first;
    w->provider = provider;
    w->station = station_open();
    if (w->station)
        w->health = *station_health(w->station);
    if (!w->station || !thread_launch("simauth", run, w)) {
        station_close(w->station);
        free(w);
        return NULL;
    }
    return w;
}

void worker_stop(struct worker *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->queued);
    pthread_mutex_unlock(&w->lock);
}

static void enqueue(struct worker *w, struct errand *errand, enum stage stage)
{
    errand->next = NULL;
    errand->stage = stage;
    errand->begun = g_get_monotonic_time();
    *w->last = errand;
    w->last = &errand->next;
    pthread_cond_signal(&w->queued);
}

void worker_do(struct worker *w, struct errand *errand)
{
    pthread_mutex_lock(&w->lock);
    enqueue(w, errand, STAGE_WAITING);
    pthread_mutex_unlock(&w->lock);
}

int worker_busy_ms(struct worker *w)
{
    int64_t since;

    pthread_mutex_lock(&w->lock);
    since = w->since;
    pthread_mutex_unlock(&w->lock);
    return since ? (int)((g_get_monotonic_time() - since) / 1000) : 0;
}

void worker_health(struct worker *w, struct station_health *health)
{
    pthread_mutex_lock(&w->lock);
    *health = w->health;
    pthread_mutex_unlock(&w->lock);
}

static struct timespec patience(void)
{
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += WORKER_PATIENCE_MS * 1000000L;
    if (end.tv_nsec >= 1000000000L) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000L;
    }
    return end;
}

bool worker_do_now(struct worker *w, struct errand *errand)
{
    struct timespec end = patience();
    bool done;

    pthread_mutex_lock(&w->lock);
    enqueue(w, errand, worth_waiting(w, errand->kind) ? STAGE_WATCHED : STAGE_WAITING);
    while (errand->stage == STAGE_WATCHED) {
        if (pthread_cond_timedwait(&w->finished, &w->lock, &end) == ETIMEDOUT)
            break;
    }
    done = errand->stage == STAGE_FINISHED;
    if (!done)
        errand->stage = STAGE_WAITING;
    pthread_mutex_unlock(&w->lock);
    return done;
}
