/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conference.h"
#include "call.h"
#include "words.h"

/* The weakest first; nothing known yet is no more than nothing. */
static int rank(enum simauth_word word)
{
    static const enum simauth_word order[] = {SIMAUTH_WORD_NOT_AUTHENTICATED, SIMAUTH_WORD_NONE,
                                              SIMAUTH_WORD_ANNOUNCED, SIMAUTH_WORD_ANSWERED,
                                              SIMAUTH_WORD_AUTHENTICATED};
    int i = 0;

    while (i < (int)G_N_ELEMENTS(order) && order[i] != word)
        i++;
    return i;
}

/* A call of the conference that the settings ask nobody about; NULL: none. */
static LinphoneCall *untouched_in_it(const struct core *core)
{
    const bctbx_list_t *calls = linphone_core_get_calls(core->lc);

    for (; calls; calls = calls->next)
        if (linphone_call_get_conference(calls->data) && !call_is_ours(core, calls->data))
            return calls->data;
    return NULL;
}

enum simauth_word conference_weakest(const struct core *core, const struct call **weakest)
{
    *weakest = NULL;
    for (const struct call *call = core->calls; call; call = call->next)
        if (call->joined && !call->over && (!*weakest || rank(call->word) < rank((*weakest)->word)))
            *weakest = call;
    if (untouched_in_it(core) && (!*weakest || rank(SIMAUTH_WORD_NONE) < rank((*weakest)->word)))
        *weakest = NULL;
    return *weakest ? (*weakest)->word : SIMAUTH_WORD_NONE;
}

/* Whose word that is, where it is nobody's who was asked about. */
static void put_untouched(const struct core *core, json_t *record)
{
    LinphoneCall *call = untouched_in_it(core);
    char *uri =
        call ? linphone_address_as_string_uri_only(linphone_call_get_remote_address(call)) : NULL;

    json_object_set_new(record, "weakest_peer", json_string(uri ? uri : ""));
    if (uri)
        bctbx_free(uri);
}

void conference_record(const struct call *call, json_t *record)
{
    bool in = call->joined && !call->over;
    const struct call *weakest = call;
    enum simauth_word word = in ? conference_weakest(call->core, &weakest) : call->word;

    json_object_set_new(record, "conference", json_boolean(in));
    json_object_set_new(record, "weakest", json_string(words_token(word)));
    if (weakest)
        json_object_set_new(record, "weakest_peer", json_string(weakest->policy.peer));
    else
        put_untouched(call->core, record);
}
