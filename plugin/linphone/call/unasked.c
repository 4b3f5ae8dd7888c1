/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unasked.h"
#include "bus_calls.h"
#include "e2m.h"
#include "history.h"
#include "sips.h"

#include <string.h>

struct unasked {
    struct unasked *next;
    struct sip_call *sip;
    bool over; /* its record is written, or another call has it */
    int64_t began;
    int64_t asked; /* its address, when no operator vouched for it; 0: it is not known */
    char *id;      /* Call-ID of the first INVITE, as Linphone's log has it */
    char own[SIMAUTH_AOR_MAX + 1], peer[SIMAUTH_AOR_MAX + 1];
};

static struct unasked *find(const struct core *core, const struct sip_call *sip)
{
    struct unasked *u = core->unasked;

    while (u && u->sip != sip)
        u = u->next;
    return u;
}

bool unasked_is(const struct core *core, const struct sip_call *sip)
{
    return find(core, sip) != NULL;
}

static bool is_named(const struct unasked *u, const char *call_id)
{
    return !strcmp(u->id, call_id) || !strcmp(sip_call_id(u->sip), call_id);
}

/* For the person a call that was redirected is the same one. */
void unasked_take_over(struct core *core, const char *first_id)
{
    for (struct unasked *u = core->unasked; u; u = u->next) {
        if (!strcmp(u->id, first_id))
            u->over = true;
    }
}

void unasked_begin(struct core *core, struct sip_call *sip, const struct policy_answer *answer)
{
    struct unasked *u;

    if (find(core, sip))
        return;
    unasked_take_over(core, sip_call_first_id(sip));
    u = g_new0(struct unasked, 1);
    u->sip = sip;
    u->began = core_now();
    u->asked = answer->nobody;
    u->id = g_strdup(sip_call_first_id(sip));
    g_strlcpy(u->own, answer->own, sizeof(u->own));
    g_strlcpy(u->peer, answer->peer, sizeof(u->peer));
    u->next = core->unasked;
    core->unasked = u;
}

/* -- what a person reads ----------------------------------------------------------------------- */

/* g_free() */
static char *asked_words(const struct unasked *u)
{
    GDateTime *when = u->asked ? g_date_time_new_from_unix_local(u->asked) : NULL;
    char *shown = when ? g_date_time_format(when, "%Y-%m-%d %H:%M") : NULL;
    char *words = shown ? g_strdup_printf("it was asked about at %s", shown) : g_strdup("");

    if (when)
        g_date_time_unref(when);
    g_free(shown);
    return words;
}

void unasked_add(const struct core *core, const struct sip_call *sip, json_t *record)
{
    const struct unasked *u = find(core, sip);
    struct words_unasked words;
    char *asked;

    if (!u)
        return;
    words = words_unasked(u->asked != 0);
    asked = asked_words(u);
    json_object_set_new(record, "reason", json_string(words.reason));
    json_object_set_new(record, "text", json_string(words.text));
    json_object_set_new(record, "advice", json_string(words.advice));
    json_object_set_new(record, "problem", json_string(asked));
    g_free(asked);
}

static json_t *record_of(const struct core *core, const struct unasked *u)
{
    json_t *record = history_record(u->began, u->id, true, u->own, u->peer, SIMAUTH_WORD_NONE);

    unasked_add(core, u->sip, record);
    e2m_add(core, u->sip, record);
    return record;
}

/* Whether the list has it from there: of end-to-middle calls when they are over. Asked about after
 * all, at a repeat of its INVITE, it is a call of ours. */
static bool is_told_elsewhere(const struct core *core, const struct unasked *u)
{
    json_t *record;
    bool looks;

    if (sip_call_user_data(u->sip))
        return true;
    record = json_object();
    sips_add(core, u->sip, record);
    if (u->over)
        e2m_add(core, u->sip, record);
    looks = json_object_size(record) > 0;
    json_decref(record);
    return looks;
}

void unasked_live(const struct core *core, json_t *live)
{
    for (const struct unasked *u = core->unasked; u; u = u->next) {
        if (!u->over && !is_told_elsewhere(core, u))
            json_array_append_new(live, record_of(core, u));
    }
}

char *unasked_words(const struct core *core, const char *call_id, struct words_unasked *words)
{
    const struct unasked *u = core->unasked;

    while (u && !is_named(u, call_id))
        u = u->next;
    if (!u)
        return NULL;
    *words = words_unasked(u->asked != 0);
    return asked_words(u);
}

/* -- the end ----------------------------------------------------------------------------------- */

/* The record of sips or of end-to-middle has it where they look at this call too. */
static void remember(struct core *core, struct unasked *u)
{
    json_t *record;

    if (u->over)
        return;
    u->over = true;
    if (is_told_elsewhere(core, u))
        return;
    record = record_of(core, u);
    shown_call_record(u->id, true, record);
    core_remember_call(core, record);
}

void unasked_over(struct core *core, const char *call_id)
{
    for (struct unasked *u = core->unasked; u; u = u->next) {
        if (is_named(u, call_id))
            remember(core, u);
    }
}

/* By itself, not by its name: one that was redirected goes on under that. */
void unasked_left(struct core *core, const struct sip_call *sip)
{
    struct unasked *u = find(core, sip);

    if (u)
        remember(core, u);
}

void unasked_gone(struct core *core, const struct sip_call *sip)
{
    struct unasked **link = &core->unasked;

    while (*link && (*link)->sip != sip)
        link = &(*link)->next;
    if (*link) {
        struct unasked *gone = *link;
        *link = gone->next;
        g_free(gone->id);
        g_free(gone);
    }
}

void unasked_core_gone(struct core *core)
{
    while (core->unasked)
        unasked_gone(core, core->unasked->sip);
}
