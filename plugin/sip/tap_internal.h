/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the tap share. A core's calls, timers and tasks belong to the thread that turns
 * its main loop; only the list of cores and the queue of tasks are guarded by the mutex in core.c.
 */
#ifndef SIMAUTH_PLUGIN_SIP_TAP_INTERNAL_H
#define SIMAUTH_PLUGIN_SIP_TAP_INTERNAL_H

#include "sip_tap.h"

#include <stdint.h>

typedef struct belle_sip_channel belle_sip_channel_t;

/* belle_sip_channel_state_t, which no installed header has; the order is checked nowhere else in
 * belle-sip than in channel.h, and both versions that we know have it so. */
enum tap_channel_state {
    TAP_CHANNEL_READY = 5,
    TAP_CHANNEL_ERROR = 6,
    TAP_CHANNEL_DISCONNECTED = 7
};

/* -- belle-sip's tables, mirrored (belle.c finds and checks them) ------------------------------ */

/* belle_sip_channel_listener_t of channel.h */
struct tap_channel_methods {
    belle_sip_interface_desc_t desc;
    void (*on_state_changed)(void *listener, belle_sip_channel_t *channel, int state);
    void (*on_message_headers)(void *listener, belle_sip_channel_t *channel,
                               belle_sip_message_t *message);
    void (*on_message)(void *listener, belle_sip_channel_t *channel, belle_sip_message_t *message);
    void (*on_sending)(void *listener, belle_sip_channel_t *channel, belle_sip_message_t *message);
    int (*on_auth_requested)(void *listener, belle_sip_channel_t *channel, const char *name);
};

/* belle_sip_ict_t_vptr (and nict's, which is the same) and belle_sip_ist_t_vptr, flattened */
struct tap_ict_vptr {
    belle_sip_object_vptr_t object;
    void (*on_terminate)(belle_sip_transaction_t *transaction);
    void (*send_request)(belle_sip_client_transaction_t *transaction);
    void (*on_response)(belle_sip_client_transaction_t *transaction,
                        belle_sip_response_t *response);
    void (*stop_retransmissions)(belle_sip_client_transaction_t *transaction);
};
struct tap_ist_vptr {
    belle_sip_object_vptr_t object;
    void (*on_terminate)(belle_sip_transaction_t *transaction);
    int (*send_new_response)(belle_sip_server_transaction_t *transaction,
                             belle_sip_response_t *response);
    void (*on_request_retransmission)(belle_sip_server_transaction_t *transaction);
};

/* belle_sip_callbacks_t of siplistener.c: how liblinphone listens */
struct tap_callbacks_object {
    belle_sip_object_t object;
    belle_sip_listener_callbacks_t callbacks;
    void *user_ctx;
};

/* belle_sip_response_event_t of belle_sip_internal.h */
struct tap_response_event {
    belle_sip_object_t *source;
    belle_sip_client_transaction_t *transaction;
    belle_sip_dialog_t *dialog;
    belle_sip_response_t *response;
};

typedef BELLE_SIP_INTERFACE_METHODS_TYPE(belle_sip_listener_t) tap_listener_methods_t;

struct tap_belle {
    belle_sip_object_vptr_t *provider_vptr;
    struct tap_channel_methods *provider;    /* provider as listener of its channels */
    struct tap_channel_methods *transaction; /* transaction as listener of its channel */
    struct tap_ict_vptr *ict, *nict;
    struct tap_ist_vptr *ist;
    tap_listener_methods_t *listener;
    void *(*sal_user_pointer)(void *sal);
};

/* The names looked for; a test passes others to see the safe end. */
struct tap_names {
    const char *provider_vptr, *transaction_vptr, *ict_vptr, *nict_vptr, *ist_vptr;
    const char *callbacks_vptr;
    const char *sal_user_pointer;
};
extern const struct tap_names tap_default_names;

enum sip_tap_result tap_belle_find(struct tap_belle *found, const struct tap_names *names,
                                   const char **missing);
/* True when `function` is code of liblinphone, so that what it gets as user_ctx is a Sal. */
bool tap_belle_is_linphone(const struct tap_belle *belle, void (*function)(void));
enum sip_tap_result tap_install_names(const struct sip_tap_user *users, void *user,
                                      const struct tap_names *names, const char **missing);

/* What belle-sip had before us, and who listens to us. Written once by the installation. */
struct tap {
    struct tap_belle belle;
    struct tap_channel_methods provider, transaction; /* copies of the original tables */
    struct tap_ict_vptr ict, nict;
    struct tap_ist_vptr ist;
    tap_listener_methods_t listener;
    const struct sip_tap_user *users;
    void *user;
    bool installed;
};
extern struct tap tap;

/* -- a core (core.c) --------------------------------------------------------------------------- */
struct tap_task;
struct tap_core {
    struct tap_core *next;
    uintptr_t id; /* never used twice, so an old one finds nobody */
    belle_sip_provider_t *provider;
    belle_sip_main_loop_t *loop;
    void *linphone;                 /* LinphoneCore *, NULL as long as it is not found */
    belle_sip_listener_t *listener; /* liblinphone's */
    unsigned probes;
    struct sip_call *calls;
    struct sip_timer *timers;
    struct tap_registration *registrations; /* newest connection first */
    const belle_sip_channel_t *came_over;   /* the response that belle-sip is given; else NULL */
    struct sip_watch *watches;
    struct tap_task *tasks, **tasks_end; /* guarded */
    bool tasks_scheduled;                /* guarded */
    bool settle_scheduled;
};

/* The core of a provider, made when it is seen for the first time; NULL when the provider is not
 * liblinphone's or is being destroyed. */
struct tap_core *tap_core_of(belle_sip_provider_t *provider);
struct tap_core *tap_core_by_id(uintptr_t id);
struct tap_core *tap_core_by_provider(const belle_sip_provider_t *provider); /* makes none */
/* The core whose provider runs `transaction`. */
struct tap_core *tap_core_of_transaction(belle_sip_transaction_t *transaction);
void tap_core_mark_transaction(struct tap_core *core, void *transaction);
struct tap_core *tap_core_of_marked(void *transaction);
bool tap_core_probe_caught(belle_sip_listener_t *listener, const belle_sip_request_event_t *event);
struct tap_core *tap_core_find_locked(const belle_sip_provider_t *provider);
void tap_lock(void);
void tap_unlock(void);

/* Looks at all calls of the core at the next turn of its loop: finds dialogs, ends what is over. */
void tap_settle_soon(struct tap_core *core);

/* -- later.c ----------------------------------------------------------------------------------- */
/* On failure nothing was queued. */
bool tap_core_run_later(struct tap_core *core, void (*task)(void *arg), void *arg);
void tap_core_run_tasks(struct tap_core *core);
void tap_core_drop_timers(struct tap_core *core);

/* -- a call (call.c) --------------------------------------------------------------------------- */
enum tap_held { TAP_HELD_NOTHING, TAP_HELD_INVITE, TAP_HELD_ENDING };

enum tap_back { TAP_BACK_NO, TAP_BACK_WANTED, TAP_BACK_SENT };

struct tap_dialog {
    struct tap_dialog *next;
    struct sip_call *call;
    belle_sip_dialog_t *dialog; /* NULL before it is found and after it is gone */
    bool gone;
    char *remote_tag;
};

struct tap_held_response {
    struct tap_held_response *next;
    belle_sip_response_t *response;
    belle_sip_channel_t *channel;
    bool ended; /* a BYE came in its dialog: nobody hears of it */
};

struct sip_call {
    struct sip_call *next;
    struct tap_core *core;
    enum sip_direction direction;
    void *user_data;

    /* Of `invite`: branch is that of the top Via, NULL when there is none; from_tag is "" then.
     * What comes may be of any length: a peer must not slip past us by a tag that is too long. */
    char *call_id, *branch, *from_tag;
    char *first_id; /* Call-ID of the first INVITE, where `invite` has another; else NULL */
    unsigned cseq;
    belle_sip_request_t *invite;

    enum tap_held held;
    belle_sip_channel_t *held_channel; /* where a held incoming INVITE came from; a reference */
    struct tap_held_response *responses;
    bool response_held; /* the first of `responses` waits for the user; the others wait for it */

    belle_sip_transaction_t
        *transaction; /* of `invite`, not a reference (outgoing and held: one) */
    struct tap_dialog *dialogs;

    char wire_tag[SIP_TAP_TOKEN_MAX + 1];  /* incoming: ours on the wire; "" is no alias */
    char inner_tag[SIP_TAP_TOKEN_MAX + 1]; /* incoming: ours in belle-sip, "" is not drawn yet */
    bool response_left;
    int final_code; /* incoming: of the final response that has left, 0 before */
    bool answered_by_tap;
    unsigned refused_cseq; /* of a later request that the user refused; 0: none */
    char cancel_tag[17];   /* To tag of the 200 to a CANCEL that the tap answered */

    bool tried_again, again_pending;
    unsigned asked_tries; /* sip_call_try_as_asked() */
    bool given_up;        /* outgoing: the person hung up, there is no other try */
    bool cancelling;      /* a CANCEL of our own passes by */
    bool provisional_came;
    enum tap_back back;           /* sip_call_take_back() */
    struct sip_timer *back_timer; /* to the end of the wait for what answers the CANCEL */
    char *end_reason, *end_warning;
    struct sip_timer
        *asked_timer; /* incoming: to the end of the wait for what Linphone asked for */

    char *way; /* the address that is registered over the connection of what came first */
    bool way_mixed;
};

struct sip_call *tap_call_new(struct tap_core *core, enum sip_direction direction,
                              belle_sip_request_t *invite);
/* Makes `invite` the call's newest INVITE. False when it lacks what identifies it. */
bool tap_call_set_invite(struct sip_call *call, belle_sip_request_t *invite);
struct sip_call *tap_call_find(struct tap_core *core, enum sip_direction direction,
                               const char *call_id, const char *from_tag);
/* The call in whose dialogs `message` is. `out`: we are about to send it. */
struct sip_call *tap_call_of_message(struct tap_core *core, belle_sip_message_t *message, bool out);
struct sip_call *tap_call_of_transaction(struct tap_core *core, const void *transaction);
struct sip_call *tap_call_of_invite(struct tap_core *core, const belle_sip_request_t *invite);
struct sip_call *tap_call_waiting_again(struct tap_core *core, belle_sip_request_t *invite);
void tap_call_saw_remote_tag(struct sip_call *call, const char *tag);
/* Linphone asked for it once more, with something that was missing; nothing else of it is new. */
bool tap_call_was_asked_for(const struct sip_call *call);
/* A dialog of this call that belle-sip has, and has not ended. */
bool tap_call_has_dialog(struct sip_call *call);
void tap_call_transaction_gone(struct sip_call *call);
/* Forgets a call that has nothing held, whatever belle-sip still knows of it. */
void tap_call_end(struct sip_call *call);
void tap_calls_settle(struct tap_core *core);
void tap_calls_core_gone(struct tap_core *core);

/* -- hold.c ------------------------------------------------------------------------------------ */
/* Each returns true when the message or transaction is taken, so that belle-sip must not have it.
 */
bool tap_hold_invite_in(struct sip_call *call, belle_sip_channel_t *channel);
bool tap_hold_invite_out(struct sip_call *call, belle_sip_client_transaction_t *transaction);
bool tap_hold_response(struct sip_call *call, belle_sip_channel_t *channel,
                       belle_sip_response_t *response);
bool tap_hold_cancel(struct sip_call *call, belle_sip_request_t *cancel);
void tap_hold_trying(struct sip_call *call);
void tap_hold_hung_up(struct sip_call *call);
/* True: this BYE ends what a held 2xx would have begun; both are over, and Linphone knows, unless
 * another phone's 2xx is held too. */
bool tap_hold_bye(struct sip_call *call, belle_sip_request_t *bye);
void tap_hold_outgoing_lost(struct sip_call *call, enum sip_gone why);
void tap_hold_channel_dead(struct tap_core *core, const belle_sip_channel_t *channel);
void tap_hold_core_gone(struct sip_call *call);
void tap_reply(struct tap_core *core, belle_sip_request_t *request, int code, const char *to_tag);
/* Nobody answered an INVITE that was cancelled: its transaction ends, and liblinphone hears 408.
 * The call may be gone when this returns. */
void tap_end_unanswered(struct sip_call *call, int code, const char *phrase);

/* -- way.c ------------------------------------------------------------------------------------- */
void tap_way_register_out(struct tap_core *core, belle_sip_channel_t *channel,
                          belle_sip_request_t *request);
void tap_way_register_answer(struct tap_core *core, belle_sip_channel_t *channel,
                             belle_sip_response_t *response);
void tap_way_channel_dead(struct tap_core *core, const belle_sip_channel_t *channel);
void tap_way_core_gone(struct tap_core *core);
/* A message of this call came over `channel`. */
void tap_way_message(struct sip_call *call, const belle_sip_channel_t *channel);

/* -- retry.c ----------------------------------------------------------------------------------- */
/* The CANCEL that the user wants leaves as soon as it may. */
void tap_take_back(struct sip_call *call);

/* -- alias.c ----------------------------------------------------------------------------------- */
void tap_alias_in(struct sip_call *call, belle_sip_message_t *message);
void tap_alias_out(struct sip_call *call, belle_sip_message_t *message);
void tap_alias_initial_response(struct sip_call *call, belle_sip_response_t *response);
void tap_alias_replaces_in(struct tap_core *core, belle_sip_request_t *invite);
void tap_alias_refer_out(struct tap_core *core, belle_sip_request_t *refer);

/* -- message.c --------------------------------------------------------------------------------- */
const char *tap_call_id_of(const void *message);
const char *tap_from_tag_of(const void *message);
const char *tap_to_tag_of(const void *message);
const char *tap_top_branch_of(const void *message);
unsigned tap_cseq_of(const void *message);
const char *tap_cseq_method_of(const void *message);
bool tap_is_token(const char *text);
bool tap_same(const char *a, const char *b); /* both there and equal */
bool tap_same_or_none(const char *a, const char *b);
bool tap_has_cookie(const char *branch); /* as of RFC 3261; NULL has none */
void tap_message_explain(belle_sip_message_t *message, const char *reason, const char *warning);

/* belle-sip's parser of multiparts has none of them by itself, since it loses the octets that were
 * signed, or ends or hangs the program: when the headers are here. When all is here: what is well
 * made, and nobody's envelope, is belle-sip's multipart after all. */
void tap_body_prepare(belle_sip_message_t *message);
void tap_body_ready(belle_sip_message_t *message);
/* The SDP of a message whose body was protected; NULL: it was not. */
const char *tap_body_clear(belle_sip_message_t *message, size_t *len);
/* body_out for what is about to be taken for sending. */
void tap_body_out(struct tap_core *core, belle_sip_message_t *message);

/* -- flow.c: what is done with each message ---------------------------------------------------- */
bool tap_flow_in(struct tap_core *core, belle_sip_channel_t *channel, belle_sip_message_t *message);
/* A transaction of ours awaits this response, which tap_flow_in() has let through. True: it is
 * taken. */
bool tap_flow_awaited(struct tap_core *core, belle_sip_response_t *response);
void tap_flow_out(struct tap_core *core, belle_sip_channel_t *channel,
                  belle_sip_message_t *message);

#endif
