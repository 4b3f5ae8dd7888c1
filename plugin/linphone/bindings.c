/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bindings.h"
#include "note.h"
#include "readable.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGE_BEGIN "SIMAUTH address check "
#define NONCE_S 300         /* as long as the gateway takes it */
#define RENEW_S (7 * 86400) /* before its end */
#define LOOK_S (12 * 3600)
#define LIST_MAX 32
#define TRIES 3 /* as many as the gateway allows: anybody can send a nonce that is none */

/* A nonce that this phone asked for; nothing else is ever returned. */
struct proof {
    char aor[SIMAUTH_AOR_MAX + 1];
    const belle_sip_provider_t *provider;
    int64_t asked;
    bool waiting;
    int tries;                /* nonces that may still be returned */
    char state[AG_ERROR_MAX]; /* "waiting", "bound", or why not */
};
static int64_t looked;     /* when the gateway was last asked which end soon */
static GHashTable *proofs; /* canonical AOR -> struct proof */

static struct proof *proof_of(const struct core *core, const char *aor)
{
    struct proof *proof;

    if (!proofs)
        proofs = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    proof = g_hash_table_lookup(proofs, aor);
    if (!proof) {
        proof = g_new0(struct proof, 1);
        g_strlcpy(proof->aor, aor, sizeof(proof->aor));
        g_hash_table_insert(proofs, proof->aor, proof);
    }
    proof->provider = core->provider;
    return proof;
}

/* -- the worker's part ------------------------------------------------------------------------- */

enum task_kind { TASK_BIND, TASK_PROVE, TASK_LIST, TASK_RENEW };
struct task {
    struct errand errand;
    enum task_kind kind;
    belle_sip_provider_t *provider;
    struct control_reply *reply; /* NULL: nobody waits */
    char aor[SIMAUTH_AOR_MAX + 1];
    uint8_t nonce[AG_NONCE_LEN];
    struct ag_binding list[LIST_MAX];
    size_t count;
    int64_t until;
    enum ag_status status;
    char error[AG_ERROR_MAX];
};

static enum ag_status ask(struct task *t, struct ag *ag)
{
    switch (t->kind) {
    case TASK_BIND:
        return ag_bind(ag, t->aor);
    case TASK_PROVE:
        return ag_prove(ag, t->aor, t->nonce, &t->until);
    default:
        return ag_bindings(ag, t->list, LIST_MAX, &t->count);
    }
}

static void on_worker(struct errand *errand, struct station *station)
{
    struct task *t = (struct task *)errand;

    if (station_prepare(station, errand->settings) != STATION_READY) {
        t->status = AG_NO_CARD;
        g_strlcpy(t->error, station_error(station), sizeof(t->error));
        return;
    }
    t->status = ask(t, station_ag(station));
    if (t->status != AG_OK)
        readable_copy(t->error, ag_error(station_ag(station)), sizeof(t->error));
}

static bool begin(struct core *core, enum task_kind kind, const char *aor, const uint8_t *nonce,
                  struct control_reply *reply);

static const char *proof_word(const struct proof *proof)
{
    if (!proof)
        return "";
    if (proof->waiting)
        return "waiting";
    return !strcmp(proof->state, "bound") ? "done" : "failed";
}

static json_t *one_of(const char *aor, const char *by, int64_t since, int64_t until)
{
    const struct proof *proof = proofs ? g_hash_table_lookup(proofs, aor) : NULL;
    const char *word = proof_word(proof);

    return json_pack("{s:s, s:s, s:I, s:I, s:s, s:s}", "aor", aor, "by", by, "since",
                     (json_int_t)since, "until", (json_int_t)until, "proof", word, "proof_text",
                     strcmp(word, "failed") ? "" : proof->state);
}

/* Each address once, with its proof. */
static json_t *all_of(const struct task *t)
{
    json_t *all = json_array();
    GHashTableIter iter;
    gpointer aor;

    for (size_t i = 0; i < t->count; i++)
        json_array_append_new(
            all, one_of(t->list[i].aor, t->list[i].by, t->list[i].since, t->list[i].until));
    if (!proofs)
        return all;
    g_hash_table_iter_init(&iter, proofs);
    while (g_hash_table_iter_next(&iter, &aor, NULL)) {
        size_t i = 0;

        while (i < t->count && strcmp(t->list[i].aor, aor))
            i++;
        if (i == t->count)
            json_array_append_new(all, one_of(aor, "", 0, 0));
    }
    return all;
}

static void answer_list(struct task *t)
{
    json_t *bound = json_array(), *asked = json_array();
    GHashTableIter iter;
    gpointer value;

    for (size_t i = 0; i < t->count; i++)
        json_array_append_new(bound, json_pack("{s:s, s:s, s:I, s:I}", "aor", t->list[i].aor, "by",
                                               t->list[i].by, "since", (json_int_t)t->list[i].since,
                                               "until", (json_int_t)t->list[i].until));
    if (proofs) {
        g_hash_table_iter_init(&iter, proofs);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
            const struct proof *proof = value;
            json_array_append_new(
                asked, json_pack("{s:s, s:s}", "aor", proof->aor, "state", proof->state));
        }
    }
    control_answer(t->reply, json_pack("{s:o, s:o, s:o}", "all", all_of(t), "bindings", bound,
                                       "asked", asked));
}

static void renew_those(struct core *core, const struct task *t)
{
    for (size_t i = 0; i < t->count; i++) {
        if (!strcmp(t->list[i].by, "sip") && t->list[i].until < core_now() + RENEW_S)
            begin(core, TASK_BIND, t->list[i].aor, NULL, NULL);
    }
}

/* What became of a proof, for whoever asks. The message may have come before the gateway's answer:
 * then it has moved on already. */
static void settle(struct core *core, const struct task *t)
{
    struct proof *proof = proof_of(core, t->aor);

    if (t->kind == TASK_BIND && t->status == AG_OK)
        return;
    if (t->kind == TASK_PROVE && t->status == AG_REFUSED &&
        (proof->waiting || !strcmp(proof->state, "bound"))) {
        note("address check %s: a nonce was not taken: %s", t->aor, t->error);
        return;
    }
    proof->waiting = false;
    g_strlcpy(proof->state, t->status == AG_OK ? "bound" : t->error, sizeof(proof->state));
    note("address check %s: %s", t->aor, proof->state);
}

static void expect(struct core *core, const char *aor)
{
    struct proof *proof = proof_of(core, aor);

    proof->waiting = true;
    proof->tries = TRIES;
    proof->asked = core_now();
    g_strlcpy(proof->state, "waiting", sizeof(proof->state));
}

static void back(struct errand *errand)
{
    struct task *t = (struct task *)errand;
    struct core *core = core_of_provider(t->provider);

    if (core && (t->kind == TASK_BIND || t->kind == TASK_PROVE))
        settle(core, t);
    if (core && t->kind == TASK_RENEW && t->status == AG_OK)
        renew_those(core, t);
    if (t->reply && t->status != AG_OK)
        control_error(t->reply, t->error);
    else if (t->reply && t->kind == TASK_LIST)
        answer_list(t);
    else if (t->reply)
        control_answer(t->reply, json_pack("{s:s, s:s}", "aor", t->aor, "text",
                                           "The operator sends a message to this address; the "
                                           "proof is done when it has come."));
    g_free(t);
}

static void lost(struct errand *errand)
{
    struct task *t = (struct task *)errand;

    if (t->reply)
        control_error(t->reply, "Linphone is ending");
    g_free(t);
}

/* False: the plugin is inactive. */
static bool begin(struct core *core, enum task_kind kind, const char *aor, const uint8_t *nonce,
                  struct control_reply *reply)
{
    struct settings *settings = core_settings(core);
    struct task *t;

    if (!settings)
        return false;
    t = g_new0(struct task, 1);
    t->kind = kind;
    t->provider = core->provider;
    t->reply = reply;
    g_strlcpy(t->aor, aor ? aor : "", sizeof(t->aor));
    if (nonce)
        memcpy(t->nonce, nonce, sizeof(t->nonce));
    if (kind == TASK_BIND)
        expect(core, t->aor);
    worker_begin(core->worker, &t->errand, settings, on_worker, back, lost);
    return true;
}

/* -- the main loop's part ---------------------------------------------------------------------- */

void bindings_prove(const json_t *request, struct control_reply *reply)
{
    const char *text = json_string_value(json_object_get(request, "aor"));
    char aor[SIMAUTH_AOR_MAX + 1];
    struct core *core = core_first();

    if (!text || simauth_aor_canonical(text, aor) != SIMAUTH_OK) {
        control_error(reply, "aor: a SIP address such as sip:bob@example.org is needed");
        return;
    }
    while (core && !core_is_account(core, aor))
        core = core->next;
    if (!core)
        control_error(reply, "this Linphone has no account with that address: add it first");
    else if (!begin(core, TASK_BIND, aor, NULL, reply))
        control_error(reply, core_missing() ? core_missing() : core->inactive);
}

void bindings_list(const json_t *request, struct control_reply *reply)
{
    struct core *core = core_first();

    (void)request;
    if (!core || !begin(core, TASK_LIST, NULL, NULL, reply))
        control_error(reply, core ? core->inactive : "no core");
}

void bindings_renew(struct core *core)
{
    if (begin(core, TASK_RENEW, NULL, NULL, NULL))
        looked = core_now();
}

void bindings_registered(struct core *core)
{
    if (core->settings && core_now() - looked > LOOK_S)
        bindings_renew(core);
}

/* The proof that this phone waits for at the address that the message came to; NULL: none. */
static struct proof *awaited(const struct core *core, LinphoneChatRoom *room)
{
    const LinphoneAddress *local = linphone_chat_room_get_local_address(room);
    char *uri = local ? linphone_address_as_string_uri_only(local) : NULL;
    struct proof *found = NULL;
    GHashTableIter iter;
    gpointer value;

    if (proofs && uri) {
        g_hash_table_iter_init(&iter, proofs);
        while (!found && g_hash_table_iter_next(&iter, NULL, &value)) {
            struct proof *proof = value;

            if (proof->waiting && proof->provider == core->provider &&
                proof->asked > core_now() - NONCE_S && simauth_aor_same(proof->aor, uri))
                found = proof;
        }
    }
    if (uri)
        bctbx_free(uri);
    return found;
}

void bindings_message(struct core *core, LinphoneChatRoom *room, LinphoneChatMessage *message)
{
    const char *text = linphone_chat_message_get_utf8_text(message);
    size_t begins = strlen(MESSAGE_BEGIN);
    uint8_t nonce[AG_NONCE_LEN];
    struct proof *proof;

    if (!text || strncmp(text, MESSAGE_BEGIN, begins) ||
        simauth_b64u_decode(text + begins, strcspn(text + begins, " \r\n"), nonce, sizeof(nonce)) !=
            SIMAUTH_OK)
        return;
    proof = awaited(core, room);
    if (!proof) {
        note("address check: a nonce came that this phone did not ask for; it is not returned");
        return;
    }
    proof->waiting = --proof->tries > 0;
    begin(core, TASK_PROVE, proof->aor, nonce, NULL);
}
