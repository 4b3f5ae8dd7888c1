/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The installation: belle-sip's functions are replaced by those below, which look and then call the
 * originals. Each of them must be harmless for what is not ours. */
#include "tap_internal.h"

#include <pthread.h>
#include <string.h>

struct tap tap;
static pthread_mutex_t install_mutex = PTHREAD_MUTEX_INITIALIZER;

static void provider_on_state_changed(void *provider, belle_sip_channel_t *channel, int state)
{
    struct tap_core *core;

    if (state == TAP_CHANNEL_READY)
        tap_core_of(provider);
    tap.provider.on_state_changed(provider, channel, state);
    if (state != TAP_CHANNEL_ERROR && state != TAP_CHANNEL_DISCONNECTED)
        return;
    core = tap_core_by_provider(provider);
    if (core) {
        tap_way_channel_dead(core, channel);
        tap_hold_channel_dead(core, channel);
    }
}

/* A To that does not parse is none for belle-sip 5.1, which reads on through it when a 2xx
 * establishes a dialog that is there already (a SUBSCRIBE's whose NOTIFY came first): the phone
 * would end. No response without To is anybody's, so it stops here, as if it was lost. */
static bool without_to(belle_sip_message_t *message)
{
    return belle_sip_message_is_response(message) &&
           !belle_sip_message_get_header_by_type(message, belle_sip_header_to_t);
}

static void provider_on_message(void *provider, belle_sip_channel_t *channel,
                                belle_sip_message_t *message)
{
    struct tap_core *core = tap_core_of(provider);
    uintptr_t id = core ? core->id : 0;

    if (without_to(message))
        return;
    tap_body_ready(message);
    if (core && tap_flow_in(core, channel, message))
        return;
    tap.provider.on_message(provider, channel, message);
    /* The application may have done anything meanwhile, so nothing from before is used. */
    core = tap_core_by_id(id);
    if (!core)
        return;
    core->came_over = NULL;
    tap_settle_soon(core);
}

static void provider_on_message_headers(void *provider, belle_sip_channel_t *channel,
                                        belle_sip_message_t *message)
{
    if (tap.provider.on_message_headers)
        tap.provider.on_message_headers(provider, channel, message);
    tap_body_prepare(message);
}

static void provider_on_sending(void *provider, belle_sip_channel_t *channel,
                                belle_sip_message_t *message)
{
    struct tap_core *core = tap_core_of(provider);

    if (core)
        tap_flow_out(core, channel, message);
    tap.provider.on_sending(provider, channel, message);
}

/* On a transaction whose connection died. */
static const char LOST[] = "simauth.lost";

static void transaction_on_state_changed(void *listener, belle_sip_channel_t *channel, int state)
{
    struct tap_core *core = tap_core_of_marked(listener);
    struct sip_call *call = core ? tap_call_of_transaction(core, listener) : NULL;
    bool dead = state == TAP_CHANNEL_ERROR || state == TAP_CHANNEL_DISCONNECTED;

    if (dead)
        belle_sip_object_data_set(listener, LOST, (void *)LOST, NULL);
    if (!call || !dead || call->direction != SIP_OUTGOING || call->held == TAP_HELD_NOTHING) {
        tap.transaction.on_state_changed(listener, channel, state);
        return;
    }
    belle_sip_object_ref(listener);
    tap.transaction.on_state_changed(listener, channel, state);
    core = tap_core_of_marked(listener);
    call = core ? tap_call_of_transaction(core, listener) : NULL;
    if (call)
        tap_hold_outgoing_lost(call, SIP_GONE_DISCONNECTED);
    belle_sip_object_unref(listener);
}

static bool is_invite(belle_sip_request_t *request)
{
    const char *method = request ? belle_sip_request_get_method(request) : NULL;
    return method && strcmp(method, "INVITE") == 0;
}

static bool is_initial_invite(belle_sip_request_t *request)
{
    return is_invite(request) && !tap_to_tag_of(request);
}

static void ict_send_request(belle_sip_client_transaction_t *transaction)
{
    belle_sip_request_t *request = belle_sip_transaction_get_request((void *)transaction);
    struct tap_core *core = NULL;
    struct sip_call *call = NULL;

    if (is_initial_invite(request))
        core = tap_core_of_transaction((void *)transaction);
    if (core)
        call = tap_call_of_transaction(core, transaction);
    /* A channel that comes back asks every transaction that has not left; ours stays held. */
    if (call && call->held != TAP_HELD_NOTHING)
        return;
    if (core && !call) {
        call = tap_call_find(core, SIP_OUTGOING, tap_call_id_of(request), tap_from_tag_of(request));
        if (!call)
            call = tap_call_waiting_again(core, request);
        if (call ? !tap_call_set_invite(call, request)
                 : !(call = tap_call_new(core, SIP_OUTGOING, request)))
            call = NULL;
    }
    if (call && tap_hold_invite_out(call, transaction))
        return;
    if (!core && is_invite(request))
        core = tap_core_of_transaction((void *)transaction);
    if (core)
        tap_body_out(core, (belle_sip_message_t *)request);
    tap.ict.send_request(transaction);
}

static void ict_stop_retransmissions(belle_sip_client_transaction_t *transaction)
{
    struct tap_core *core = tap_core_of_marked(transaction);
    struct sip_call *call = core ? tap_call_of_transaction(core, transaction) : NULL;

    tap.ict.stop_retransmissions(transaction);
    /* liblinphone asks for this only when the person hangs up before the first answer came. */
    if (call)
        tap_hold_hung_up(call);
}

/* belle-sip knows what a response answers by its Via branch and method alone. One that we took for
 * nobody's, or another call's, is not let in behind our back. */
static bool is_seen(belle_sip_client_transaction_t *transaction, belle_sip_response_t *response)
{
    belle_sip_request_t *request = belle_sip_transaction_get_request((void *)transaction);
    struct tap_core *core = tap_core_of_transaction((void *)transaction);
    struct sip_call *call = core ? tap_call_of_message(core, (void *)request, true) : NULL;

    if (!call)
        return true;
    return tap_call_of_message(core, (void *)response, false) == call &&
           tap_cseq_of(response) == tap_cseq_of(request) && !tap_flow_awaited(core, response);
}

static void ict_on_response(belle_sip_client_transaction_t *transaction,
                            belle_sip_response_t *response)
{
    if (is_seen(transaction, response))
        tap.ict.on_response(transaction, response);
}

static void nict_on_response(belle_sip_client_transaction_t *transaction,
                             belle_sip_response_t *response)
{
    if (is_seen(transaction, response))
        tap.nict.on_response(transaction, response);
}

static void ict_on_terminate(belle_sip_transaction_t *transaction)
{
    struct tap_core *core = tap_core_of_marked(transaction);
    struct sip_call *call = core ? tap_call_of_transaction(core, transaction) : NULL;

    tap.ict.on_terminate(transaction);
    if (call)
        tap_call_transaction_gone(call);
}

static int ist_send_new_response(belle_sip_server_transaction_t *transaction,
                                 belle_sip_response_t *response)
{
    belle_sip_request_t *request = belle_sip_transaction_get_request((void *)transaction);
    struct tap_core *core = tap_core_of_marked(transaction);
    struct sip_call *call = NULL;

    if (!core && is_initial_invite(request))
        core = tap_core_of_transaction((void *)transaction);
    if (core)
        call = tap_call_of_invite(core, request);
    if (call && call->direction == SIP_INCOMING && !call->transaction) {
        call->transaction = (belle_sip_transaction_t *)transaction;
        tap_core_mark_transaction(core, transaction);
    }
    if (!core && is_invite(request))
        core = tap_core_of_transaction((void *)transaction);
    if (core)
        tap_body_out(core, (belle_sip_message_t *)response);
    belle_sip_object_data_remove((belle_sip_object_t *)transaction, LOST); /* by another one */
    return tap.ist.send_new_response(transaction, response);
}

/* An INVITE that still rings outlives its connection, and when it comes once more over another one,
 * belle-sip 5.1 answers over the one that is none any more: the phone would end. */
static void ist_on_request_retransmission(belle_sip_server_transaction_t *transaction)
{
    if (!belle_sip_object_data_get((belle_sip_object_t *)transaction, LOST))
        tap.ist.on_request_retransmission(transaction);
}

static void ist_on_terminate(belle_sip_transaction_t *transaction)
{
    struct tap_core *core = tap_core_of_marked(transaction);
    struct sip_call *call = core ? tap_call_of_transaction(core, transaction) : NULL;

    tap.ist.on_terminate(transaction);
    if (call)
        tap_call_transaction_gone(call);
}

/* An ACK that neither a transaction nor a dialog knows, as that of a refusal without transaction.
 * liblinphone would answer it, which nobody may. */
static bool is_stray_ack(const belle_sip_request_event_t *event)
{
    return !belle_sip_request_event_get_dialog(event) &&
           !belle_sip_request_event_get_server_transaction(event) &&
           tap_same(belle_sip_request_get_method(belle_sip_request_event_get_request(event)),
                    "ACK");
}

static void listener_process_request(belle_sip_listener_t *listener,
                                     const belle_sip_request_event_t *event)
{
    if (!tap_core_probe_caught(listener, event) && !is_stray_ack(event))
        tap.listener.process_request_event(listener, event);
}

static void replace(void)
{
    const struct tap_belle *belle = &tap.belle;

    tap.provider = *belle->provider;
    tap.transaction = *belle->transaction;
    tap.ict = *belle->ict;
    tap.nict = *belle->nict;
    tap.ist = *belle->ist;
    tap.listener = *belle->listener;

    belle->listener->process_request_event = listener_process_request;
    belle->transaction->on_state_changed = transaction_on_state_changed;
    belle->ict->on_terminate = ict_on_terminate;
    belle->ict->on_response = ict_on_response;
    belle->nict->on_response = nict_on_response;
    belle->ict->stop_retransmissions = ict_stop_retransmissions;
    belle->ict->send_request = ict_send_request;
    belle->ist->on_terminate = ist_on_terminate;
    belle->ist->send_new_response = ist_send_new_response;
    belle->ist->on_request_retransmission = ist_on_request_retransmission;
    belle->provider->on_state_changed = provider_on_state_changed;
    belle->provider->on_sending = provider_on_sending;
    belle->provider->on_message_headers = provider_on_message_headers;
    belle->provider->on_message = provider_on_message;
}

enum sip_tap_result tap_install_names(const struct sip_tap_user *users, void *user,
                                      const struct tap_names *names, const char **missing)
{
    enum sip_tap_result result = SIP_TAP_ALREADY;
    const char *what = NULL;

    pthread_mutex_lock(&install_mutex);
    if (!tap.installed) {
        result = tap_belle_find(&tap.belle, names, &what);
        if (result == SIP_TAP_OK) {
            tap.users = users;
            tap.user = user;
            tap.installed = true;
            replace();
        }
    }
    pthread_mutex_unlock(&install_mutex);
    if (missing)
        *missing = result < 0 ? what : NULL;
    return result;
}

enum sip_tap_result sip_tap_install(const struct sip_tap_user *users, void *user,
                                    const char **missing)
{
    return tap_install_names(users, user, &tap_default_names, missing);
}
