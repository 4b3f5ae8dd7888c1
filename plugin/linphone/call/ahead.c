/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ahead.h"
#include "call.h"
#include "core.h"
#include "readable.h"

#include <string.h>

struct ahead {
    struct errand errand; /* first */
    gint refs;            /* the errand's and the owner's */
    struct settings *settings;
    int64_t begun; /* us */
    struct simauth_seal_pair pair;
    char own[SIMAUTH_AOR_MAX + 1], peer[SIMAUTH_AOR_MAX + 1], peer_nai[SIMAUTH_NAI_MAX + 1];
    /* the worker's */
    bool asked;
    enum ag_status status;
    struct ag_vector answer;
    int us;
    char error[SETTINGS_ERROR_MAX];
};

void ahead_free(struct ahead *ahead)
{
    if (!ahead || !g_atomic_int_dec_and_test(&ahead->refs))
        return;
    ag_vector_clear(&ahead->answer);
    settings_unref(ahead->settings);
    explicit_bzero(ahead, sizeof(*ahead));
    g_free(ahead);
}

static void work(struct errand *errand, struct station *station)
{
    struct ahead *a = (struct ahead *)errand;
    struct ag_vector_request request = {
        .subject = SIMAUTH_SUBJECT_CALLEE,
        .caller = a->own,
        .callee = a->peer,
        .callee_nai = *a->peer_nai ? a->peer_nai : NULL,
        .seal_to = a->pair.public_key,
    };
    int64_t start = g_get_monotonic_time();

    if (g_atomic_int_get(&a->refs) < 2 || station_prepare(station, a->settings) != STATION_READY)
        return; /* nobody wants it any more; or the call will find out by itself */
    a->asked = true;
    a->status = ag_vector(station_ag(station), &request, &a->answer);
    if (a->status != AG_OK)
        readable_copy(a->error, ag_error(station_ag(station)), sizeof(a->error));
    a->us = (int)(g_get_monotonic_time() - start);
}

static void over(struct errand *errand)
{
    ahead_free((struct ahead *)errand);
}

static struct ahead *ahead_new(struct core *core, const struct policy_answer *policy)
{
    struct ahead *a = g_new0(struct ahead, 1);

    a->refs = 1;
    a->settings = settings_ref(core->settings);
    a->begun = g_get_monotonic_time();
    g_strlcpy(a->own, policy->own, sizeof(a->own));
    g_strlcpy(a->peer, policy->peer, sizeof(a->peer));
    g_strlcpy(a->peer_nai, policy->peer_nai, sizeof(a->peer_nai));
    if (call_new_pair(core, &a->pair))
        return a;
    ahead_free(a);
    return NULL;
}

void ahead_begin(struct core *core, const struct policy_answer *policy)
{
    struct ahead *a = ahead_new(core, policy);

    ahead_free(core->ahead);
    core->ahead = a;
    if (!a)
        return;
    g_atomic_int_inc(&a->refs);
    worker_begin(core->worker, &a->errand, NULL, work, over, over);
}

struct ahead *ahead_take(struct core *core, const struct policy_answer *policy)
{
    struct ahead *a = core->ahead;

    if (!a || strcmp(a->own, policy->own) || strcmp(a->peer, policy->peer))
        return NULL;
    core->ahead = NULL;
    if (!strcmp(a->peer_nai, policy->peer_nai) && a->settings == core->settings &&
        g_get_monotonic_time() - a->begun < AHEAD_MS * 1000)
        return a;
    ahead_free(a);
    return NULL;
}

const struct simauth_seal_pair *ahead_pair(const struct ahead *ahead)
{
    return &ahead->pair;
}

bool ahead_answer(struct ahead *ahead, enum ag_status *status, struct ag_vector *answer, int *us,
                  char error[static SETTINGS_ERROR_MAX])
{
    if (!ahead->asked)
        return false;
    *status = ahead->status;
    *us = ahead->us;
    *answer = ahead->answer;
    explicit_bzero(&ahead->answer, sizeof(ahead->answer));
    g_strlcpy(error, ahead->error, SETTINGS_ERROR_MAX);
    ahead->asked = false;
    return true;
}
