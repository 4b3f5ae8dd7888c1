/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A batch: each question has its own key, limits, record and answer as if it had come alone; all
 * share one transaction and one wait for the disk. A source that fetches (an HLR) cannot keep a
 * transaction open meanwhile: there it is asked for all vectors at once, and then each question has
 * a transaction of its own.
 */
#include "batch.h"
#include "../log.h"
#include "../ops/metrics.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct item {
    struct body_question question;
    bool begun;  /* its limits were counted */
    bool done;   /* `text` or `problem` is its answer */
    bool stored; /* within the present transaction */
    bool wants;  /* `fetch` is to be done, or is done and not yet used */
    struct auc_fetch fetch;
    char *text; /* malloc'ed */
    enum problem problem;
    const char *detail; /* static storage */
    const char *reason; /* for the log alone; static storage */
};

struct batch {
    size_t count, room;
    size_t at; /* all before it are answered for good */
    bool begun;
    uint64_t ticket;         /* of the last transaction; 0: nobody waits for the disk */
    bool gathered;           /* what a source has to fetch is known */
    bool fetching;           /* all of it, now */
    enum store_result store; /* how the last transaction went */
    bool unsure;             /* nobody heard how one ended */
    struct item items[];
};

void batch_free(struct batch *batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < batch->count; i++) {
        free(batch->items[i].text);
        auc_vector_wipe(&batch->items[i].fetch.vector);
    }
    free(batch);
}

/* -- reading ----------------------------------------------------------------------------------- */

static void end_item(struct item *item, enum problem problem, const char *detail)
{
    item->done = true;
    item->problem = problem;
    item->detail = detail;
}

static void read_item(struct item *item, json_t *object)
{
    const char *fault = body_batch_item(object, &item->question);

    if (fault)
        end_item(item, PROBLEM_BAD_REQUEST, fault);
    else if (!item->question.hashed)
        end_item(item, PROBLEM_OPERATOR_DOWN, NULL);
}

static struct body_question *next_item(void *data)
{
    struct batch *batch = data;

    return batch->count < batch->room ? &batch->items[batch->count++].question : NULL;
}

bool batch_read(struct request *request)
{
    const char *text = (const char *)request->body.data;
    size_t room = 0;
    struct batch *batch;

    for (size_t i = 1; i < request->body.len; i++)
        room += text[i] == '{';
    if (room == 0 || room > BATCH_MAX)
        return false;
    batch = calloc(1, sizeof *batch + room * sizeof batch->items[0]);
    if (!batch)
        return false;
    batch->room = room;
    if (body_batch_usual(text, request->body.len, next_item, batch) == 0) {
        free(batch);
        return false;
    }
    for (size_t i = 0; i < batch->count; i++)
        if (!batch->items[i].question.hashed)
            end_item(&batch->items[i], PROBLEM_OPERATOR_DOWN, NULL);
    request->batch = batch;
    return true;
}

static struct batch *read_batch(const json_t *object, const char **fault)
{
    static const char *const members[] = {"batch", NULL};
    const json_t *list = json_object_get(object, "batch");
    size_t count = json_array_size(list);
    struct batch *batch;

    *fault = "batch must be a list of 1 to 64 questions, and stand alone";
    if (!simauth_json_only(object, members) || count == 0 || count > BATCH_MAX)
        return NULL;
    *fault = NULL;
    batch = calloc(1, sizeof *batch + count * sizeof batch->items[0]);
    if (!batch)
        return NULL;
    batch->count = batch->room = count;
    for (size_t i = 0; i < count; i++)
        read_item(&batch->items[i], json_array_get(list, i));
    return batch;
}

/* -- one question ------------------------------------------------------------------------------ */

static void end_store(struct item *item, enum store_result result)
{
    metrics_store(result);
    end_item(item, result == STORE_UNSURE ? PROBLEM_UNSURE : PROBLEM_OPERATOR_DOWN, STORE_DETAIL);
    item->reason = store_result_name(result);
}

static void end_outcome(struct item *item, const struct outcome *outcome)
{
    if (outcome->store != STORE_OK) {
        end_store(item, outcome->store);
    } else if (outcome->problem != PROBLEM_NONE) {
        end_item(item, outcome->problem, NULL);
        item->reason = outcome->reason;
    }
}

/* Outside of transactions: what a question counts for, whatever comes of it. */
static void begin_item(struct request *request, struct item *item)
{
    struct outcome outcome;

    if (!request_token(request)) {
        end_item(item, PROBLEM_TOO_MANY, NULL);
        item->reason = "limit of the asker";
        return;
    }
    outcome = federation_claim(request, &item->question.body);
    request->batch->ticket = request->claimed;
    end_outcome(item, &outcome);
}

static void begin_items(struct request *request, struct batch *batch)
{
    batch->begun = true;
    for (size_t i = 0; i < batch->count; i++)
        if (!batch->items[i].done)
            begin_item(request, &batch->items[i]);
}

/* The answer that this key had before. */
static struct outcome find_earlier(struct request *request, struct item *item)
{
    struct store_answer answer = {0};
    enum store_result result = answer_kept(request, request->who, item->question.key, &answer);

    if (result == STORE_NONE)
        return OUTCOME_GOOD;
    if (result != STORE_OK)
        return outcome_store(result);
    if (CRYPTO_memcmp(answer.hash, item->question.hash, STORE_HASH_LEN) != 0) {
        free(answer.body);
        return outcome_problem(PROBLEM_KEY_REUSED, "key with another question");
    }
    free(item->text);
    item->text = answer.body;
    item->done = item->stored = true;
    return OUTCOME_GOOD;
}

/* Takes `text`. */
static struct outcome keep_answer(struct request *request, struct item *item, char *text)
{
    struct gateway *gateway = request->gateway;
    struct store_answer answer = {.made = request->now};
    enum store_result result;

    free(item->text);
    item->text = text;
    g_strlcpy(answer.who, request->who, sizeof answer.who);
    memcpy(answer.key, item->question.key, sizeof answer.key);
    memcpy(answer.hash, item->question.hash, sizeof answer.hash);
    answer.body = item->text;
    result = gateway->ops->answer_put(gateway->store, &answer);
    item->done = item->stored = result == STORE_OK;
    /* The same key at another gateway at once, or before a commit whose end nobody heard. */
    return outcome_store(result == STORE_NONE ? STORE_UNSURE : result);
}

/* In an open writing transaction. False: the transaction has to be rolled back. */
static bool serve_item(struct request *request, struct item *item, bool *hard)
{
    char *text = NULL;
    struct outcome outcome = find_earlier(request, item);

    if (item->done)
        *hard = true;
    if (outcome_good(&outcome) && !item->done) {
        request->vectors = item->question.body;
        request->again = item->begun;
        item->begun = true;
        outcome = federation_serve(request, &text);
        if (outcome_good(&outcome))
            outcome = keep_answer(request, item, text);
        *hard = *hard || !request->soft;
    }
    if (request->fetching)
        return false;
    if (outcome.store == STORE_UNSURE) { /* once more, alone: the answer is there by then */
        request->batch->unsure = true;
        return false;
    }
    end_outcome(item, &outcome);
    /* Only these may come after something was written. */
    return outcome.store == STORE_OK && outcome.problem != PROBLEM_OPERATOR_DOWN;
}

/* -- all of them ------------------------------------------------------------------------------- */

static enum store_result end_transaction(struct request *request, struct batch *batch, bool hard)
{
    struct gateway *gateway = request->gateway;
    uint64_t ticket = 0;
    enum store_result result = gateway->ops->commit_soft(gateway->store, &ticket);

    if (result == STORE_OK && (hard || gateway->ops->shared))
        batch->ticket = ticket;
    return result;
}

/* Those from `from` to before `to` in one transaction. False: nothing of it was kept, and nobody
 * is answered whose answer needed it. */
static bool run_together(struct request *request, struct batch *batch, size_t from, size_t to)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = gateway->ops->begin(gateway->store, STORE_CALLS);
    const bool begun = result == STORE_OK;
    bool good = begun, hard = false;

    for (size_t i = from; good && i < to; i++)
        if (!batch->items[i].done)
            good = serve_item(request, &batch->items[i], &hard);
    if (good)
        good = (result = end_transaction(request, batch, hard)) == STORE_OK;
    else if (begun)
        gateway->ops->rollback(gateway->store);
    batch->store = result;
    batch->unsure = batch->unsure || result == STORE_UNSURE;
    for (size_t i = from; i < to; i++) {
        if (!good && batch->items[i].stored)
            batch->items[i].done = false;
        batch->items[i].stored = false;
    }
    return good;
}

/* What comes of a key that stands twice depends on what comes of the first. */
static bool key_stands_before(const struct batch *batch, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (memcmp(batch->items[i].question.key, batch->items[at].question.key, STORE_KEY_LEN) == 0)
            return true;
    return false;
}

/* Finds out which vectors are to be fetched; who needs none is answered. True: there are some. */
static bool gather(struct request *request, struct batch *batch)
{
    batch->gathered = true;
    for (size_t i = 0; i < batch->count; i++) {
        struct item *item = &batch->items[i];

        if (item->done || key_stands_before(batch, i) || run_together(request, batch, i, i + 1) ||
            !request->fetching)
            continue;
        item->fetch = request->fetches[request->fetch_count - 1];
        item->wants = batch->fetching = true;
        request->fetch_count = 0;
        request->fetching = false;
    }
    request->fetching = batch->fetching;
    return batch->fetching;
}

unsigned batch_fetches(const struct batch *batch)
{
    unsigned count = 0;

    for (size_t i = 0; batch && batch->fetching && i < batch->count; i++)
        count += batch->items[i].wants;
    return count;
}

void batch_fetch(struct request *request)
{
    struct auc *auc = &request->gateway->auc;
    struct batch *batch = request->batch;
    unsigned left = batch_fetches(batch);

    batch->fetching = false;
    for (size_t i = 0; left > 0; i++) /* after the last the batch may be gone */
        if (batch->items[i].wants) {
            left--;
            auc->ops->fetch(auc->state, &batch->items[i].fetch);
        }
}

static void use_fetched(struct request *request, struct item *item)
{
    if (!item->wants)
        return;
    request->fetches[0] = item->fetch;
    request->fetch_count = 1;
    auc_vector_wipe(&item->fetch.vector);
    item->wants = false;
}

/* What is refused after a commit whose end nobody heard may have been counted by it. */
static void unsure_items(struct batch *batch)
{
    for (size_t i = 0; batch->unsure && i < batch->count; i++)
        if (batch->items[i].problem == PROBLEM_OPERATOR_DOWN)
            batch->items[i].problem = PROBLEM_UNSURE;
}

/* Each in a transaction of its own. False: one waits for its vector. */
static bool run_apart(struct request *request, struct batch *batch)
{
    for (; batch->at < batch->count; batch->at++) {
        struct item *item = &batch->items[batch->at];

        use_fetched(request, item);
        if (!item->done && !run_together(request, batch, batch->at, batch->at + 1)) {
            if (request->fetching)
                return false;
            if (!item->done)
                end_store(item, batch->unsure ? STORE_UNSURE : batch->store);
        }
        request_fetched(request);
    }
    unsure_items(batch);
    return true;
}

/* -- the answer -------------------------------------------------------------------------------- */

static bool write_item(FILE *out, const struct item *item)
{
    char *problem = item->problem ? problem_json(item->problem, item->detail) : NULL;
    const char *body = item->problem ? problem : item->text;
    bool good = body && fputs(body, out) >= 0;

    free(problem);
    return good;
}

/* Each answer has its chain: together they are longer than struct simauth_octets takes. malloc'ed;
 * NULL: no memory. */
static char *batch_text(const struct batch *batch)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    bool good = out && fputs("{\"batch\":[", out) >= 0;

    for (size_t i = 0; good && i < batch->count; i++)
        good = (i == 0 || fputc(',', out) == ',') && write_item(out, &batch->items[i]);
    good = good && fputs("]}", out) >= 0;
    if (out)
        good = fclose(out) == 0 && good;
    if (good)
        return text;
    free(text);
    return NULL;
}

static void answer_batch(struct request *request, const struct batch *batch)
{
    char *text = batch_text(batch);
    const char *reason = NULL; /* of the first that was refused */
    unsigned good = 0;

    for (size_t i = 0; i < batch->count; i++) {
        good += batch->items[i].problem == PROBLEM_NONE;
        if (!reason && batch->items[i].problem != PROBLEM_NONE)
            reason = batch->items[i].reason;
    }
    if (text)
        answer_text(request, text);
    else /* it is committed */
        answer_problem(request, PROBLEM_UNSURE, NULL, "out of memory");
    log_line("request=%s op=batch questions=%zu good=%u%s%s%s", request->id, batch->count, good,
             reason ? " reason=\"" : "", reason ? reason : "", reason ? "\"" : "");
}

void batch_post(struct request *request, json_t *object)
{
    const char *fault = NULL;
    struct batch *batch = request->batch;
    bool fetches = request->gateway->auc.ops->draw == NULL;

    if (!batch) {
        batch = request->batch = read_batch(object, &fault);
        json_decref(object);
        if (!batch) {
            answer_problem(request, fault ? PROBLEM_BAD_REQUEST : PROBLEM_OPERATOR_DOWN, fault,
                           fault ? fault : "out of memory");
            return;
        }
    }
    if (!batch->begun)
        begin_items(request, batch);
    if (fetches && !batch->gathered && gather(request, batch))
        return;
    /* What one question broke must not break the others. */
    if (fetches || !run_together(request, batch, 0, batch->count))
        if (!run_apart(request, batch))
            return;
    request->ticket = batch->ticket;
    answer_batch(request, batch);
}
