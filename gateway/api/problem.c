/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "problem.h"

#include <jansson.h>
#include <stdio.h>

static const struct problem_row rows[] = {
    [PROBLEM_NONE] = {200, "none", "No problem"},
    [PROBLEM_BAD_REQUEST] = {400, "bad-request", "The request is malformed"},
    [PROBLEM_UNAUTHORIZED] = {401, "unauthorized", "Authenticate first"},
    [PROBLEM_NOT_YOURS] = {403, "not-yours", "This is not yours"},
    [PROBLEM_NOBODY] = {404, "nobody", "No operator vouches for this address"},
    [PROBLEM_NOT_FOUND] = {404, "not-found", "There is nothing here"},
    [PROBLEM_METHOD_NOT_ALLOWED] = {405, "method-not-allowed", "Not with this method"},
    [PROBLEM_TWO_VOUCHERS] = {409, "two-vouchers", "Two operators claim this address"},
    [PROBLEM_TOO_LARGE] = {413, "too-large", "The request is too large"},
    [PROBLEM_KEY_REUSED] = {422, "key-reused", "This Idempotency-Key had another body"},
    [PROBLEM_NO_METHOD] = {422, "no-method", "There is no SIM with one of these methods"},
    [PROBLEM_TOO_MANY] = {429, "too-many", "Too many requests"},
    [PROBLEM_OPERATOR_DOWN] = {503, "operator-down", "The operator cannot answer now"},
    [PROBLEM_UNSURE] = {500, "operator-down",
                        "The operator cannot answer, and may have counted it"},
};

const struct problem_row *problem_row(enum problem problem)
{
    return &rows[problem];
}

enum problem problem_of_status(long status)
{
    switch (status) {
    case 403:
        return PROBLEM_NOT_YOURS;
    case 404:
        return PROBLEM_NOBODY;
    case 409:
        return PROBLEM_TWO_VOUCHERS;
    case 422:
        return PROBLEM_NO_METHOD;
    case 429:
        return PROBLEM_TOO_MANY;
    default:
        return PROBLEM_OPERATOR_DOWN;
    }
}

char *problem_json(enum problem problem, const char *detail)
{
    const struct problem_row *row = problem_row(problem);
    char type[64], *text;
    json_t *object;

    snprintf(type, sizeof type, PROBLEM_TYPE "%s", row->name);
    object = json_pack("{s:s, s:s, s:i, s:s*}", "type", type, "title", row->title, "status",
                       row->status, "detail", detail);
    text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}
