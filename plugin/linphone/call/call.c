/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "call.h"
#include "ahead.h"
#include "bus_calls.h"
#include "bus_view.h"
#include "conference.h"
#include "continue_once.h"
#include "e2m.h"
#include "emergency.h"
#include "hidden.h"
#include "history.h"
#include "note.h"
#include "sips.h"
#include "unasked.h"
#include "words.h"

#include <openssl/rand.h>
#include <string.h>

struct trip {
    struct errand errand; /* first: it is what the worker knows */
    struct drive drive;
    struct leg *leg; /* NULL: nobody waits for it any more */
    gint unwanted;   /* the same, for the worker */
    char aor_a[SIMAUTH_AOR_MAX + 1], aor_b[SIMAUTH_AOR_MAX + 1];
    char callee_nai[SIMAUTH_NAI_MAX + 1];
};

/* -- sessions ---------------------------------------------------------------------------------- */

bool call_new_pair(struct core *core, struct simauth_seal_pair *pair)
{
    uint8_t random[SIMAUTH_X25519_LEN];

    if (worker_take_pair(core->worker, pair))
        return true;
    bool good = RAND_priv_bytes(random, sizeof(random)) == 1 &&
                simauth_seal_pair_make(random, pair) == SIMAUTH_OK;
    explicit_bzero(random, sizeof(random));
    return good;
}

struct simauth_session *call_new_session(const struct call *call)
{
    struct simauth_session_config config = {
        .policy = call->policy.policy,
        .own_aor = call->policy.own,
        .peer_aor = call->policy.peer,
        .own_nai = *call->core->own_nai ? call->core->own_nai : NULL,
        .peer_nai = *call->policy.peer_nai ? call->policy.peer_nai : NULL,
        .pinned_strength = agent_strength(call),
    };
    struct simauth_session *session = NULL;
    struct simauth_seal_pair pair = {0};

    bool random = RAND_priv_bytes(config.random, sizeof(config.random)) == 1;

    if (call->ahead)
        config.pair = ahead_pair(call->ahead);
    else if (worker_take_pair(call->core->worker, &pair))
        config.pair = &pair;
    if (random)
        session = call->caller ? simauth_session_caller(&config) : simauth_session_callee(&config);
    explicit_bzero(&config, sizeof(config));
    explicit_bzero(&pair, sizeof(pair));
    return session;
}

struct leg *leg_new(struct call *call, struct simauth_session *session)
{
    struct leg *leg = session ? g_new0(struct leg, 1) : NULL;

    if (leg) {
        leg->call = call;
        leg->session = session;
    }
    return leg;
}

/* What the worker has not begun yet it need not begin. */
static void forget_trip(struct leg *leg)
{
    if (!leg->trip)
        return;
    leg->trip->leg = NULL;
    g_atomic_int_set(&leg->trip->unwanted, 1);
    leg->trip = NULL;
}

static void leg_free(struct leg *leg)
{
    if (!leg)
        return;
    forget_trip(leg);
    if (leg->held)
        belle_sip_object_unref(leg->held);
    simauth_session_free(leg->session);
    g_free(leg->to_tag);
    g_free(leg);
}

/* -- trips to the worker ----------------------------------------------------------------------- */

static void trip_work(struct errand *errand, struct station *station)
{
    struct trip *trip = (struct trip *)errand;
    if (g_atomic_int_get(&trip->unwanted))
        return;
    trip->drive.settings = errand->settings;
    drive(station, &trip->drive);
}

static void trip_free(struct trip *trip)
{
    simauth_session_free(trip->drive.session);
    ahead_free(trip->drive.ahead);
    g_free(trip);
}

static void trip_lost(struct errand *errand)
{
    trip_free((struct trip *)errand);
}

/* Gives the leg its session back and takes what the trip learned. */
static simauth_actions unpack(struct trip *trip)
{
    struct leg *leg = trip->leg;
    struct call *call = leg->call;
    const char *own;

    leg->session = trip->drive.session;
    leg->trip = NULL;
    trip->drive.session = NULL;
    call->gateway_us += trip->drive.gateway_us;
    call->card_us += trip->drive.card_us;
    call->card_unusable = trip->drive.card_unusable;
    if (*trip->drive.error)
        g_strlcpy(call->error, trip->drive.error, sizeof(call->error));
    own = simauth_session_own_nai(leg->session);
    if (own && *own && call->sim_number == call->core->sim_number)
        g_strlcpy(call->core->own_nai, own, sizeof(call->core->own_nai));
    g_strlcpy(call->other_nai, trip->drive.other_nai, sizeof(call->other_nai));
    g_strlcpy(call->other_operator, trip->drive.other_operator, sizeof(call->other_operator));
    agent_unpack(call, &trip->drive);
    note_call(call->id, call->caller, "asked", "gateway_ms=%.1f card_ms=%.1f state=%s%s%s",
              trip->drive.gateway_us / 1000.0, trip->drive.card_us / 1000.0,
              simauth_state_name(simauth_session_state(leg->session)),
              *trip->drive.error ? " problem=" : "", trip->drive.error);
    return trip->drive.actions;
}

static void trip_back(struct errand *errand)
{
    struct trip *trip = (struct trip *)errand;
    struct leg *leg = trip->leg;
    simauth_actions actions;

    if (!leg) {
        trip_free(trip);
        return;
    }
    actions = unpack(trip);
    trip_free(trip);
    if (leg->call->caller)
        caller_go_on(leg, actions);
    else
        callee_go_on(leg, actions);
}

static struct trip *pack(struct leg *leg, simauth_actions actions)
{
    struct call *call = leg->call;
    struct trip *trip = g_new0(struct trip, 1);

    trip->errand.work = trip_work;
    trip->errand.back = trip_back;
    trip->errand.lost = trip_lost;
    trip->errand.settings = settings_ref(call->settings);
    trip->errand.kind = !call->caller       ? ERRAND_CALLEE
                        : leg == call->root ? ERRAND_CALLER
                                            : ERRAND_CALLER_ANSWER;
    trip->leg = leg;
    g_strlcpy(trip->aor_a, call->caller ? call->policy.own : call->policy.peer,
              sizeof(trip->aor_a));
    g_strlcpy(trip->aor_b, call->caller ? call->policy.peer : call->policy.own,
              sizeof(trip->aor_b));
    g_strlcpy(trip->callee_nai, call->policy.peer_nai, sizeof(trip->callee_nai));
    trip->drive.session = leg->session;
    trip->drive.caller = call->caller;
    trip->drive.ahead = call->ahead;
    call->ahead = NULL;
    trip->drive.card_first = call->tried_again;
    trip->drive.aor_a = trip->aor_a;
    trip->drive.aor_b = trip->aor_b;
    trip->drive.callee_nai = *trip->callee_nai ? trip->callee_nai : NULL;
    agent_pack(call, &trip->drive);
    trip->drive.actions = actions;
    leg->session = NULL;
    leg->trip = trip;
    return trip;
}

/* A PIN that is being asked for, or a mute card, may take longer than any hold: said at once. */
static bool worker_is_away(struct leg *leg, simauth_actions *actions)
{
    struct call *call = leg->call;

    if (leg != call->root || worker_busy_ms(call->core->worker) < CALL_BUSY_MS)
        return false;
    g_strlcpy(call->error,
              "the SIM is still busy with another call, or waits for its PIN: try again then",
              sizeof(call->error));
    call->card_unusable = true;
    *actions = simauth_session_problem(leg->session, SIMAUTH_PROBLEM_DOWN);
    return true;
}

bool leg_send(struct leg *leg, simauth_actions *actions, bool in_place)
{
    struct trip *trip;

    if (in_place && worker_is_away(leg, actions))
        return true;
    if (in_place && !leg->call->caller)
        core_remember_challenges(leg->call->core);
    trip = pack(leg, *actions);
    if (!in_place) {
        worker_do(leg->call->core->worker, &trip->errand);
        return false;
    }
    if (!worker_do_now(leg->call->core->worker, &trip->errand))
        return false;
    *actions = unpack(trip);
    trip_free(trip);
    return true;
}

/* -- the hold's limit -------------------------------------------------------------------------- */

static simauth_actions begin_again(struct call *call, struct simauth_session *session)
{
    belle_sip_message_t *invite = (belle_sip_message_t *)sip_call_invite(call->sip);
    struct simauth_element element;
    size_t len = 0, count = 0;
    const char *sdp = sip_message_sdp(invite, &len), *header;

    if (call->caller) {
        simauth_session_begin_caller(session, sdp, len);
    } else {
        header = sip_message_header(invite, SIMAUTH_HEADER, &count);
        simauth_session_begin_callee(session,
                                     simauth_element_read(&element, SIMAUTH_ELEMENT_1,
                                                          sip_call_from_tag(call->sip), header,
                                                          count),
                                     &element, sdp, len);
    }
    return simauth_session_hold_expired(session);
}

/* The worker still has the session and may keep it for seconds: another one takes its place, as it
 * was at the beginning, and hears that the time is over. The first is wiped when it comes back. */
static void hold_expired(void *arg)
{
    struct call *call = arg;
    struct leg *leg = call->root;
    simauth_actions actions;

    call->hold_over = true;
    if (!call->caller)
        callee_hold_over(call);
    if (!call->invite_held || !leg->trip)
        return;
    forget_trip(leg);
    leg->session = call_new_session(call);
    if (!leg->session)
        return; /* out of memory: the caller's own timer ends it */
    actions = begin_again(call, leg->session);
    if (call->caller)
        caller_go_on(leg, actions);
    else
        callee_go_on(leg, actions);
}

void call_start_hold(struct call *call)
{
    sip_timer_stop(call->hold_timer);
    call->hold_over = false;
    call->hold_timer = sip_timer_start(call->core->provider, CALL_HOLD_MS, hold_expired, call);
}

/* -- the object -------------------------------------------------------------------------------- */

static struct policy_answer decide(struct core *core, struct sip_call *sip, const char *own_uri,
                                   const char *peer_uri)
{
    belle_sip_request_t *invite = sip_call_invite(sip);
    char *request_uri = sip_message_request_uri(invite);
    struct policy_question question = {
        .settings = core->settings,
        .pins = core->pins,
        .own_uri = own_uri,
        .peer_uri = peer_uri,
        .request_uri = request_uri,
        .own_nai = core->own_nai,
        .outgoing = sip_call_direction(sip) == SIP_OUTGOING,
        .anonymous = hidden_in(invite, own_uri),
        .now = core_now(),
    };
    char canonical[SIMAUTH_AOR_MAX + 1];
    struct policy_answer answer;

    question.own_is_alias =
        !question.outgoing && core_may_be_own(core, own_uri) && !core_is_account(core, own_uri);
    question.called_back = !question.outgoing && emergency_may_call_back(core, peer_uri);
    if (simauth_aor_canonical(peer_uri, canonical) == SIMAUTH_OK)
        question.once = continue_once_take(core, canonical, question.outgoing);
    policy_decide(&question, &answer);
    belle_sip_free(request_uri);
    return answer;
}

static int64_t pinned_last(const struct core *core, const char *aor)
{
    const struct pin *pin = core->pins ? pins_find(core->pins, aor) : NULL;

    return pin ? pin->last : 0;
}

int call_ms(const struct call *call)
{
    return (int)((g_get_monotonic_time() - call->began_us) / 1000);
}

struct call *call_new(struct core *core, struct sip_call *sip, const char *own_uri,
                      const char *peer_uri)
{
    struct policy_answer policy = decide(core, sip, own_uri, peer_uri);
    bool caller = sip_call_direction(sip) == SIP_OUTGOING;
    struct call *call;

    note_call(sip_call_id(sip), caller, policy.what == POLICY_ELEMENTS ? "policy" : "untouched",
              "policy=%s why=%s own=%s peer=%s",
              policy.what == POLICY_UNTOUCHED
                  ? "none"
                  : (policy.policy == SIMAUTH_REQUIRE
                         ? "require"
                         : (policy.policy == SIMAUTH_PREFER ? "prefer" : "continue")),
              policy.why, policy.own, policy.peer);
    if (policy.unknown || policy.nobody)
        unasked_begin(core, sip, &policy);
    if (policy.what == POLICY_UNTOUCHED)
        return NULL;
    call = g_new0(struct call, 1);
    call->core = core;
    call->sip = sip;
    call->caller = caller;
    call->id = g_strdup(sip_call_id(sip));
    call->first_id = g_strdup(caller ? sip_call_first_id(sip) : call->id);
    call->policy = policy;
    call->settings = settings_ref(core->settings);
    call->sim_number = core->sim_number;
    call->reason = SIMAUTH_EVENT_COUNT;
    call->peer_wish = -1;
    call->began = core_now();
    call->began_us = g_get_monotonic_time();
    call->pinned_last = pinned_last(core, policy.peer);
    call->ahead = caller ? ahead_take(core, &call->policy) : NULL;
    call->root = leg_new(call, call_new_session(call));
    if (!call->root) {
        ahead_free(call->ahead);
        settings_unref(call->settings);
        g_free(call->id);
        g_free(call->first_id);
        g_free(call);
        return NULL;
    }
    call->next = core->calls;
    core->calls = call;
    sip_call_set_user_data(sip, call);
    call_start_hold(call);
    bus_view_changed();
    return call;
}

void call_free_legs(struct call *call)
{
    while (call->legs) {
        struct leg *leg = call->legs;
        call->legs = leg->next;
        leg_free(leg);
    }
    leg_free(call->root);
    call->root = call->talk = call->taken = call->keyed = NULL;
}

void call_over(struct call *call)
{
    if (call->over)
        return;
    call->over = true;
    for (struct leg *leg = call->legs; leg; leg = leg->next) {
        if (leg->session)
            simauth_session_hung_up(leg->session);
    }
    if (call->root->session)
        simauth_session_hung_up(call->root->session);
    sip_timer_stop(call->verdict_timer);
    call->verdict_timer = NULL;
    call_key_over(call, false);
    note_call(call->id, call->caller, "over", "word=%s", words_token(call->word));
    shown_call_over(call);
    /* A callee that does not have the key never rang, and the same call comes once more. */
    if (!call->moved && (call->caller || call->reason != SIMAUTH_EVENT_KEY_UNKNOWN)) {
        json_t *record = call_record(call);
        shown_call_record(call->first_id, call->caller, record);
        core_remember_call(call->core, record);
    }
}

void call_leave_limits(struct call *call)
{
    if (call->counted)
        limits_leave(&call->core->limits);
    call->counted = false;
}

void call_free(struct call *call)
{
    struct call **link = &call->core->calls;

    call_over(call);
    call_leave_keys(call);
    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
    if (!call->core->settings && !call->core->calls)
        core_rest(call->core);
    call_leave_limits(call);
    if (call->refusing && !call->asked)
        call->core->refusing--;
    sip_timer_stop(call->hold_timer);
    call_free_legs(call);
    ahead_free(call->ahead);
    settings_unref(call->settings);
    g_free(call->id);
    g_free(call->first_id);
    g_free(call->invite_hash);
    g_free(call->offered);
    g_free(call);
}

/* -- what a person hears ----------------------------------------------------------------------- */

static struct leg *speaker(const struct call *call)
{
    return call->talk ? call->talk : call->root;
}

static void add_names(json_t *record, const struct simauth_session *session)
{
    const struct simauth_method *method = simauth_session_peer_method(session);

    json_object_set_new(record, "nai", json_string(simauth_session_peer_nai(session)));
    json_object_set_new(record, "operator", json_string(simauth_session_peer_operator(session)));
    json_object_set_new(record, "own_nai", json_string(simauth_session_own_nai(session)));
    json_object_set_new(record, "sim_age", json_integer(simauth_session_peer_sim_age(session)));
    if (method)
        json_object_set_new(record, "method", json_string(method->name));
}

enum simauth_event call_advised(const struct call *call)
{
    bool known = call->pinned_last != 0;

    if (!known && call->reason == SIMAUTH_EVENT_VECTOR_BAD)
        return SIMAUTH_EVENT_COUNT; /* there is nothing to forget */
    return known && call->reason == SIMAUTH_EVENT_GATEWAY_NOBODY ? SIMAUTH_EVENT_VECTOR_BAD
                                                                 : call->reason;
}

json_t *call_record(const struct call *call)
{
    const struct leg *leg = speaker(call);
    json_t *record = history_record(call->began, call->id, call->caller, call->policy.own,
                                    call->policy.peer, call->word);

    json_object_set_new(
        record, "reason",
        json_string(call->reason < SIMAUTH_EVENT_COUNT ? simauth_event_name(call->reason) : ""));
    json_object_set_new(record, "text", json_string(words_reason(call->reason)));
    json_object_set_new(record, "advice", json_string(words_advice(call_advised(call))));
    json_object_set_new(record, "advice_word", json_string(words_advice_token(call_advised(call))));
    json_object_set_new(record, "pinned_nai",
                        json_string(call->pinned_last ? call->policy.peer_nai : ""));
    json_object_set_new(record, "problem", json_string(call->error));
    json_object_set_new(record, "gateway_ms", json_real(call->gateway_us / 1000.0));
    json_object_set_new(record, "card_ms", json_real(call->card_us / 1000.0));
    json_object_set_new(record, "known_since", json_integer(call_known_since(call)));
    conference_record(call, record);
    if (leg->session)
        add_names(record, leg->session);
    sips_add(call->core, call->sip, record);
    e2m_add(call->core, call->sip, record);
    return record;
}

static void learn(struct call *call, const struct simauth_session *session)
{
    const struct simauth_method *method = simauth_session_peer_method(session);
    struct pin pin = {.method = method, .since = core_now(), .last = core_now()};

    if (!call->core->pins || !method)
        return;
    g_strlcpy(pin.aor, call->policy.peer, sizeof(pin.aor));
    g_strlcpy(pin.nai, simauth_session_peer_nai(session), sizeof(pin.nai));
    g_strlcpy(pin.operator_name, simauth_session_peer_operator(session), sizeof(pin.operator_name));
    pins_learn(call->core->pins, &pin);
    core_save_pins(call->core);
}

static void tell_known(const struct call *call, const struct simauth_session *session)
{
    const char *vouched = agent_words(session);
    char *words = vouched                                ? g_strdup(vouched)
                  : simauth_session_known_since(session) ? call_known_words(call)
                                                         : NULL;

    if (words && call->word != SIMAUTH_WORD_NOT_AUTHENTICATED)
        note_call(call->id, call->caller, "known", "text=%s", words);
    g_free(words);
}

static void note_denied(const struct call *call)
{
    note_call(call->id, call->caller, words_token(call->word), "reason=%s ms=%d text=%s",
              call->reason < SIMAUTH_EVENT_COUNT ? simauth_event_name(call->reason) : "none",
              call_ms(call), words_reason(call->reason));
}

void call_deny(struct call *call, enum simauth_event reason)
{
    call->word = SIMAUTH_WORD_NOT_AUTHENTICATED;
    call->reason = reason;
    note_denied(call);
}

void call_tell(struct call *call, const struct simauth_session *session)
{
    const struct simauth_method *method = simauth_session_peer_method(session);

    call->word = simauth_session_word(session);
    call->reason = simauth_session_reason(session);
    if (call->handed && call->word == SIMAUTH_WORD_AUTHENTICATED) { /* it was before the verdict */
        call->word = SIMAUTH_WORD_NOT_AUTHENTICATED;
        call->reason = SIMAUTH_EVENT_HANDED_OVER;
    }
    /* Without a SIM nobody was asked: the session hears the same, a person is told which it was. */
    if (call->reason == SIMAUTH_EVENT_GATEWAY_DOWN && call->card_unusable)
        call->reason = SIMAUTH_EVENT_CARD_FAILED;
    if (call->word == SIMAUTH_WORD_NOT_AUTHENTICATED)
        note_denied(call);
    else
        note_call(call->id, call->caller, words_token(call->word),
                  "nai=%s method=%s sim_age=%d ms=%d operator=%s",
                  simauth_session_peer_nai(session), method ? method->name : "none",
                  simauth_session_peer_sim_age(session), call_ms(call),
                  simauth_session_peer_operator(session));
    tell_known(call, session);
    shown_call_told(call);
    call_silence(call);
    if (call->word == SIMAUTH_WORD_AUTHENTICATED) {
        call_key_over(call, true);
        learn(call, session);
    } else if (call->core->pins && call->caller && call->reason == SIMAUTH_EVENT_GATEWAY_NOBODY) {
        pins_set_nobody(call->core->pins, call->policy.peer, core_now());
        core_save_pins(call->core);
    }
}

void call_give_up(struct call *call, enum simauth_event reason)
{
    call_deny(call, reason);
    call_end(call);
}

/* -- what goes out with a message -------------------------------------------------------------- */

void call_clean_sdp(struct call *call, belle_sip_message_t *message)
{
    size_t len = 0, clean_len = 0;
    const char *sdp = sip_message_sdp(message, &len);
    bool failed = false;
    char *clean = sdp ? sink_zrtp.clean(sdp, len, &clean_len, &failed) : NULL;

    if (clean && sip_message_set_sdp(message, clean, clean_len))
        note_call(call->id, call->caller, "cleaned", "lines=lime");
    free(clean);
}

bool call_drop_unread(struct call *call, belle_sip_message_t *message)
{
    if (!sip_message_drop_unread(message))
        return false;
    note_call(call->id, call->caller, "dropped", "what=%s", "a body that cannot be read");
    return true;
}

void call_set_header(struct call *call, belle_sip_message_t *message, const char *element)
{
    if (call->settings->carriage & CARRY_HEADER)
        sip_message_set_header(message, SIMAUTH_HEADER, element);
}

/* -- the end ----------------------------------------------------------------------------------- */

LinphoneCall *call_linphone(const struct call *call)
{
    LinphoneCall *found = linphone_core_get_call_by_callid(call->core->lc, sip_call_id(call->sip));

    /* Before its INVITE is through, that is another call, or the one that it takes the place of. */
    if (found || call->invite_held)
        return found;
    return linphone_core_get_call_by_callid(call->core->lc, call->first_id);
}

bool call_is_ours(const struct core *core, LinphoneCall *linphone)
{
    const char *id = linphone_call_log_get_call_id(linphone_call_get_call_log(linphone));
    const struct call *call = id ? core->calls : NULL;

    /* One that was redirected goes on, as another's or as nobody's of ours. */
    while (call && (call->over || (strcmp(call->first_id, id) != 0 && strcmp(call->id, id) != 0)))
        call = call->next;
    return call != NULL;
}

void call_end(struct call *call)
{
    const struct words_end *words = words_end(call->caller);
    LinphoneCall *linphone = call_linphone(call);

    if (call->ending)
        return;
    call->ending = true;
    if (linphone) { /* an answer may start the media before the end is on its way */
        media_only_encrypted(linphone);
        call_silence(call);
    }
    note_call(call->id, call->caller, "end", "reason=%s", words->reason);
    sip_call_set_end_reason(call->sip, words->reason, words->warning);
    core_terminate_soon(
        call->core,
        linphone ? linphone_call_log_get_call_id(linphone_call_get_call_log(linphone)) : call->id,
        sip_call_first_id(call->sip));
}

void call_held_gone(struct call *call, enum sip_gone why)
{
    static const char *const names[] = {
        [SIP_GONE_CANCELLED] = "cancelled",
        [SIP_GONE_HUNG_UP] = "hung-up",
        [SIP_GONE_DISCONNECTED] = "disconnected",
        [SIP_GONE_CORE] = "core-gone",
    };

    note_call(call->id, call->caller, "gone", "why=%s", names[why]);
    call->invite_held = false;
    call_leave_limits(call); /* its object may live on for as long as its caller sends no ACK */
    forget_trip(call->root);
    call_over(call); /* Linphone never hears of a callee's */
}
