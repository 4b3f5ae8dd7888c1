/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers that are no success: RFC 9457 problems (docs/protocol.md section 6). */
#include "ag_private.h"

#include <stdio.h>
#include <string.h>

#define TYPE "application/problem+json"
#define PREFIX "urn:simauth:"

struct problem {
    char name[32];    /* behind the prefix; "" when the answer is no problem of ours */
    char detail[160]; /* for people */
};

static void take(const json_t *object, const char *name, char *text, size_t room)
{
    const char *value = json_string_value(json_object_get(object, name));

    snprintf(text, room, "%s", value ? value : "");
}

static void parse(const struct http_answer *answer, struct problem *problem)
{
    char type[64];
    json_t *object = NULL;

    memset(problem, 0, sizeof *problem);
    if (ag_content_is(answer, TYPE))
        object = simauth_json_load(answer->body, answer->body_len);
    take(object, "type", type, sizeof type);
    if (strncmp(type, PREFIX, sizeof PREFIX - 1) == 0) {
        snprintf(problem->name, sizeof problem->name, "%.31s", type + sizeof PREFIX - 1);
        take(object, "detail", problem->detail, sizeof problem->detail);
        if (problem->detail[0] == '\0')
            take(object, "title", problem->detail, sizeof problem->detail);
    }
    json_decref(object);
}

static enum ag_status status_of(long status, const struct problem *problem)
{
    if (status == 404 && strcmp(problem->name, "not-found") == 0)
        return AG_REFUSED; /* it says itself that it does not offer this */
    if (status == 404)     /* "nobody" is remembered for a day: a stray 404 must not count as one */
        return strcmp(problem->name, "nobody") == 0 ? AG_NOBODY : AG_GARBAGE;
    if (status == 422 && strcmp(problem->name, "no-method") == 0)
        return AG_NO_METHOD;
    if (status == 429 || status >= 500)
        return AG_DOWN;
    return status >= 400 ? AG_REFUSED : AG_GARBAGE;
}

enum ag_status problem_read(struct ag *ag, const struct http_answer *answer)
{
    struct problem problem;
    enum ag_status status;

    parse(answer, &problem);
    status = status_of(answer->status, &problem);
    if (status == AG_GARBAGE)
        return ag_fail(ag, status, "The gateway %s answered with HTTP status %ld: is it a gateway?",
                       ag->fqdn, answer->status);
    if (problem.name[0] == '\0')
        return ag_fail(ag, status, "The gateway %s answered with HTTP status %ld.", ag->fqdn,
                       answer->status);
    return ag_fail(ag, status, "The gateway %s says %ld %s%s%s", ag->fqdn, answer->status,
                   problem.name, problem.detail[0] ? ": " : ".", problem.detail);
}
