/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls as a person sees them: one object for each, from before it rings until a minute after its
 * end, also for those that nothing of ours looks at. What is shown is made afresh each time from
 * the call and Linphone's own, so nothing has to be kept in step.
 */
#include "bus_calls.h"
#include "bus_view.h"
#include "call.h"
#include "changes.h"
#include "conference.h"
#include "e2m.h"
#include "shown_words.h"
#include "sips.h"
#include "unasked.h"
#include "words.h"

#include <string.h>

#define KEPT_S 60
#define KEPT_MAX 32
#define ZRTP_US (3 * G_USEC_PER_SEC) /* it may take that long until media is called clear */

struct shown {
    struct shown *next;
    unsigned number;
    char *id;        /* Call-ID of the first INVITE */
    json_t *call;    /* properties, as they were last seen */
    bool seen;       /* in this look */
    bool outgoing;   /* as it was first seen */
    bool answered;   /* a call that was, stays so */
    gint64 talks_us; /* since when; 0: not yet */
    int64_t ended;
};
static struct shown *all;
static unsigned last_number;

/* The newest of that name and side: where two Linphones are one program they may call each other.
 */
static struct shown *find(const char *id, bool outgoing)
{
    struct shown *s = all;

    while (s && (s->outgoing != outgoing || strcmp(s->id, id) != 0))
        s = s->next;
    return s;
}

static struct shown *add(const char *id, bool outgoing)
{
    struct shown *s = g_new0(struct shown, 1);

    s->number = ++last_number;
    s->id = g_strdup(id);
    s->outgoing = outgoing;
    s->next = all;
    all = s;
    return s;
}

/* -- what Linphone knows ----------------------------------------------------------------------- */

enum phase { PHASE_BEFORE, PHASE_RINGING, PHASE_TALKING, PHASE_ENDED };

static enum phase phase_of(LinphoneCallState state)
{
    switch (state) {
    case LinphoneCallStateIdle:
    case LinphoneCallStateOutgoingInit:
    case LinphoneCallStateOutgoingProgress:
        return PHASE_BEFORE;
    case LinphoneCallStateIncomingReceived:
    case LinphoneCallStatePushIncomingReceived:
    case LinphoneCallStateIncomingEarlyMedia:
    case LinphoneCallStateOutgoingRinging:
    case LinphoneCallStateOutgoingEarlyMedia:
        return PHASE_RINGING;
    case LinphoneCallStateEnd:
    case LinphoneCallStateError:
    case LinphoneCallStateReleased:
        return PHASE_ENDED;
    default:
        return PHASE_TALKING;
    }
}

static const char *media_of(const struct shown *s, LinphoneCall *linphone)
{
    const LinphoneCallParams *params = linphone_call_get_current_params(linphone);

    switch (linphone_call_params_get_media_encryption(params)) {
    case LinphoneMediaEncryptionZRTP:
        return "zrtp";
    case LinphoneMediaEncryptionSRTP:
        return "srtp";
    case LinphoneMediaEncryptionDTLS:
        return "dtls";
    default:
        return g_get_monotonic_time() - s->talks_us < ZRTP_US ? "none" : "clear";
    }
}

/* Linphone with auto-answer says "ringing" after "talking": what was answered stays so. */
static void add_linphone(struct shown *s, json_t *call, LinphoneCall *linphone)
{
    static const char *const names[] = {"before", "ringing", "talking", "ended"};
    enum phase phase = linphone ? phase_of(linphone_call_get_state(linphone)) : PHASE_BEFORE;
    const char *media = "none";

    if (s->answered && phase < PHASE_TALKING)
        phase = PHASE_TALKING;
    if (phase == PHASE_TALKING && !s->answered) {
        s->answered = true;
        s->talks_us = g_get_monotonic_time();
    }
    if (phase == PHASE_TALKING && linphone)
        media = media_of(s, linphone);
    shown_put(call, "Phase", s->ended ? "ended" : names[phase]);
    shown_put(call, "Media", media);
    json_object_set_new(call, "Answered", json_boolean(s->answered));
}

/* Its own word counts outside a conference. */
static void add_conference(const struct core *core, bool in, enum simauth_word word, json_t *call)
{
    const struct call *weakest;

    json_object_set_new(call, "Conference", json_boolean(in));
    shown_put(call, "Weakest", shown_verdict(in ? conference_weakest(core, &weakest) : word));
}

/* -- what servers on the way are to a call ----------------------------------------------------- */

/* Members of a record (sips.h, e2m.h), which has them where it was asked for. */
static void add_levels(const json_t *record, json_t *shown)
{
    static const struct {
        const char *kept, *shown;
    } levels[] = {
        {"sips", "Sips"},
        {"servers", "SipsServers"},
        {"sips_text", "SipsText"},
        {"sips_refusal", "SipsRefusal"},
        {"e2m", "EndToMiddle"},
        {"e2m_servers", "EndToMiddleServers"},
        {"e2m_signer", "EndToMiddleSigner"},
        {"e2m_text", "EndToMiddleText"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++) {
        const char *text = json_string_value(json_object_get(record, levels[i].kept));

        shown_put(shown, levels[i].shown, g_strcmp0(text, "none") ? text : "");
    }
}

static void add_ends(const struct shown *s, json_t *call, int64_t began)
{
    shown_put(call, "Id", s->id);
    shown_put_number(call, "Began", began);
    shown_put_number(call, "Ended", s->ended);
}

/* -- what we know ------------------------------------------------------------------------------ */

static const struct simauth_session *session_of(const struct call *call)
{
    const struct leg *leg = call->talk ? call->talk : call->root;

    return leg ? leg->session : NULL;
}

static bool same_operator(const char *a, const char *b)
{
    return *a && *b && !strcmp(simauth_nai_realm(a), simauth_nai_realm(b));
}

/* docs/protocol.md sections 4, 5 and 8. */
static const char *listen_of(const struct call *call, const struct simauth_session *session,
                             const char *media)
{
    if (!strcmp(media, "none"))
        return "unknown";
    if (!strcmp(media, "clear"))
        return "anybody";
    if (!call || call->word != SIMAUTH_WORD_AUTHENTICATED || !session)
        return "middle";
    if (agent_words(session))
        return "operators";
    return same_operator(simauth_session_own_nai(session), simauth_session_peer_nai(session))
               ? "one-operator"
               : "two-operators";
}

/* A SIM that is surely younger than the last call: its age is in whole days. */
static bool is_new_sim(const struct call *call, const struct simauth_session *session)
{
    int age = simauth_session_peer_sim_age(session);

    return call->pinned_last && age >= 0 &&
           call->began - ((int64_t)age + 1) * 86400 > call->pinned_last;
}

static const char *peer_nai_of(const struct call *call, const struct simauth_session *session)
{
    if (*call->other_nai)
        return call->other_nai;
    return session ? simauth_session_peer_nai(session) : "";
}

static const char *change_of(const struct call *call, const struct simauth_session *session)
{
    const char *before = call->policy.peer_nai;
    const char *now = peer_nai_of(call, session);

    if (*before && *now && strcmp(before, now) != 0)
        return strcmp(simauth_nai_realm(before), simauth_nai_realm(now)) ? "other-operator"
                                                                         : "other-name";
    return session && is_new_sim(call, session) ? "new-sim" : "none";
}

static const char *policy_name(const struct call *call)
{
    return call->policy.policy == SIMAUTH_REQUIRE  ? "require"
           : call->policy.policy == SIMAUTH_PREFER ? "prefer"
                                                   : "continue";
}

static void add_reason(const struct call *call, json_t *shown)
{
    bool none = call->reason >= SIMAUTH_EVENT_COUNT;
    char *reason = shown_reason(none ? "" : simauth_event_name(call->reason));

    shown_put(shown, "Reason", reason);
    shown_put(shown, "ReasonText", words_reason(call->reason));
    shown_put(shown, "Advice", none ? "none" : words_advice_token(call_advised(call)));
    shown_put(shown, "AdviceText", words_advice(call_advised(call)));
    shown_put(shown, "Problem", call->error);
    g_free(reason);
}

/* What the other side says of itself, or was asked about, is not shown as vouched for. */
static void add_names(const struct call *call, const struct simauth_session *session, json_t *shown)
{
    bool vouched = session && call->word != SIMAUTH_WORD_NONE;
    const struct simauth_method *method = vouched ? simauth_session_peer_method(session) : NULL;
    bool named = vouched && call->word != SIMAUTH_WORD_NOT_AUTHENTICATED;
    const char *nai = named ? simauth_session_peer_nai(session) : "";
    const char *operator_name = named ? simauth_session_peer_operator(session) : "";
    char *text = shown_verdict_text(call->word, nai, operator_name, words_reason(call->reason));
    char *known = call_known_words(call);
    const char *agent = vouched ? agent_words(session) : NULL;

    shown_put(shown, "Verdict", shown_verdict(call->word));
    shown_put(shown, "VerdictText", text);
    shown_put(shown, "Nai", nai);
    shown_put(shown, "Operator", operator_name);
    shown_put(shown, "OwnNai", session ? simauth_session_own_nai(session) : call->core->own_nai);
    shown_put(shown, "Method", method ? method->name : "");
    shown_put(shown, "MethodText", agent ? agent : (known ? known : ""));
    shown_put_number(shown, "SimAge", vouched ? simauth_session_peer_sim_age(session) : -1);
    g_free(known);
    g_free(text);
}

static void add_change(const struct call *call, const struct simauth_session *session,
                       json_t *shown)
{
    const char *change = change_of(call, session);

    shown_put(shown, "PinnedNai", call->pinned_last ? call->policy.peer_nai : "");
    shown_put(shown, "Change", change);
    shown_put(shown, "ChangeText", shown_change_text(change));
}

static json_t *see_call(struct shown *s, const struct call *call)
{
    const struct simauth_session *session = session_of(call);
    json_t *shown = json_object(), *levels = json_object();
    const char *listen;

    add_ends(s, shown, call->began);
    shown_put(shown, "Direction", call->caller ? "outgoing" : "incoming");
    shown_put(shown, "Own", call->policy.own);
    shown_put(shown, "Peer", call->policy.peer);
    add_linphone(s, shown, call->over ? NULL : call_linphone(call));
    add_reason(call, shown);
    add_names(call, session, shown);
    add_change(call, session, shown);
    listen = listen_of(call, session, json_string_value(json_object_get(shown, "Media")));
    shown_put(shown, "Listen", listen);
    shown_put(shown, "ListenText", shown_listen_text(listen));
    shown_put_number(shown, "KnownSince", call_known_since(call));
    shown_put(shown, "Policy", policy_name(call));
    add_conference(call->core, call->joined && !call->over, call->word, shown);
    sips_add(call->core, call->sip, levels);
    e2m_add(call->core, call->sip, levels);
    add_levels(levels, shown);
    json_decref(levels);
    json_object_set_new(shown, "Muted",
                        json_boolean(call->policy.policy == SIMAUTH_REQUIRE && s->answered &&
                                     !call->over && call_is_silent(call)));
    return shown;
}

/* -- what nothing of ours looks at ------------------------------------------------------------- */

static char *canonical_of(const LinphoneAddress *address)
{
    char *text = address ? linphone_address_as_string_uri_only(address) : NULL;
    char aor[SIMAUTH_AOR_MAX + 1];
    char *result =
        g_strdup(text && simauth_aor_canonical(text, aor) == SIMAUTH_OK ? aor : (text ? text : ""));

    if (text)
        bctbx_free(text);
    return result;
}

static void add_untouched(const struct core *core, const char *id, bool decided, json_t *shown)
{
    struct words_unasked unasked = {SHOWN_UNTOUCHED, SHOWN_UNTOUCHED_TEXT, "", "none"};
    char *asked = unasked_words(core, id, &unasked);
    char *reason = shown_reason(unasked.reason);

    shown_put(shown, "Reason", decided ? reason : "");
    shown_put(shown, "ReasonText", decided ? unasked.text : "");
    shown_put(shown, "Advice", unasked.advice_token);
    shown_put(shown, "AdviceText", unasked.advice);
    shown_put(shown, "Problem", asked);
    g_free(reason);
    g_free(asked);
}

/* Before its INVITE has left a call of ours may still become one that is looked at. */
static json_t *see_other(struct shown *s, const struct core *core, LinphoneCall *linphone)
{
    const LinphoneCallLog *log = linphone_call_get_call_log(linphone);
    bool outgoing = linphone_call_get_dir(linphone) == LinphoneCallOutgoing;
    char *peer = canonical_of(linphone_call_get_remote_address(linphone));
    char *own =
        canonical_of(linphone_call_log_get_local_address((LinphoneCallLog *)(uintptr_t)log));
    static const char *const empty[] = {"Nai",        "Operator",  "OwnNai",    "Method",
                                        "MethodText", "PinnedNai", "ChangeText"};
    json_t *shown = json_object(), *levels = json_object();
    const char *listen;
    bool decided;

    add_ends(s, shown, linphone_call_log_get_start_date((LinphoneCallLog *)(uintptr_t)log));
    shown_put(shown, "Direction", outgoing ? "outgoing" : "incoming");
    shown_put(shown, "Own", own);
    shown_put(shown, "Peer", peer);
    add_linphone(s, shown, linphone);
    decided = strcmp(json_string_value(json_object_get(shown, "Phase")), "before") != 0;
    for (size_t i = 0; i < G_N_ELEMENTS(empty); i++)
        shown_put(shown, empty[i], "");
    add_untouched(core, s->id, decided, shown);
    shown_put(shown, "Verdict", "none");
    shown_put(shown, "VerdictText", words_word(SIMAUTH_WORD_NONE));
    add_conference(core, linphone_call_get_conference(linphone) != NULL, SIMAUTH_WORD_NONE, shown);
    sips_add_id(core, s->id, levels);
    e2m_add_id(core, s->id, levels);
    add_levels(levels, shown);
    json_decref(levels);
    shown_put(shown, "Change", "none");
    shown_put(shown, "Policy", "off");
    listen = listen_of(NULL, NULL, json_string_value(json_object_get(shown, "Media")));
    shown_put(shown, "Listen", listen);
    shown_put(shown, "ListenText", shown_listen_text(listen));
    shown_put_number(shown, "KnownSince", 0);
    shown_put_number(shown, "SimAge", -1);
    json_object_set_new(shown, "Muted", json_false());
    g_free(own);
    g_free(peer);
    return shown;
}

/* -- a look at all ----------------------------------------------------------------------------- */

static void take(struct shown *s, json_t *call)
{
    json_decref(s->call);
    s->call = call;
    s->seen = true;
}

static void end(struct shown *s)
{
    s->ended = s->ended ? s->ended : core_now();
    if (!s->call)
        return;
    shown_put(s->call, "Phase", "ended");
    shown_put_number(s->call, "Ended", s->ended);
    json_object_set_new(s->call, "Conference", json_false());
    json_object_set_new(s->call, "Muted", json_false());
}

/* A callee that has no key for a call says so before ringing, and the call comes once more. */
static bool never_was(const struct call *call)
{
    return !call->caller && call->reason == SIMAUTH_EVENT_KEY_UNKNOWN;
}

/* Whoever calls chooses the Call-ID, also that of a call that is over, and that is another call.
 * One that was sent elsewhere, or that another took the place of, ended and goes on. */
static struct shown *shown_of(const struct call *call)
{
    struct shown *s = find(call->first_id, call->caller);
    bool goes_on = call->caller || strcmp(call->first_id, call->id) != 0;

    return s && (!s->ended || goes_on) ? s : add(call->first_id, call->caller);
}

/* The same of Linphone's own. */
static struct shown *shown_of_other(const char *id, LinphoneCall *linphone)
{
    LinphoneCallLog *log = linphone_call_get_call_log(linphone);
    bool outgoing = linphone_call_get_dir(linphone) == LinphoneCallOutgoing;
    bool talks = phase_of(linphone_call_get_state(linphone)) == PHASE_TALKING;
    struct shown *s = find(id, outgoing);

    if (s && s->ended && !outgoing &&
        ((s->answered && !talks) || linphone_call_log_get_start_date(log) > s->ended))
        s = NULL;
    return s ? s : add(id, outgoing);
}

void shown_call_look(const struct call *call)
{
    struct shown *s;

    if (call->over || never_was(call))
        return;
    s = shown_of(call);
    s->ended = 0;
    take(s, see_call(s, call));
}

static void look_at_core(struct core *core)
{
    /* Linphone's own list is another one after the next question for it. */
    bctbx_list_t *calls = bctbx_list_copy(linphone_core_get_calls(core->lc));

    for (const struct call *call = core->calls; call; call = call->next)
        shown_call_look(call);
    for (const bctbx_list_t *item = calls; item; item = item->next) {
        const char *id = linphone_call_log_get_call_id(linphone_call_get_call_log(item->data));

        if (id && *id && !call_is_ours(core, item->data) &&
            phase_of(linphone_call_get_state(item->data)) != PHASE_ENDED) {
            struct shown *s = shown_of_other(id, item->data);

            s->ended = 0;
            take(s, see_other(s, core, item->data));
        }
    }
    bctbx_list_free(calls);
}

static void drop_old(void)
{
    unsigned count = 0;

    for (struct shown **link = &all; *link;) {
        struct shown *s = *link;

        if (!s->ended || (++count <= KEPT_MAX && core_now() - s->ended < KEPT_S)) {
            link = &s->next;
            continue;
        }
        *link = s->next;
        json_decref(s->call);
        g_free(s->id);
        g_free(s);
    }
}

void shown_calls_add(json_t *objects)
{
    for (struct shown *s = all; s; s = s->next)
        s->seen = false;
    for (struct core *core = core_first(); core; core = core->next)
        look_at_core(core);
    for (struct shown *s = all; s; s = s->next) {
        if (!s->seen && !s->ended)
            end(s);
    }
    drop_old();
    for (const struct shown *s = all; s; s = s->next) {
        char path[64];

        g_snprintf(path, sizeof(path), "call/%u", s->number);
        if (s->call)
            json_object_set_new(objects, path,
                                json_pack("{s:o}", "org.simauth.Call1", json_copy(s->call)));
    }
}

void shown_call_told(const struct call *call)
{
    const struct simauth_session *session = session_of(call);
    const struct simauth_method *method = session ? simauth_session_peer_method(session) : NULL;

    if (session)
        changes_note(
            call->core, call->policy.peer, change_of(call, session), peer_nai_of(call, session),
            *call->other_operator ? call->other_operator : simauth_session_peer_operator(session),
            method ? method->name : "");
    bus_view_changed();
}

/* -- the end, and the record ------------------------------------------------------------------- */

void shown_call_over(const struct call *call)
{
    static const char *const last[] = {"Media", "Listen", "ListenText"};
    json_t *shown;
    struct shown *s;

    if (never_was(call))
        return;
    s = shown_of(call);
    if (s->ended)
        return;
    shown = see_call(s, call);
    for (size_t i = 0; s->call && i < G_N_ELEMENTS(last); i++) /* as they were while it ran */
        json_object_set(shown, last[i], json_object_get(s->call, last[i]));
    take(s, shown);
    end(s);
    drop_old(); /* nobody may ever look: there are phones without a bus */
    bus_view_changed();
}

void shown_call_record(const char *first_id, bool outgoing, json_t *record)
{
    static const char *const kept[] = {"Media", "Listen", "Change"};
    const struct shown *s = find(first_id, outgoing);

    json_object_set_new(record, "ended", json_integer((json_int_t)core_now()));
    json_object_set_new(record, "answered", json_boolean(s && s->answered));
    for (size_t i = 0; s && i < G_N_ELEMENTS(kept); i++) {
        char *name = g_ascii_strdown(kept[i], -1);
        json_object_set(record, name, json_object_get(s->call, kept[i]));
        g_free(name);
    }
}

json_t *shown_record(const json_t *record)
{
    static const struct {
        const char *kept, *shown;
    } texts[] = {
        {"call_id", "Id"},
        {"own", "Own"},
        {"peer", "Peer"},
        {"text", "ReasonText"},
        {"advice", "AdviceText"},
        {"own_nai", "OwnNai"},
        {"method", "Method"},
        {"media", "Media"},
        {"listen", "Listen"},
        {"change", "Change"},
        {"pinned_nai", "PinnedNai"},
    };
    const char *side = json_string_value(json_object_get(record, "side"));
    const char *word = json_string_value(json_object_get(record, "word"));
    const char *reason = json_string_value(json_object_get(record, "reason"));
    const char *advice = json_string_value(json_object_get(record, "advice_word"));
    json_t *shown = json_object(), *value;
    char *dashed = shown_reason(reason ? reason : "");
    bool vouched = word && strcmp(word, "unknown") && strcmp(word, "not-authenticated");

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        value = json_object_get(record, texts[i].kept);
        shown_put(shown, texts[i].shown, json_string_value(value));
    }
    add_levels(record, shown);
    shown_put(shown, "Direction", side && !strcmp(side, "caller") ? "outgoing" : "incoming");
    shown_put(shown, "Verdict", word && strcmp(word, "unknown") ? word : "none");
    shown_put(shown, "Nai", vouched ? json_string_value(json_object_get(record, "nai")) : "");
    shown_put(shown, "Operator",
              vouched ? json_string_value(json_object_get(record, "operator")) : "");
    shown_put(shown, "Reason", dashed);
    shown_put(shown, "Advice", advice ? advice : shown_advice_of(reason ? reason : ""));
    shown_put_number(shown, "Began", json_integer_value(json_object_get(record, "began")));
    shown_put_number(shown, "Ended", json_integer_value(json_object_get(record, "ended")));
    shown_put_number(shown, "KnownSince",
                     json_integer_value(json_object_get(record, "known_since")));
    value = json_object_get(record, "sim_age");
    shown_put_number(shown, "SimAge", value ? json_integer_value(value) : -1);
    json_object_set_new(shown, "Answered",
                        json_boolean(json_is_true(json_object_get(record, "answered"))));
    g_free(dashed);
    return shown;
}
