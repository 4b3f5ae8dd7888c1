/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is held: an INVITE of either direction, or responses to one. Everything that can happen to
 * the call meanwhile ends here. */
#include "tap_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static void call_held_gone(struct sip_call *call, enum sip_gone why)
{
    if (tap.users->held_gone)
        tap.users->held_gone(tap.user, call, why);
}

static void release_channel(struct sip_call *call)
{
    if (call->held_channel)
        belle_sip_object_unref(call->held_channel);
    call->held_channel = NULL;
}

static void drop_first(struct sip_call *call)
{
    struct tap_held_response *first = call->responses;

    call->responses = first->next;
    belle_sip_object_unref(first->response);
    belle_sip_object_unref(first->channel);
    free(first);
}

/* -- answers of our own ------------------------------------------------------------------------ */

void tap_reply(struct tap_core *core, belle_sip_request_t *request, int code, const char *to_tag)
{
    belle_sip_response_t *response = belle_sip_response_create_from_request(request, code);
    belle_sip_header_to_t *to =
        belle_sip_message_get_header_by_type(response, belle_sip_header_to_t);

    if (to && to_tag && !belle_sip_header_to_get_tag(to))
        belle_sip_header_to_set_tag(to, to_tag);
    belle_sip_provider_send_response(core->provider, response);
}

void tap_hold_trying(struct sip_call *call)
{
    tap_reply(call->core, call->invite, 100, NULL);
}

static belle_sip_response_t *make_answer(const struct sip_call *call, int code, const char *phrase)
{
    belle_sip_response_t *response = belle_sip_response_create_from_request(call->invite, code);
    belle_sip_header_to_t *to =
        belle_sip_message_get_header_by_type(response, belle_sip_header_to_t);

    if (phrase)
        belle_sip_response_set_reason_phrase(response, phrase);
    if (to && call->cancel_tag[0])
        belle_sip_header_to_set_tag(to, call->cancel_tag);
    return response;
}

/* In a server transaction of belle-sip, which repeats the answer, absorbs the repeated INVITE and
 * takes the ACK; liblinphone has no part in it. But belle-sip ends the program when it shall make
 * one for an INVITE in the style of RFC 2543 (no branch with the magic cookie) that it has not
 * dispatched itself: such a one is answered without. */
static bool answer(struct sip_call *call, belle_sip_response_t *response, const char *reason,
                   const char *warning)
{
    belle_sip_provider_t *provider = call->core->provider;
    belle_sip_server_transaction_t *transaction = NULL;

    call->held = TAP_HELD_NOTHING;
    release_channel(call);
    call->answered_by_tap = true;
    tap_message_explain((belle_sip_message_t *)response, reason, warning);
    if (tap_has_cookie(call->branch))
        transaction = belle_sip_provider_create_server_transaction(provider, call->invite);
    if (transaction)
        belle_sip_server_transaction_send_response(transaction, response);
    else
        belle_sip_provider_send_response(provider, response);
    tap_settle_soon(call->core);
    return true;
}

/* Answers the INVITE of an incoming call statefully, in belle-sip's own transaction. */
static bool answer_invite(struct sip_call *call, int code, const char *phrase, const char *reason,
                          const char *warning)
{
    return answer(call, make_answer(call, code, phrase), reason, warning);
}

/* belle-sip's transaction repeats the answer and takes the ACK. The dialog stays as it is. */
bool sip_call_refuse_later(struct sip_call *call, belle_sip_request_t *request, int code,
                           const char *reason, const char *warning)
{
    belle_sip_provider_t *provider = call->core->provider;
    const char *branch = tap_top_branch_of(request);
    belle_sip_response_t *response;
    belle_sip_server_transaction_t *transaction;

    if (code < 400 || !tap_has_cookie(branch))
        return false;
    response = belle_sip_response_create_from_request(request, code);
    tap_message_explain((belle_sip_message_t *)response, reason, warning);
    if (call->refused_cseq == tap_cseq_of(request)) { /* the same once more */
        belle_sip_provider_send_response(provider, response);
        return true;
    }
    call->refused_cseq = tap_cseq_of(request);
    transaction = belle_sip_provider_create_server_transaction(provider, request);
    belle_sip_server_transaction_send_response(transaction, response);
    return true;
}

bool sip_call_refuse(struct sip_call *call, int code, const char *phrase, const char *reason,
                     const char *warning)
{
    if (call->direction != SIP_INCOMING || call->held != TAP_HELD_INVITE || code < 300 ||
        code > 699)
        return false;
    return answer_invite(call, code, phrase, reason, warning);
}

bool sip_call_refuse_with(struct sip_call *call, int code, const char *phrase, const char *reason,
                          const char *warning, const char *type, const char *base64)
{
    belle_sip_response_t *response;

    if (call->direction != SIP_INCOMING || call->held != TAP_HELD_INVITE || code < 300 ||
        code > 699)
        return false;
    response = make_answer(call, code, phrase);
    sip_message_set_header((belle_sip_message_t *)response, "Content-Transfer-Encoding", "base64");
    sip_message_set_body((belle_sip_message_t *)response, type, base64, strlen(base64));
    belle_sip_message_set_header(
        (belle_sip_message_t *)response,
        (belle_sip_header_t *)belle_sip_header_content_length_create(strlen(base64)));
    return answer(call, response, reason, warning);
}

/* -- the incoming INVITE ----------------------------------------------------------------------- */

static bool resume_invite_in(struct sip_call *call)
{
    struct tap_core *core = call->core;
    uintptr_t id = core->id;
    belle_sip_provider_t *provider = core->provider;
    belle_sip_channel_t *channel = call->held_channel;
    belle_sip_message_t *invite = (belle_sip_message_t *)call->invite;

    call->held = TAP_HELD_NOTHING;
    call->held_channel = NULL;
    belle_sip_object_ref(invite);
    tap.provider.on_message(provider, channel, invite);
    belle_sip_object_unref(invite);
    core = tap_core_by_id(id);
    if (core) {
        if (channel)
            belle_sip_object_unref(channel);
        tap_settle_soon(core);
    }
    return true;
}

/* The user is asked with the INVITE already held, so that it may also resume or refuse at once. */
bool tap_hold_invite_in(struct sip_call *call, belle_sip_channel_t *channel)
{
    call->held = TAP_HELD_INVITE;
    call->held_channel = (belle_sip_channel_t *)belle_sip_object_ref(channel);
    if (tap.users->invite_in(tap.user, call) == SIP_HOLD) {
        if (call->held == TAP_HELD_INVITE)
            tap_hold_trying(call);
        return true;
    }
    if (call->held != TAP_HELD_INVITE)
        return true;
    call->held = TAP_HELD_NOTHING;
    release_channel(call);
    return false;
}

static void draw_tag(char *tag, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[16];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        memset(bytes, 0,
               sizeof(bytes)); /* a tag need not be secret; the transaction tells them apart */
    for (size_t i = 0; i + 1 < size && i < sizeof(bytes); i++)
        tag[i] = digits[bytes[i] % 16];
    tag[size - 1] = '\0';
}

/* RFC 3261, 9.2: 200 to the CANCEL, 487 to the INVITE, the same To tag in both. */
bool tap_hold_cancel(struct sip_call *call, belle_sip_request_t *cancel)
{
    bool ours = call->held == TAP_HELD_INVITE || call->answered_by_tap;

    if (!ours || tap_cseq_of(cancel) != call->cseq ||
        !tap_same_or_none(tap_top_branch_of(cancel), call->branch))
        return false;
    if (!call->cancel_tag[0])
        draw_tag(call->cancel_tag, sizeof(call->cancel_tag));
    tap_reply(call->core, cancel, 200, call->wire_tag[0] ? call->wire_tag : call->cancel_tag);
    if (call->held == TAP_HELD_INVITE) {
        answer_invite(call, 487, NULL, NULL, NULL);
        call_held_gone(call, SIP_GONE_CANCELLED);
    }
    return true;
}

void tap_hold_channel_dead(struct tap_core *core, const belle_sip_channel_t *channel)
{
    struct sip_call *call;

    for (call = core->calls; call; call = call->next) {
        if (call->direction != SIP_INCOMING || call->held != TAP_HELD_INVITE ||
            call->held_channel != channel)
            continue;
        call->held = TAP_HELD_NOTHING;
        release_channel(call);
        call_held_gone(call, SIP_GONE_DISCONNECTED);
        tap_settle_soon(core);
    }
}

/* -- the outgoing INVITE ----------------------------------------------------------------------- */

static belle_sip_client_transaction_t *release_transaction(struct sip_call *call)
{
    call->held = TAP_HELD_NOTHING;
    return (belle_sip_client_transaction_t *)call->transaction;
}

static void send_now(belle_sip_client_transaction_t *transaction)
{
    struct tap_core *core = tap_core_of_marked(transaction);

    if (core)
        tap_body_out(core, (void *)belle_sip_transaction_get_request((void *)transaction));
    tap.ict.send_request(transaction);
    belle_sip_object_unref(transaction);
}

bool tap_hold_invite_out(struct sip_call *call, belle_sip_client_transaction_t *transaction)
{
    enum sip_decision decision;

    call->transaction = (belle_sip_transaction_t *)belle_sip_object_ref(transaction);
    call->held = TAP_HELD_INVITE;
    tap_core_mark_transaction(call->core, transaction);
    decision = tap.users->invite_out(tap.user, call);
    if (decision == SIP_PASS && call->held == TAP_HELD_INVITE)
        send_now(release_transaction(call));
    return true;
}

/* Its transaction ends by itself or has lost its channel. */
void tap_hold_outgoing_lost(struct sip_call *call, enum sip_gone why)
{
    bool held = call->held == TAP_HELD_INVITE, responses = call->responses != NULL;
    belle_sip_transaction_t *transaction = call->transaction;

    while (call->responses)
        drop_first(call);
    call->response_held = false;
    if (held) {
        call->held = TAP_HELD_NOTHING;
        call->transaction = NULL;
    }
    if (held || responses)
        call_held_gone(call, why);
    if (held) {
        belle_sip_transaction_terminate(transaction); /* does nothing the second time */
        belle_sip_object_unref(transaction);
    }
    tap_settle_soon(call->core);
}

struct ending {
    uintptr_t core;
    belle_sip_transaction_t *transaction; /* the reference that held it */
    int code;                             /* 0: nobody is told */
    char phrase[64];
};

static void tell_linphone(struct tap_core *core, const struct ending *ending)
{
    belle_sip_request_t *invite = belle_sip_transaction_get_request(ending->transaction);
    belle_sip_response_t *response = belle_sip_response_create_from_request(invite, ending->code);
    struct tap_response_event event = {
        .source = (belle_sip_object_t *)core->provider,
        .transaction = (belle_sip_client_transaction_t *)ending->transaction,
        .response = response,
    };

    belle_sip_object_ref(response);
    if (ending->phrase[0])
        belle_sip_response_set_reason_phrase(response, ending->phrase);
    tap.listener.process_response_event(core->listener, (const belle_sip_response_event_t *)&event);
    belle_sip_object_unref(response);
}

/* From the loop and not from where it was asked for: liblinphone may be in the middle of sending,
 * or of hanging up, and ends the call's object when its transaction ends. */
static void end_transaction(void *arg)
{
    struct ending *ending = arg;
    struct tap_core *core = tap_core_by_id(ending->core);

    if (core && ending->code &&
        belle_sip_transaction_get_state(ending->transaction) == BELLE_SIP_TRANSACTION_INIT)
        tell_linphone(core, ending);
    if (core) {
        struct sip_call *call = tap_call_of_transaction(core, ending->transaction);
        if (call)
            call->held = TAP_HELD_NOTHING;
    }
    belle_sip_transaction_terminate(ending->transaction);
    belle_sip_object_unref(ending->transaction);
    free(ending);
}

void tap_end_unanswered(struct sip_call *call, int code, const char *phrase)
{
    struct ending ending = {.transaction =
                                (belle_sip_transaction_t *)belle_sip_object_ref(call->transaction),
                            .code = code};

    snprintf(ending.phrase, sizeof(ending.phrase), "%s", phrase);
    tell_linphone(call->core, &ending);
    belle_sip_transaction_terminate(ending.transaction); /* does nothing the second time */
    belle_sip_object_unref(ending.transaction);
}

static bool end_later(struct sip_call *call, int code, const char *phrase)
{
    struct ending *ending = calloc(1, sizeof(*ending));

    if (!ending)
        return false;
    ending->core = call->core->id;
    ending->transaction = call->transaction;
    ending->code = code;
    if (phrase)
        snprintf(ending->phrase, sizeof(ending->phrase), "%s", phrase);
    if (!tap_core_run_later(call->core, end_transaction, ending)) {
        free(ending);
        return false;
    }
    call->held = TAP_HELD_ENDING;
    return true;
}

bool sip_call_abort(struct sip_call *call, int code, const char *phrase)
{
    if (call->direction != SIP_OUTGOING || call->held != TAP_HELD_INVITE || code < 400 ||
        code > 699 || sip_code_repeats(code))
        return false;
    return end_later(call, code, phrase);
}

/* -- responses --------------------------------------------------------------------------------- */

static void deliver_first(struct sip_call *call)
{
    struct tap_held_response *first = call->responses;
    struct tap_core *core = call->core;
    uintptr_t id = core->id;
    belle_sip_provider_t *provider = core->provider;

    call->responses = first->next;
    tap.provider.on_message(provider, first->channel, (belle_sip_message_t *)first->response);
    if (tap_core_by_id(id)) {
        belle_sip_object_unref(first->response);
        belle_sip_object_unref(first->channel);
    }
    free(first);
}

/* The call may be gone after anything was delivered, so it is looked for each time. */
static struct sip_call *still_there(uintptr_t core_id, const struct sip_call *wanted)
{
    struct tap_core *core = tap_core_by_id(core_id);
    struct sip_call *call;

    for (call = core ? core->calls : NULL; call && call != wanted; call = call->next)
        ;
    return call;
}

static bool wants_hold(struct sip_call *call, belle_sip_response_t *response,
                       enum sip_decision *decision)
{
    *decision =
        tap.users->response_in ? tap.users->response_in(tap.user, call, response) : SIP_PASS;
    return *decision == SIP_HOLD;
}

/* Those that came behind the held one, in their order, until the user holds one again. */
static void go_on(uintptr_t id, struct sip_call *call, bool ask)
{
    while (call && call->responses) {
        enum sip_decision decision = SIP_PASS;
        if (call->responses->ended) {
            drop_first(call);
            continue;
        }
        if (ask && wants_hold(call, call->responses->response, &decision)) {
            call->response_held = true;
            return;
        }
        if (decision == SIP_DROP)
            drop_first(call);
        else
            deliver_first(call);
        call = still_there(id, call);
    }
    if (call)
        tap_settle_soon(call->core);
}

static bool resume_response(struct sip_call *call)
{
    uintptr_t id = call->core->id;

    call->response_held = false;
    if (!call->responses->ended)
        deliver_first(call);
    go_on(id, still_there(id, call), true);
    return true;
}

bool sip_call_drop(struct sip_call *call)
{
    if (!call->response_held)
        return false;
    call->response_held = false;
    drop_first(call);
    go_on(call->core->id, call, true);
    return true;
}

static bool is_waiting(const struct sip_call *call, belle_sip_response_t *response)
{
    const struct tap_held_response *held;

    for (held = call->responses; held; held = held->next) {
        if (belle_sip_response_get_status_code(held->response) ==
                belle_sip_response_get_status_code(response) &&
            tap_same(tap_to_tag_of(held->response), tap_to_tag_of(response)) &&
            belle_sip_response_get_status_code(response) >= 200)
            return true;
    }
    return false;
}

/* Of all phones of a fork, and of whoever makes up more; and as many final ones. */
#define HELD_MAX 64

static void keep(struct sip_call *call, belle_sip_channel_t *channel,
                 belle_sip_response_t *response)
{
    bool final = belle_sip_response_get_status_code(response) >= 200;
    struct tap_held_response *held, **link;
    unsigned count = 0;

    for (link = &call->responses; *link; link = &(*link)->next)
        count++;
    held = count < (final ? 2 * HELD_MAX : HELD_MAX) ? calloc(1, sizeof(*held)) : NULL;
    if (!held)
        return; /* the peer repeats what matters */
    held->response = (belle_sip_response_t *)belle_sip_object_ref(response);
    held->channel = (belle_sip_channel_t *)belle_sip_object_ref(channel);
    *link = held;
}

bool tap_hold_response(struct sip_call *call, belle_sip_channel_t *channel,
                       belle_sip_response_t *response)
{
    enum sip_decision decision;

    if (call->response_held) {
        if (!is_waiting(call, response))
            keep(call, channel, response);
        return true;
    }
    if (!wants_hold(call, response, &decision))
        return decision == SIP_DROP;
    keep(call, channel, response);
    call->response_held = call->responses != NULL;
    return true;
}

/* -- both -------------------------------------------------------------------------------------- */

bool sip_call_resume(struct sip_call *call)
{
    if (call->held == TAP_HELD_INVITE) {
        if (call->direction == SIP_INCOMING)
            return resume_invite_in(call);
        send_now(release_transaction(call));
        return true;
    }
    return call->response_held ? resume_response(call) : false;
}

struct flush {
    uintptr_t core;
    struct sip_call *call;
};

/* The person has hung up: liblinphone needs the answers to end the call properly. */
static void flush_responses(void *arg)
{
    struct flush *flush = arg;

    go_on(flush->core, still_there(flush->core, flush->call), false);
    free(flush);
}

void tap_hold_hung_up(struct sip_call *call)
{
    struct flush *flush;

    if (call->direction != SIP_OUTGOING)
        return;
    call->given_up = true;
    if (call->held == TAP_HELD_INVITE && end_later(call, 0, NULL))
        call_held_gone(call, SIP_GONE_HUNG_UP);
    if (!call->response_held)
        return;
    call->response_held = false;
    call_held_gone(call, SIP_GONE_HUNG_UP);
    flush = calloc(1, sizeof(*flush));
    if (!flush)
        return;
    flush->core = call->core->id;
    flush->call = call;
    if (!tap_core_run_later(call->core, flush_responses, flush))
        free(flush);
}

/* How many 2xx are held of that dialog; NULL: of any that has not ended. */
static unsigned answers_of(const struct sip_call *call, const char *tag)
{
    const struct tap_held_response *held = call->responses;
    unsigned count = 0;

    for (; held; held = held->next)
        count += belle_sip_response_get_status_code(held->response) / 100 == 2 &&
                 (tag ? tap_same(tap_to_tag_of(held->response), tag) : !held->ended);
    return count;
}

static void end_held(struct sip_call *call, const char *tag)
{
    for (struct tap_held_response *held = call->responses; held; held = held->next)
        held->ended = held->ended || tap_same(tap_to_tag_of(held->response), tag);
}

bool sip_call_held_over(const struct sip_call *call)
{
    return call->response_held && call->responses->ended;
}

/* Linphone has not heard of the dialog, and would say 481 to its end and then begin a call with
 * nobody. */
bool tap_hold_bye(struct sip_call *call, belle_sip_request_t *bye)
{
    struct tap_core *core = call->core; /* the call's transaction ends below, and maybe the call */

    if (call->direction != SIP_OUTGOING || !call->transaction ||
        !answers_of(call, tap_from_tag_of(bye)))
        return false;
    tap_reply(core, bye, 200, NULL);
    end_held(call, tap_from_tag_of(bye));
    if (answers_of(call, NULL)) /* the call is that phone's */
        return true;
    while (call->responses)
        drop_first(call);
    call->response_held = false;
    call_held_gone(call, SIP_GONE_HUNG_UP);
    tap_end_unanswered(call, 480, "Hung up before it was answered");
    tap_settle_soon(core);
    return true;
}

/* belle-sip ends the transactions itself right after this. */
void tap_hold_core_gone(struct sip_call *call)
{
    bool lost = call->held == TAP_HELD_INVITE || call->response_held;

    while (call->responses)
        drop_first(call);
    release_channel(call);
    if (call->held == TAP_HELD_INVITE && call->direction == SIP_OUTGOING)
        belle_sip_object_unref(call->transaction);
    call->held = TAP_HELD_NOTHING;
    call->response_held = false;
    if (lost)
        call_held_gone(call, SIP_GONE_CORE);
}
