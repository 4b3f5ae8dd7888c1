/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fresh vector for a request. A source that fetches takes its time, and a store's transaction
 * must not last as long: the step of the request that needs the vector fails, is rolled back, and
 * runs again from its beginning when the vector is there.
 */
#include "../ops/metrics.h"
#include "batch.h"

#include <glib.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

static struct auc_fetch *find(struct request *request, const char *imsi,
                              const struct auc_auts *auts)
{
    for (unsigned i = 0; i < request->fetch_count; i++) {
        struct auc_fetch *fetch = &request->fetches[i];

        if (strcmp(fetch->imsi, imsi) == 0 && fetch->has_auts == (auts != NULL) &&
            (!auts || (memcmp(fetch->rand, auts->rand, sizeof fetch->rand) == 0 &&
                       memcmp(fetch->auts, auts->auts, sizeof fetch->auts) == 0)))
            return fetch;
    }
    return NULL;
}

static void on_done(struct auc_fetch *fetch)
{
    struct request *request = fetch->data;

    metrics_draw(fetch->result);
    request_resume(request);
}

static bool want(struct request *request, const char *imsi, const struct auc_auts *auts)
{
    struct auc_fetch *fetch = &request->fetches[request->fetch_count];

    if (request->fetch_count == G_N_ELEMENTS(request->fetches))
        return false;
    *fetch = (struct auc_fetch){.has_auts = auts != NULL, .done = on_done, .data = request};
    g_strlcpy(fetch->imsi, imsi, sizeof fetch->imsi);
    if (auts) {
        memcpy(fetch->rand, auts->rand, sizeof fetch->rand);
        memcpy(fetch->auts, auts->auts, sizeof fetch->auts);
    }
    request->fetch_count++;
    request->fetching = true;
    return true;
}

enum auc_result request_draw(struct request *request, const struct store_subscriber *subscriber,
                             const struct auc_auts *auts, struct auc_vector *vector,
                             enum store_result *store_result, const char **reason)
{
    struct auc *auc = &request->gateway->auc;
    const struct auc_fetch *fetch;
    enum auc_result result;

    *store_result = STORE_OK;
    if (subscriber->keys.algorithm == STORE_NO_SIM) { /* whatever the source: nobody is asked */
        *reason = auc_result_name(AUC_NO_SIM);
        return AUC_NO_SIM;
    }
    if (request->ahead.k.len && !auts && subscriber->id == request->session.subscriber) {
        *vector = request->ahead;
        auc_vector_wipe(&request->ahead);
        *reason = auc_result_name(AUC_OK);
        return AUC_OK;
    }
    if (auc->ops->draw) {
        result = auc->ops->draw(auc, subscriber, auts, vector, store_result);
        metrics_draw(result);
        *reason = auc_result_name(result);
        return result;
    }
    if (vector->triplets) {
        *reason = "an HLR or UDM is not asked for triplets";
        return AUC_NO_METHOD;
    }
    fetch = find(request, subscriber->imsi, auts);
    if (!fetch) {
        *reason = auc_result_name(AUC_WAITS);
        return want(request, subscriber->imsi, auts) ? AUC_WAITS : AUC_FAILED;
    }
    *reason = fetch->reason ? fetch->reason : auc_result_name(fetch->result);
    *vector = fetch->vector;
    return fetch->result;
}

void request_fetched(struct request *request)
{
    for (unsigned i = 0; i < request->fetch_count; i++)
        auc_vector_wipe(&request->fetches[i].vector);
    request->fetch_count = 0;
}

unsigned request_fetches(const struct request *request)
{
    unsigned many = batch_fetches(request->batch);

    return many ? many : 1;
}

void request_fetch(struct request *request)
{
    struct auc *auc = &request->gateway->auc;

    /* What the step answered was that it waits. */
    free(request->answer.body);
    memset(&request->answer, 0, sizeof request->answer);
    request->fetching = false;
    request->again = true;
    request->resume = request->step;
    if (batch_fetches(request->batch)) {
        batch_fetch(request);
        return;
    }
    auc->ops->fetch(auc->state, &request->fetches[request->fetch_count - 1]);
}
