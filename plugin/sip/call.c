/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calls of a core: found by Call-ID and the caller's tag, alive as long as belle-sip knows a
 * transaction or a dialog of theirs. */
#include "tap_internal.h"

#include <stdlib.h>
#include <string.h>

/* A forking proxy brings a few dialogs; more than these are nobody's business. */
#define DIALOGS_MAX 32

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

static void free_dialogs(struct sip_call *call);

static void replace_text(char **text, char *by)
{
    free(*text);
    *text = by;
}

static void stop_asked_timer(struct sip_call *call)
{
    sip_timer_stop(call->asked_timer);
    call->asked_timer = NULL;
}

bool tap_call_set_invite(struct sip_call *call, belle_sip_request_t *invite)
{
    const char *tag = tap_from_tag_of(invite);
    char *call_id = copy(tap_call_id_of(invite));
    char *branch = copy(tap_top_branch_of(invite));
    char *from_tag = copy(tag ? tag : "");

    if (!call_id || !from_tag) {
        free(call_id);
        free(branch);
        free(from_tag);
        return false;
    }
    if (!call->first_id && call->call_id && !tap_same(call->call_id, call_id))
        call->first_id = copy(call->call_id);
    replace_text(&call->call_id, call_id);
    replace_text(&call->branch, branch);
    replace_text(&call->from_tag, from_tag);
    call->cseq = tap_cseq_of(invite);
    belle_sip_object_ref(invite);
    if (call->invite)
        belle_sip_object_unref(call->invite);
    call->invite = invite;
    call->transaction = NULL;
    call->again_pending = call->response_left = call->answered_by_tap = false;
    call->provisional_came = false;
    call->back = TAP_BACK_NO;
    sip_timer_stop(call->back_timer);
    call->back_timer = NULL;
    stop_asked_timer(call);
    call->final_code = 0;
    call->inner_tag[0] = call->cancel_tag[0] = '\0';
    if (call->direction == SIP_INCOMING)
        free_dialogs(call);
    return true;
}

/* liblinphone follows a 3xx in the same LinphoneCall, with the same From header and another
 * Call-ID.
 */
static char *first_id_of(const struct tap_core *core, const struct sip_call *new)
{
    const struct sip_call *call = core->calls;

    while (call && (call->direction != SIP_OUTGOING || !*new->from_tag ||
                    !tap_same(call->from_tag, new->from_tag)))
        call = call->next;
    return call ? copy(sip_call_first_id(call)) : NULL;
}

struct sip_call *tap_call_new(struct tap_core *core, enum sip_direction direction,
                              belle_sip_request_t *invite)
{
    struct sip_call *call = calloc(1, sizeof(*call));

    if (!call)
        return NULL;
    call->core = core;
    call->direction = direction;
    if (!tap_call_set_invite(call, invite)) {
        free(call);
        return NULL;
    }
    if (direction == SIP_OUTGOING)
        call->first_id = first_id_of(core, call);
    call->next = core->calls;
    core->calls = call;
    return call;
}

/* -- finding ----------------------------------------------------------------------------------- */

struct sip_call *tap_call_find(struct tap_core *core, enum sip_direction direction,
                               const char *call_id, const char *from_tag)
{
    struct sip_call *call;

    for (call = core->calls; call; call = call->next) {
        if (call->direction == direction && tap_same(call->call_id, call_id) &&
            tap_same(call->from_tag, from_tag))
            return call;
    }
    return NULL;
}

/* Whoever sent the request of this message has its tag in From; we or the peer. The caller's tag
 * names the call, so ours in a call that we made and the peer's in one that came. Both can exist at
 * once when a core calls itself. */
struct sip_call *tap_call_of_message(struct tap_core *core, belle_sip_message_t *message, bool out)
{
    bool ours = (bool)belle_sip_message_is_request(message) == out;
    const char *from = tap_from_tag_of(message), *to = tap_to_tag_of(message);
    const char *call_id = tap_call_id_of(message);
    struct sip_call *call = tap_call_find(core, SIP_OUTGOING, call_id, ours ? from : to);

    return call ? call : tap_call_find(core, SIP_INCOMING, call_id, ours ? to : from);
}

struct sip_call *tap_call_of_transaction(struct tap_core *core, const void *transaction)
{
    struct sip_call *call;

    for (call = core->calls; call && call->transaction != transaction; call = call->next)
        ;
    return call;
}

struct sip_call *tap_call_of_invite(struct tap_core *core, const belle_sip_request_t *invite)
{
    struct sip_call *call;

    for (call = core->calls; call && call->invite != invite; call = call->next)
        ;
    return call;
}

/* liblinphone makes the next try from the same request, with the From header as we left it. */
struct sip_call *tap_call_waiting_again(struct tap_core *core, belle_sip_request_t *invite)
{
    const char *tag = tap_from_tag_of(invite);
    struct sip_call *call;

    for (call = core->calls; call; call = call->next) {
        if (call->again_pending && tap_same(call->from_tag, tag))
            return call;
    }
    return NULL;
}

/* -- dialogs ----------------------------------------------------------------------------------- */

static void dialog_gone(void *arg, belle_sip_object_t *object)
{
    struct tap_dialog *dialog = arg;

    (void)object;
    dialog->dialog = NULL;
    dialog->gone = true;
    tap_settle_soon(dialog->call->core);
}

void tap_call_saw_remote_tag(struct sip_call *call, const char *tag)
{
    struct tap_dialog *dialog;
    unsigned count = 0;

    if (!tag)
        return;
    for (dialog = call->dialogs; dialog; dialog = dialog->next, count++) {
        if (strcmp(dialog->remote_tag, tag) == 0)
            return;
    }
    dialog = count < DIALOGS_MAX ? calloc(1, sizeof(*dialog)) : NULL;
    if (dialog)
        dialog->remote_tag = copy(tag);
    if (!dialog || !dialog->remote_tag) {
        free(dialog);
        return;
    }
    dialog->call = call;
    dialog->next = call->dialogs;
    call->dialogs = dialog;
}

static void find_dialogs(struct sip_call *call)
{
    const char *local = call->direction == SIP_OUTGOING ? call->from_tag : call->inner_tag;
    struct tap_dialog *dialog;

    for (dialog = call->dialogs; *local && dialog; dialog = dialog->next) {
        if (dialog->dialog || dialog->gone)
            continue;
        dialog->dialog = belle_sip_provider_find_dialog(call->core->provider, call->call_id, local,
                                                        dialog->remote_tag);
        if (dialog->dialog)
            belle_sip_object_weak_ref(dialog->dialog, dialog_gone, dialog);
    }
}

static bool has_dialog(const struct sip_call *call)
{
    const struct tap_dialog *dialog;

    for (dialog = call->dialogs; dialog && !dialog->dialog; dialog = dialog->next)
        ;
    return dialog != NULL;
}

bool tap_call_has_dialog(struct sip_call *call)
{
    find_dialogs(call);
    return has_dialog(call);
}

static void free_dialogs(struct sip_call *call)
{
    struct tap_dialog *dialog, *next;

    for (dialog = call->dialogs; dialog; dialog = next) {
        next = dialog->next;
        if (dialog->dialog)
            belle_sip_object_weak_unref(dialog->dialog, dialog_gone, dialog);
        free(dialog->remote_tag);
        free(dialog);
    }
    call->dialogs = NULL;
}

/* -- the end ----------------------------------------------------------------------------------- */

bool tap_call_was_asked_for(const struct sip_call *call)
{
    return call->direction == SIP_INCOMING && !call->answered_by_tap &&
           sip_code_repeats(call->final_code);
}

static void not_sent_again(void *arg)
{
    struct sip_call *call = arg;

    stop_asked_timer(call);
    tap_settle_soon(call->core);
}

/* Over a stream the ACK ends the transaction at once, and what was asked for is on its way. */
#define ASKED_MS 5000 /* T4: as long as over UDP */

void tap_call_transaction_gone(struct sip_call *call)
{
    if (tap_call_was_asked_for(call) && call->transaction && !call->asked_timer)
        call->asked_timer = sip_timer_start(call->core->provider, ASKED_MS, not_sent_again, call);
    if (call->held != TAP_HELD_NOTHING || call->responses)
        tap_hold_outgoing_lost(call, SIP_GONE_DISCONNECTED);
    call->held = TAP_HELD_NOTHING;
    call->transaction = NULL;
    call->again_pending = false;
    tap_settle_soon(call->core);
}

/* The call is out of the list already. */
static void end_call(struct sip_call *call)
{
    if (tap.users->call_gone)
        tap.users->call_gone(tap.user, call);
    free_dialogs(call);
    belle_sip_object_unref(call->invite);
    free(call->call_id);
    free(call->first_id);
    free(call->branch);
    free(call->from_tag);
    free(call->end_reason);
    free(call->end_warning);
    sip_timer_stop(call->back_timer);
    stop_asked_timer(call);
    free(call->way);
    free(call);
}

void tap_call_end(struct sip_call *call)
{
    struct sip_call **link = &call->core->calls;

    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
    end_call(call);
}

static bool is_over(const struct sip_call *call)
{
    return call->held == TAP_HELD_NOTHING && !call->responses && !call->transaction &&
           !call->again_pending && !call->asked_timer && !has_dialog(call);
}

void tap_calls_settle(struct tap_core *core)
{
    struct sip_call **link = &core->calls, *call, *over = NULL;

    while ((call = *link)) {
        find_dialogs(call);
        if (is_over(call)) {
            *link = call->next;
            call->next = over;
            over = call;
        } else {
            link = &call->next;
        }
    }
    while ((call = over)) {
        over = call->next;
        end_call(call);
    }
}

void tap_calls_core_gone(struct tap_core *core)
{
    struct sip_call *call;

    while ((call = core->calls)) {
        core->calls = call->next;
        tap_hold_core_gone(call);
        end_call(call);
    }
}

/* -- what the user sees ------------------------------------------------------------------------ */

enum sip_direction sip_call_direction(const struct sip_call *call)
{
    return call->direction;
}

belle_sip_provider_t *sip_call_provider(const struct sip_call *call)
{
    return call->core->provider;
}

const char *sip_call_id(const struct sip_call *call)
{
    return call->call_id;
}

const char *sip_call_first_id(const struct sip_call *call)
{
    return call->first_id ? call->first_id : call->call_id;
}

belle_sip_request_t *sip_call_invite(const struct sip_call *call)
{
    return call->invite;
}

void sip_call_set_user_data(struct sip_call *call, void *data)
{
    call->user_data = data;
}

void *sip_call_user_data(const struct sip_call *call)
{
    return call->user_data;
}

const char *sip_call_from_tag(const struct sip_call *call)
{
    return call->from_tag;
}

bool sip_call_set_from_tag(struct sip_call *call, const char *tag)
{
    belle_sip_header_from_t *from =
        belle_sip_message_get_header_by_type(call->invite, belle_sip_header_from_t);

    char *kept;

    if (call->direction != SIP_OUTGOING || call->held != TAP_HELD_INVITE || !from ||
        !tap_is_token(tag))
        return false;
    kept = copy(tag);
    if (!kept)
        return false;
    belle_sip_header_from_set_tag(from, kept);
    replace_text(&call->from_tag, kept);
    return true;
}

bool sip_call_set_to_tag(struct sip_call *call, const char *tag)
{
    if (call->direction != SIP_INCOMING || call->response_left || !tap_is_token(tag))
        return false;
    if (tag != call->wire_tag)
        memmove(call->wire_tag, tag, strlen(tag) + 1);
    return true;
}

void sip_call_set_end_reason(struct sip_call *call, const char *reason, const char *warning)
{
    replace_text(&call->end_reason, copy(reason));
    replace_text(&call->end_warning, copy(warning));
}
