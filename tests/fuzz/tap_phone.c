/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tap_phone.h"

static belle_sip_stack_t *stack;
static belle_sip_provider_t *provider;
static belle_sip_listener_t *listener;
static belle_sip_server_transaction_t *incoming; /* a reference; the newest INVITE that came */
static belle_sip_client_transaction_t *outgoing; /* a reference; the newest INVITE that left */
static belle_sip_dialog_t *dialog;               /* a reference */
static belle_sip_dialog_t *dialogs[64];          /* all that live, a reference each */

/* What the tap asks of liblinphone: the core behind a listener's context. */
__attribute__((visibility("default"))) void *fuzz_sal_user_pointer(void *sal);
void *fuzz_sal_user_pointer(void *sal)
{
    return sal;
}

static void keep(void *at, void *object)
{
    void **to = at, *before = *to;

    *to = object ? belle_sip_object_ref(object) : NULL;
    if (before)
        belle_sip_object_unref(before);
}

/* The newest; all of them are ended with the core, as liblinphone does. */
static void keep_dialog(belle_sip_dialog_t *one)
{
    size_t free_at = 0;

    keep(&dialog, one);
    for (size_t i = 0; i < sizeof dialogs / sizeof *dialogs; i++) {
        if (dialogs[i] == one)
            return;
        if (!dialogs[i])
            free_at = i;
    }
    keep(&dialogs[free_at], one);
}

static void forget_dialog(const belle_sip_dialog_t *one)
{
    for (size_t i = 0; i < sizeof dialogs / sizeof *dialogs; i++)
        if (dialogs[i] == one)
            keep(&dialogs[i], NULL);
    if (dialog == one)
        keep(&dialog, NULL);
}

static belle_sip_response_t *response_to(belle_sip_request_t *request, int code)
{
    belle_sip_response_t *response = belle_sip_response_create_from_request(request, code);
    belle_sip_message_add_header((belle_sip_message_t *)response,
                                 (belle_sip_header_t *)belle_sip_header_contact_parse(
                                     "Contact: <sip:phone@127.0.0.1:5999>"));
    return response;
}

/* -- what comes -------------------------------------------------------------------------------- */

static void on_invite(belle_sip_server_transaction_t *transaction, belle_sip_request_t *request)
{
    keep(&incoming, transaction);
    if (!belle_sip_transaction_get_dialog((belle_sip_transaction_t *)transaction)) {
        belle_sip_dialog_t *made =
            belle_sip_provider_create_dialog(provider, (belle_sip_transaction_t *)transaction);

        if (made)
            keep_dialog(made);
    }
    belle_sip_server_transaction_send_response(transaction, response_to(request, 180));
}

static void on_cancel(belle_sip_server_transaction_t *transaction, belle_sip_request_t *request)
{
    belle_sip_server_transaction_send_response(transaction, response_to(request, 200));
    phone_answer(487);
}

static void process_request(void *core, const belle_sip_request_event_t *event)
{
    belle_sip_request_t *request = belle_sip_request_event_get_request(event);
    belle_sip_server_transaction_t *transaction =
        belle_sip_request_event_get_server_transaction(event);
    const char *method = belle_sip_request_get_method(request);

    (void)core;
    if (strcmp(method, "ACK") == 0)
        return;
    if (!transaction)
        transaction = belle_sip_provider_create_server_transaction(provider, request);
    if (!transaction)
        return;
    if (strcmp(method, "INVITE") == 0)
        on_invite(transaction, request);
    else if (strcmp(method, "CANCEL") == 0)
        on_cancel(transaction, request);
    else
        belle_sip_server_transaction_send_response(transaction, response_to(request, 200));
}

static void process_response(void *core, const belle_sip_response_event_t *event)
{
    belle_sip_response_t *response = belle_sip_response_event_get_response(event);
    belle_sip_client_transaction_t *transaction =
        belle_sip_response_event_get_client_transaction(event);
    belle_sip_dialog_t *its = belle_sip_response_event_get_dialog(event);
    int code = belle_sip_response_get_status_code(response);
    belle_sip_request_t *ack;

    (void)core;
    if (its)
        keep_dialog(its);
    if (!transaction || !its || code < 200 || code > 299 ||
        strcmp(belle_sip_transaction_get_method((belle_sip_transaction_t *)transaction),
               "INVITE") != 0)
        return;
    ack = belle_sip_dialog_create_ack(its, belle_sip_dialog_get_local_seq_number(its));
    if (ack)
        belle_sip_dialog_send_ack(its, ack);
}

static void on_dialog_end(void *core, const belle_sip_dialog_terminated_event_t *event)
{
    (void)core;
    forget_dialog(belle_sip_dialog_terminated_event_get_dialog(event));
}

static void on_io_error(void *core, const belle_sip_io_error_event_t *event)
{
    (void)core;
    (void)event;
}

static void on_timeout(void *core, const belle_sip_timeout_event_t *event)
{
    (void)core;
    (void)event;
}

static void on_transaction_end(void *core, const belle_sip_transaction_terminated_event_t *event)
{
    (void)core;
    if (incoming &&
        belle_sip_transaction_terminated_event_get_server_transaction(event) == incoming)
        keep(&incoming, NULL);
    if (outgoing &&
        belle_sip_transaction_terminated_event_get_client_transaction(event) == outgoing)
        keep(&outgoing, NULL);
}

static void on_auth(void *core, belle_sip_auth_event_t *event)
{
    (void)core;
    (void)event;
}

/* -- what its person does ---------------------------------------------------------------------- */

static void add_body(belle_sip_message_t *message)
{
    static const char sdp[] = "v=0\r\no=p 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
                              "t=0 0\r\nm=audio 7078 RTP/AVP 0\r\n";

    belle_sip_message_add_header(
        message, (belle_sip_header_t *)belle_sip_header_content_type_create("application", "sdp"));
    belle_sip_message_set_body(message, sdp, sizeof sdp - 1);
}

void phone_call(void)
{
    char uri[96];
    belle_sip_request_t *request;
    belle_sip_client_transaction_t *transaction;

    snprintf(uri, sizeof uri, "sip:peer@127.0.0.1:%d", wire_port());
    request = belle_sip_request_create(
        belle_sip_uri_parse(uri), "INVITE", belle_sip_provider_create_call_id(provider),
        belle_sip_header_cseq_create(20, "INVITE"),
        belle_sip_header_from_parse("From: <sip:phone@127.0.0.1>;tag=inner"),
        belle_sip_header_to_parse("To: <sip:peer@127.0.0.1>"), belle_sip_header_via_new(), 70);
    belle_sip_message_add_header(
        (belle_sip_message_t *)request,
        (belle_sip_header_t *)belle_sip_header_contact_parse("Contact: <sip:phone@127.0.0.1>"));
    add_body((belle_sip_message_t *)request);
    transaction = belle_sip_provider_create_client_transaction(provider, request);
    keep(&outgoing, transaction);
    keep_dialog(belle_sip_provider_create_dialog(provider, (belle_sip_transaction_t *)transaction));
    belle_sip_client_transaction_send_request(transaction);
}

static void send_in_dialog(const char *method)
{
    belle_sip_request_t *request;
    belle_sip_client_transaction_t *transaction;

    if (!dialog || belle_sip_dialog_get_state(dialog) != BELLE_SIP_DIALOG_CONFIRMED)
        return;
    request = belle_sip_dialog_create_request(dialog, method);
    if (!request)
        return;
    if (strcmp(method, "INVITE") == 0)
        add_body((belle_sip_message_t *)request);
    transaction = belle_sip_provider_create_client_transaction(provider, request);
    belle_sip_client_transaction_send_request(transaction);
}

void phone_again(void)
{
    send_in_dialog("INVITE");
}

void phone_answer(int code)
{
    belle_sip_transaction_t *transaction = (belle_sip_transaction_t *)incoming;
    belle_sip_response_t *response;

    if (!incoming ||
        (belle_sip_transaction_get_state(transaction) != BELLE_SIP_TRANSACTION_PROCEEDING &&
         belle_sip_transaction_get_state(transaction) != BELLE_SIP_TRANSACTION_INIT))
        return;
    response = response_to(belle_sip_transaction_get_request(transaction), code);
    if (code < 300)
        add_body((belle_sip_message_t *)response);
    belle_sip_server_transaction_send_response(incoming, response);
}

static void take_back(void)
{
    belle_sip_transaction_t *transaction = (belle_sip_transaction_t *)outgoing;
    belle_sip_request_t *cancel;

    if (belle_sip_transaction_get_state(transaction) == BELLE_SIP_TRANSACTION_PROCEEDING) {
        cancel = belle_sip_client_transaction_create_cancel(outgoing);
        if (cancel)
            belle_sip_client_transaction_send_request(
                belle_sip_provider_create_client_transaction(provider, cancel));
    } else {
        belle_sip_client_transaction_stop_retransmissions(outgoing);
    }
}

void phone_hang_up(void)
{
    belle_sip_transaction_state_t state =
        outgoing ? belle_sip_transaction_get_state((belle_sip_transaction_t *)outgoing)
                 : BELLE_SIP_TRANSACTION_TERMINATED;

    if (state == BELLE_SIP_TRANSACTION_CALLING || state == BELLE_SIP_TRANSACTION_PROCEEDING ||
        state == BELLE_SIP_TRANSACTION_INIT)
        take_back();
    else if (dialog && belle_sip_dialog_get_state(dialog) == BELLE_SIP_DIALOG_CONFIRMED)
        send_in_dialog("BYE");
    else
        phone_answer(603);
}

/* -- its life ---------------------------------------------------------------------------------- */

static void install(void)
{
    struct tap_names names = tap_default_names;
    const char *missing = NULL;

    names.sal_user_pointer = "fuzz_sal_user_pointer";
    if (tap_install_names(&tap_users, NULL, &names, &missing) < 0)
        fprintf(stderr, "the tap misses %s\n", missing);
    MUST(!missing);
    belle_sip_set_log_level(BELLE_SIP_LOG_FATAL);
}

void phone_start(void)
{
    static const belle_sip_listener_callbacks_t callbacks = {
        .process_dialog_terminated = on_dialog_end,
        .process_io_error = on_io_error,
        .process_request_event = process_request,
        .process_response_event = process_response,
        .process_timeout = on_timeout,
        .process_transaction_terminated = on_transaction_end,
        .process_auth_requested = on_auth};
    static bool installed;
    belle_sip_listening_point_t *point;

    if (!installed)
        install();
    installed = true;
    stack = belle_sip_stack_new(NULL);
    belle_sip_stack_set_dns_timeout(stack, 1);
    belle_sip_stack_enable_dns_srv(stack, 0);
    belle_sip_stack_enable_dns_search(stack, 0);
    belle_sip_stack_set_dns_resolv_conf_file(stack, "/nonexistent");
    point = belle_sip_stack_create_listening_point(stack, "127.0.0.1",
                                                   BELLE_SIP_LISTENING_POINT_RANDOM_PORT, "udp");
    MUST(point != NULL);
    provider = belle_sip_stack_create_provider(stack, point);
    listener = belle_sip_listener_create_from_callbacks(&callbacks, stack);
    belle_sip_provider_add_sip_listener(provider, listener);
    wire_phone_at(belle_sip_listening_point_get_port(point));
}

void phone_turn(unsigned ms)
{
    wire_later(ms);
    for (int i = 0; i < 3; i++)
        belle_sip_stack_sleep(stack, 0);
}

void phone_end(void)
{
    keep(&incoming, NULL);
    keep(&outgoing, NULL);
    for (size_t i = 0; i < sizeof dialogs / sizeof *dialogs; i++)
        if (dialogs[i] && belle_sip_dialog_get_state(dialogs[i]) != BELLE_SIP_DIALOG_TERMINATED)
            belle_sip_dialog_delete(dialogs[i]);
    keep(&dialog, NULL);
    for (size_t i = 0; i < sizeof dialogs / sizeof *dialogs; i++)
        keep(&dialogs[i], NULL);
    belle_sip_object_unref(provider);
    belle_sip_object_unref(stack);
    belle_sip_object_unref(listener);
}
