/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The software SIM behind a code that a person typed (docs/protocol.md section 6.2). */
#include "ag_private.h"

#include <openssl/crypto.h>
#include <simauth/activation.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH "/v1/activations"
#define LIMIT_MS 10000
#define TRIES 3 /* the same request has the same answer: a lost one costs nothing */
#define KEY_OCTETS 16
#define SIM_MAX 16384 /* octets of a file, as the soft SIM reads it */

static char *make_body(const uint8_t code[static SIMAUTH_CODE_LEN])
{
    uint8_t proof[SIMAUTH_CODE_PROOF_LEN];
    char id[SIMAUTH_B64U_LEN(SIMAUTH_CODE_ID_LEN) + 1];
    char shown[SIMAUTH_B64U_LEN(SIMAUTH_CODE_PROOF_LEN) + 1];
    json_t *object;
    char *text;

    if (simauth_code_proof(code, proof) != SIMAUTH_OK)
        return NULL;
    simauth_b64u_encode(code, SIMAUTH_CODE_ID_LEN, id);
    simauth_b64u_encode(proof, sizeof proof, shown);
    object = json_pack("{s:s, s:s}", "code", id, "proof", shown);
    text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    OPENSSL_cleanse(proof, sizeof proof);
    OPENSSL_cleanse(shown, sizeof shown);
    return text;
}

/* The text of the file out of {"sim": ...}; NULL: it is something else. */
static char *open_sim(const struct http_answer *answer, const uint8_t code[static SIMAUTH_CODE_LEN])
{
    static const char *const members[] = {"sim", NULL};
    json_t *object = simauth_json_load(answer->body, answer->body_len);
    const char *text = json_string_value(json_object_get(object, "sim"));
    size_t len = text ? strlen(text) * 3 / 4 : 0;
    uint8_t *sealed = NULL;
    char *sim = NULL;

    if (simauth_json_only(object, members) && len > SIMAUTH_CODE_SEAL_OVERHEAD && len <= SIM_MAX) {
        sealed = malloc(len);
        sim = calloc(1, len + 1 - SIMAUTH_CODE_SEAL_OVERHEAD);
    }
    if (sim && (!sealed || simauth_b64u_decode(text, strlen(text), sealed, len) != SIMAUTH_OK ||
                simauth_code_unseal(code, sealed, len, (uint8_t *)sim) != SIMAUTH_OK)) {
        free(sim);
        sim = NULL;
    }
    free(sealed);
    json_decref(object);
    return sim;
}

static enum ag_status read_answer(const struct http_answer *answer,
                                  const uint8_t code[static SIMAUTH_CODE_LEN], char **sim,
                                  char *error)
{
    if (answer->status == 200 && (*sim = open_sim(answer, code)))
        return AG_OK;
    if (answer->status == 403) {
        snprintf(error, AG_ERROR_MAX,
                 "The operator does not take this code: it was used before, is over, or was "
                 "mistyped. Ask your operator for a new one.");
        return AG_REFUSED;
    }
    snprintf(error, AG_ERROR_MAX, "The gateway answered with HTTP status %ld, and no SIM.",
             answer->status);
    return answer->status >= 500 || answer->status == 429 ? AG_DOWN : AG_GARBAGE;
}

enum ag_status ag_activate(const char *gateway, const char *ca_file,
                           const uint8_t code[static SIMAUTH_CODE_LEN], char **sim, char *error)
{
    struct http *http = http_open(gateway, ca_file, NULL);
    struct http_answer *answer = calloc(1, sizeof *answer);
    char key[SIMAUTH_B64U_LEN(KEY_OCTETS) + 1], why[AG_ERROR_MAX] = "out of memory";
    char *body = make_body(code);
    struct http_request request = {
        .method = "POST", .path = PATH, .body = body, .idempotency_key = key};
    enum http_result result = HTTP_FAILED;
    enum ag_status status = AG_DOWN;

    *sim = NULL;
    if (http && answer && body && ag_random_text(key, KEY_OCTETS)) {
        request.body_len = strlen(body);
        for (int i = 0; i < TRIES && result != HTTP_GOOD && result != HTTP_TOO_LONG; i++)
            result = http_send(http, &request, LIMIT_MS, answer, why, sizeof why);
    }
    if (result == HTTP_GOOD)
        status = read_answer(answer, code, sim, error);
    else
        snprintf(error, AG_ERROR_MAX, "The gateway %.100s did not answer: %.100s.", gateway, why);
    if (answer)
        OPENSSL_cleanse(answer, sizeof *answer);
    free(answer);
    if (body)
        OPENSSL_cleanse(body, strlen(body)); /* the proof */
    free(body);
    http_close(http);
    return status;
}
