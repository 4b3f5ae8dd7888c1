/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First octet: which request; the rest its body. What a gateway takes it can ask again in the same
 * words. */
#include "../fuzz/fuzz.h"
#include "api/body.h"

static void vectors(const char *text, size_t len, bool between)
{
    static struct body_vectors body, again;
    json_t *object;
    char *written;
    bool to_gateway;

    if (body_vectors(text, len, between, &body) != NULL)
        return;
    MUST(simauth_aor_same(body.caller, body.caller) && simauth_aor_same(body.callee, body.callee));
    MUST(body.method_count <= SIMAUTH_METHODS_MAX);
    to_gateway = body.nai_a[0] || body.subject == SIMAUTH_SUBJECT_CALLER;
    object = body_vectors_json(&body);
    MUST(object != NULL);
    written = json_dumps(object, JSON_COMPACT);
    MUST(written != NULL && strlen(written) <= BODY_MAX);
    if (body.method_count > 0) {
        MUST(body_vectors(written, strlen(written), to_gateway, &again) == NULL);
        MUST(memcmp(&body, &again, sizeof body) == 0);
    }
    free(written);
    json_decref(object);
}

/* What is read without JSON objects is read as jansson reads it. */
static void usual(const char *text, size_t len, bool between)
{
    static struct body_vectors body, again;
    json_t *object;

    if (!body_vectors_usual(text, len, between, &body))
        return;
    object = simauth_json_load(text, len);
    MUST(object != NULL && body_vectors_of(object, between, &again) == NULL);
    MUST(memcmp(&body, &again, sizeof body) == 0);
    json_decref(object);
}

struct questions {
    size_t count;
    struct body_question all[BATCH_MAX];
};

static struct body_question *next(void *data)
{
    struct questions *questions = data;

    return questions->count < BATCH_MAX ? &questions->all[questions->count++] : NULL;
}

static void batch(const char *text, size_t len)
{
    static const char *const members[] = {"batch", NULL};
    static struct questions questions;
    static struct body_question again;
    json_t *object, *list;

    questions.count = 0;
    if (body_batch_usual(text, len, next, &questions) == 0)
        return;
    object = simauth_json_load(text, len);
    list = json_object_get(object, "batch");
    MUST(simauth_json_only(object, members) && json_array_size(list) == questions.count);
    for (size_t i = 0; i < questions.count; i++) {
        const struct body_question *one = &questions.all[i];

        MUST(body_batch_item(json_array_get(list, i), &again) == NULL);
        MUST(one->hashed && again.hashed && memcmp(one->hash, again.hash, sizeof again.hash) == 0);
        MUST(memcmp(one->key, again.key, sizeof again.key) == 0);
        MUST(memcmp(&one->body, &again.body, sizeof again.body) == 0);
    }
    json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct body_challenges challenges;
    static struct body_auts auts;
    const char *text = (const char *)data + 1;

    if (size < 1 || size > BODY_MAX)
        return 0;
    switch (data[0] % 4) {
    case 0:
        vectors(text, size - 1, false);
        usual(text, size - 1, false);
        break;
    case 1:
        vectors(text, size - 1, true);
        usual(text, size - 1, true);
        batch(text, size - 1);
        break;
    case 2:
        if (body_challenges(text, size - 1, &challenges) == NULL)
            MUST(challenges.rand_len == challenges.method->rand_len &&
                 challenges.element.kind == SIMAUTH_ELEMENT_1);
        break;
    default:
        body_auts(text, size - 1, &auts);
    }
    return 0;
}
