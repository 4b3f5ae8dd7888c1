/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "e2m.h"
#include "bus_view.h"
#include "call.h"
#include "continue_once.h"
#include "e2m_call.h"
#include "e2m_files.h"
#include "emergency.h"
#include "history.h"
#include "note.h"
#include "revoked.h"
#include "sips.h"
#include "tokens.h"
#include "unasked.h"

#include <string.h>
#include <strings.h>

#define CAUSE(code, text) "SIP;cause=" #code ";text=\"" text "\""

/* Its answer would stand in the ACK, where nothing can be put any more. */
#define NO_DESCRIPTION "an INVITE without session description"
#define OPENED_HEADER "SIM-Envelope" /* of a response: who sent it reads envelopes */

static uint64_t now(void)
{
    return (uint64_t)core_now();
}

static struct e2m_call *find_in(const struct core *core, const struct sip_call *sip)
{
    struct e2m_call *call = core->e2m;

    while (call && call->sip != sip)
        call = call->next;
    return call;
}

static struct e2m_call *find(const struct sip_call *sip)
{
    struct core *core = core_of_provider(sip_call_provider(sip));

    return core ? find_in(core, sip) : NULL;
}

/* -- words ------------------------------------------------------------------------------------- */

static const char *token(const struct e2m_call *call)
{
    static const char *const tokens[] = {"asked", "enveloped", "clear", "refused"};

    return tokens[call->word];
}

static const char *servers(const struct e2m_call *call)
{
    const char *names = !call->talk    ? ""
                        : call->caller ? e2m_talk_servers(call->talk)
                                       : e2m_talk_their_servers(call->talk);

    return *names ? names : "none";
}

void e2m_call_tell(struct e2m_call *call, enum e2m_word word, const char *why)
{
    if (call->word == word && !strcmp(call->why, why))
        return;
    call->word = word;
    g_strlcpy(call->why, why, sizeof(call->why));
    note_call(sip_call_id(call->sip), call->caller, "e2m", "word=%s servers=%s signer=%s text=%s",
              token(call), servers(call), *call->signer ? call->signer : "none", why);
    bus_view_changed();
}

void e2m_add(const struct core *core, const struct sip_call *sip, json_t *record)
{
    const struct e2m_call *call = find_in(core, sip);

    if (!call)
        return;
    json_object_set_new(record, "e2m", json_string(token(call)));
    json_object_set_new(record, "e2m_servers", json_string(servers(call)));
    json_object_set_new(record, "e2m_signer", json_string(call->signer));
    json_object_set_new(record, "e2m_text", json_string(call->why));
}

/* -- the INVITE leaves ------------------------------------------------------------------------- */

static void name(char out[static SIMAUTH_AOR_MAX + 1], belle_sip_message_t *invite,
                 enum sip_field field)
{
    char *uri = sip_message_uri(invite, field);

    if (!uri || simauth_aor_canonical(uri, out) != SIMAUTH_OK)
        out[0] = '\0';
    belle_sip_free(uri);
}

static struct e2m_call *add(struct core *core, struct sip_call *sip, bool caller)
{
    belle_sip_message_t *invite = (belle_sip_message_t *)sip_call_invite(sip);
    struct e2m_call *call = g_new0(struct e2m_call, 1);

    call->core = core;
    call->sip = sip;
    call->caller = caller;
    call->settings = settings_ref(core->settings);
    name(caller ? call->own : call->peer, invite, SIP_FROM);
    name(caller ? call->peer : call->own, invite, SIP_TO);
    call->policy = policy_e2m(core->settings, call->peer);
    if (!caller && emergency_may_call_back(core, call->peer))
        call->policy = MIN(call->policy, SETTINGS_PREFER);
    call->known = caller && core->pins && pins_opens(core->pins, call->peer) &&
                  !continue_once_meant(core, call->peer, true);
    call->began = core_now();
    call->id = g_strdup(sip_call_id(sip));
    call->next = core->e2m;
    core->e2m = call;
    return call;
}

static void drop(struct e2m_call *gone)
{
    struct e2m_call **link = &gone->core->e2m;

    while (*link != gone)
        link = &(*link)->next;
    *link = gone->next;
    e2m_files_forget(gone->core, gone);
    sip_timer_stop(gone->patience);
    tokens_free(gone->tokens);
    e2m_talk_free(gone->talk);
    e2m_keys_free(gone->keys);
    settings_unref(gone->settings);
    g_free(gone->id);
    g_free(gone);
}

/* Who has read envelopes before can do so now: what says otherwise may be somebody on the way, so
 * no call to them becomes one in clear by itself. */
static bool must(const struct e2m_call *call)
{
    return call->policy == SETTINGS_REQUIRE || call->known;
}

bool e2m_must(const struct sip_call *sip)
{
    const struct e2m_call *call = find(sip);

    return call && must(call);
}

void e2m_sent_elsewhere(const struct sip_call *sip, const char *why)
{
    struct e2m_call *call = find(sip);

    if (call && must(call))
        e2m_call_tell(call, E2M_WORD_REFUSED, why);
}

static void learn(const struct e2m_call *call)
{
    if (call->core->pins && *call->peer && pins_set_opens(call->core->pins, call->peer, core_now()))
        core_save_pins(call->core);
}

/* What cannot be enveloped: under `require` it does not leave. */
static bool without(struct e2m_call *call)
{
    char why[E2M_ERROR_MAX];

    g_strlcpy(why, call->why, sizeof(why));
    call->in_clear = true;
    if (!must(call)) {
        e2m_call_tell(call, E2M_WORD_CLEAR, why);
        return false;
    }
    e2m_call_tell(call, E2M_WORD_REFUSED, why);
    sip_call_abort(call->sip, 488, "Cannot be enveloped");
    return true;
}

/* -- files are read first ---------------------------------------------------------------------- */

#define FILES_MS 2000 /* then it goes on without them, as if they could not be read */

static bool leave(struct e2m_call *call);
static bool come(struct e2m_call *call);

/* The others look at it now. */
static void go_on(struct e2m_call *call)
{
    struct core *core = call->core;
    struct sip_call *sip = call->sip;
    enum sip_decision decision;

    call->waiting = false;
    e2m_files_forget(core, call);
    sip_timer_stop(call->patience);
    call->patience = NULL;
    if (call->caller ? leave(call) : come(call))
        return;
    decision = call->caller ? caller_invite_out(core, sip) : callee_invite_in(core, sip);
    if (decision == SIP_PASS)
        (void)sip_call_resume(sip);
}

static void read_now(void *arg);

static bool wait_for_files(struct e2m_call *call)
{
    return !e2m_files_ready(call->core, call->settings, call->peer, read_now, call);
}

static void read_now(void *arg)
{
    struct e2m_call *call = arg;

    if (call->waiting && !wait_for_files(call))
        go_on(call);
}

static void too_long(void *arg)
{
    go_on(arg);
}

/* True: the INVITE waits. */
static bool hold_for_files(struct e2m_call *call)
{
    call->waiting = wait_for_files(call);
    if (call->waiting)
        call->patience = sip_timer_start(call->core->provider, FILES_MS, too_long, call);
    return call->waiting;
}

void e2m_held_gone(struct sip_call *sip)
{
    struct e2m_call *call = find(sip);

    if (!call || !call->waiting)
        return;
    call->waiting = false;
    e2m_files_forget(call->core, call);
    sip_timer_stop(call->patience);
    call->patience = NULL;
}

static bool leave(struct e2m_call *call)
{
    return (!e2m_call_read_keys(call) || !e2m_call_add_readers(call)) && without(call);
}

bool e2m_invite_out(struct core *core, struct sip_call *sip)
{
    belle_sip_message_t *invite = (belle_sip_message_t *)sip_call_invite(sip);
    struct e2m_call *call = find(sip);
    size_t len;

    if (call) { /* once more; liblinphone made it from what had left */
        if (call->talk)
            e2m_talk_restore(call->talk, invite);
        return false;
    }
    if (!core_settings(core))
        return false;
    call = add(core, sip, true);
    if (call->policy <= SETTINGS_OFF || emergency_is(core, sip_call_invite(sip))) {
        drop(call);
        return false;
    }
    if (!sip_message_sdp(invite, &len)) { /* its SDP would come in the ACK, where none can be put */
        g_strlcpy(call->why, NO_DESCRIPTION, sizeof(call->why));
        return without(call);
    }
    return hold_for_files(call) || leave(call);
}

/* -- bodies leave ------------------------------------------------------------------------------ */

void e2m_body_out(struct core *core, struct sip_call *sip, belle_sip_message_t *message)
{
    struct e2m_call *call = find(sip);
    enum e2m_result result;

    if (call && call->in_clear) { /* placed once more: no server knows of this one */
        tokens_free(call->tokens);
        call->tokens = NULL;
    }
    if (!call || !call->talk || call->in_clear)
        return;
    result = e2m_talk_protect(call->talk, message, now());
    if (result == E2M_OK) {
        note_call(sip_call_id(sip), call->caller, "e2m-sent", "servers=%s", servers(call));
        if (!call->tokens && e2m_talk_pinholes(call->talk))
            call->tokens =
                tokens_new(core, sip, e2m_talk_pinholes(call->talk), call->own, call->peer);
        return;
    }
    /* Never the other way round: what could not be enveloped does not leave at all. */
    e2m_talk_withhold(message);
    e2m_call_tell(call, E2M_WORD_REFUSED, e2m_result_text(result));
    core_terminate_soon(call->core, sip_call_id(sip), sip_call_first_id(sip));
}

/* -- bodies come ------------------------------------------------------------------------------- */

static unsigned wants(const struct e2m_call *call)
{
    return call->settings->e2m_signed ? E2M_WANT_SIGNATURE : 0;
}

/* `why`: the person's words for what comes back. */
static enum e2m_result open_body(struct e2m_call *call, belle_sip_message_t *message,
                                 const char **why)
{
    struct e2m_opened opened = {.signature = E2M_UNSIGNED};
    enum e2m_result result = e2m_talk_open(call->talk, message, wants(call), now(), &opened);

    g_strlcpy(call->signer, opened.signer, sizeof(call->signer));
    /* A signature, or the key that only a reader of ours has: nobody else can have said so. */
    if (result == E2M_OK && (opened.signature == E2M_OK || opened.reused))
        learn(call);
    if (result == E2M_OK)
        revoked_look_for_url(call->core, opened.list_url);
    revoked_know(call->core, e2m_trust_between(call->keys->people));
    *why = result == E2M_NO_LIST ? revoked_missing(call->core, opened.list_url)
                                 : e2m_result_text(result);
    if (result == E2M_OK)
        e2m_call_tell(call, E2M_WORD_ENVELOPED,
                      opened.signature == E2M_OK ? "enveloped and signed"
                      : opened.reused ? "enveloped under the key of this call, not signed"
                                      : "enveloped, not signed");
    return result;
}

/* With the certificate that would have been right: theirs of us may be an old one. */
static void cannot_read(struct e2m_call *call, const char *why)
{
    X509 *own = call->keys ? call->keys->own.certificate : NULL;
    struct e2m_buffer der = {NULL, 0}, text = {NULL, 0};

    if (own && e2m_certificate_print(own, &der) == E2M_OK &&
        e2m_base64_print(e2m_buffer_span(&der), &text) == E2M_OK)
        sip_call_refuse_with(call->sip, 493, "Undecipherable", CAUSE(493, "Undecipherable"), why,
                             "application/pkix-cert", (const char *)text.octets);
    else
        sip_call_refuse(call->sip, 493, "Undecipherable", CAUSE(493, "Undecipherable"), why);
    e2m_buffer_free(&der);
    e2m_buffer_free(&text);
}

static bool refuse_clear(struct e2m_call *call, const char *why)
{
    e2m_call_tell(call, E2M_WORD_REFUSED, why);
    sip_call_refuse(call->sip, 488, "Not Acceptable Here", CAUSE(488, "Envelope required"), why);
    return true;
}

/* RFC 3261, 21.4.27 and 23.2: what cannot be read is undecipherable; who signed it, forbidden. */
static bool refuse(struct e2m_call *call, enum e2m_result result, const char *told)
{
    bool signature =
        result == E2M_BAD_SIGNATURE || result == E2M_FOREIGN_SIGNER || result == E2M_UNTRUSTED ||
        result == E2M_EXPIRED || result == E2M_BAD_CERTIFICATE || result == E2M_OTHER_SESSION ||
        result == E2M_REVOKED || result == E2M_NO_LIST || result == E2M_FOREIGN_AUTHORITY ||
        result == E2M_UNSIGNED || result == E2M_REPLAYED;
    const char *why = e2m_result_text(result);

    e2m_call_tell(call, E2M_WORD_REFUSED, told);
    if (signature)
        sip_call_refuse(call->sip, 403, "Forbidden", CAUSE(403, "Signature refused"), why);
    else if (result == E2M_CLEAR)
        return refuse_clear(call, why);
    else
        cannot_read(call, why);
    return true;
}

bool e2m_invite_in(struct core *core, struct sip_call *sip)
{
    belle_sip_message_t *invite = (belle_sip_message_t *)sip_call_invite(sip);
    bool is_protected = e2m_talk_is_protected(invite);
    struct e2m_call *call = find(sip);
    size_t len;

    if (call && call->waiting)
        return true;
    if (!core_settings(core) || (!call && !is_protected && !core->settings->e2m))
        return false;
    if (!call)
        call = add(core, sip, false);
    if (!is_protected || (sip_message_sdp(invite, &len) && call->policy <= SETTINGS_OFF)) {
        call->in_clear = true;
        if (call->policy == SETTINGS_REQUIRE)
            return refuse_clear(call, sip_message_sdp(invite, &len) ? e2m_result_text(E2M_CLEAR)
                                                                    : NO_DESCRIPTION);
        if (call->policy <= SETTINGS_OFF)
            drop(call);
        else
            e2m_call_tell(call, E2M_WORD_CLEAR, "the other side sent it in clear");
        return false;
    }
    return (!call->talk && hold_for_files(call)) || come(call);
}

static bool come(struct e2m_call *call)
{
    enum e2m_result result;
    const char *why;

    if (!call->talk && !e2m_call_read_keys(call)) {
        note_call(sip_call_id(call->sip), false, "e2m-keys", "problem=%s", call->why);
        return refuse(call, E2M_NOT_FOR_US, e2m_result_text(E2M_NOT_FOR_US));
    }
    result = open_body(call, (belle_sip_message_t *)sip_call_invite(call->sip), &why);
    call->opened = result == E2M_OK;
    return result != E2M_OK && refuse(call, result, why);
}

void e2m_response_out(struct sip_call *sip, belle_sip_response_t *response)
{
    const struct e2m_call *call = find(sip);

    if (call && call->opened)
        sip_message_set_header((belle_sip_message_t *)response, OPENED_HEADER, "opened");
}

/* After this the answer goes up, so that it is acknowledged, and BYE follows. */
static void end(struct e2m_call *call, const char *why)
{
    e2m_call_tell(call, E2M_WORD_REFUSED, why);
    sip_call_set_end_reason(call->sip, CAUSE(493, "Undecipherable"), why);
    core_terminate_soon(call->core, sip_call_id(call->sip), sip_call_first_id(call->sip));
}

/* The other side, or something on the way, cannot do with it; without a policy against it the same
 * call in clear. */
static bool cannot(int code)
{
    return code == 415 || code == 488 || code == 493 || code == 606;
}

static void refused_by_them(struct e2m_call *call, belle_sip_response_t *response, int code)
{
    char why[64];

    g_snprintf(why, sizeof(why), "the other side answered the envelope with %d", code);
    if (must(call) || !sip_call_try_again(call->sip, response)) {
        e2m_call_tell(call, E2M_WORD_REFUSED, why);
        return;
    }
    call->in_clear = true;
    e2m_call_tell(call, E2M_WORD_CLEAR, why);
}

/* "Insufficient Bandwidth" (RFC 3261, 20.43): in clear there would be none either. */
static bool has_no_room(belle_sip_message_t *response)
{
    const char *warning = sip_message_header(response, "Warning", NULL);

    return warning && strncmp(warning, "370 ", 4) == 0;
}

/* The reason of the other side's phone, or of a middle. */
static void hear_refusal(struct e2m_call *call, belle_sip_message_t *response, int code)
{
    const char *warning = sip_message_header(response, "Warning", NULL);
    char why[E2M_ERROR_MAX];

    g_snprintf(why, sizeof(why),
               has_no_room(response)
                   ? "a server on the way has no bandwidth left for this call: %d%s%s"
                   : "the other side refused the envelope: %d%s%s",
               code, warning ? " " : "", warning ? warning : "");
    e2m_call_tell(call, E2M_WORD_REFUSED, why);
}

/* -- a peer that cannot read ------------------------------------------------------------------- */

static bool reads_envelopes(belle_sip_message_t *response)
{
    return sip_message_header(response, OPENED_HEADER, NULL) != NULL;
}

/* A stock Linphone rings, and answers with nothing. Before that the call is taken back and placed
 * in clear where policy lets it. */
static bool take_back(struct e2m_call *call)
{
    if (must(call) || call->taken_back || !sip_call_take_back(call->sip))
        return false;
    call->taken_back = true;
    e2m_call_tell(call, E2M_WORD_CLEAR, "the other side cannot read envelopes");
    return true;
}

static enum sip_decision answer_in(struct e2m_call *call, belle_sip_message_t *response, bool final)
{
    enum e2m_result result;
    const char *why;
    size_t len;

    if (e2m_talk_is_protected(response)) {
        result = open_body(call, response, &why);
        if (result == E2M_OK)
            return SIP_PASS;
        end(call, why);
        e2m_talk_withhold(response);
        return final ? SIP_PASS : SIP_DROP;
    }
    if (!sip_message_sdp(response, &len) && (!final || reads_envelopes(response)))
        return SIP_PASS;
    if (!must(call)) {
        e2m_call_tell(call, E2M_WORD_CLEAR, "the other side answered in clear");
        return SIP_PASS;
    }
    end(call, call->known ? "the other side answered in clear, though it has read envelopes before"
                          : "the other side answered in clear");
    return final ? SIP_PASS : SIP_DROP;
}

enum sip_decision e2m_response_in(struct sip_call *sip, belle_sip_response_t *response)
{
    int code = belle_sip_response_get_status_code(response);
    struct e2m_call *call = find(sip);

    if (!call || !call->talk || call->in_clear)
        return SIP_PASS;
    if (code >= 300) {
        if (call->taken_back && code == 487 && sip_call_try_again(sip, response))
            call->in_clear = true;
        else if (code == 493 && e2m_call_heard_asker(call, response))
            return SIP_PASS;
        else if (code == 403 || (code == 488 && has_no_room((belle_sip_message_t *)response)))
            hear_refusal(call, (belle_sip_message_t *)response, code);
        else if (cannot(code) && e2m_call_heard_form(call, response))
            return SIP_PASS;
        else if (cannot(code))
            refused_by_them(call, response, code);
        return SIP_PASS;
    }
    if (call->taken_back && code < 200)
        return SIP_DROP;
    if (code < 200 && sip_message_to_tag((belle_sip_message_t *)response) &&
        !reads_envelopes((belle_sip_message_t *)response) && code != 181 && code != 182 &&
        take_back(call))
        return SIP_DROP;
    return answer_in(call, (belle_sip_message_t *)response, code >= 200);
}

/* The streams end with it, so a token that closes leaves before. */
void e2m_bye(const struct sip_call *sip, belle_sip_message_t *message)
{
    const struct e2m_call *call = find(sip);

    if (call && call->tokens && belle_sip_message_is_request(message) &&
        !strcmp(belle_sip_request_get_method((belle_sip_request_t *)message), "BYE"))
        tokens_close(call->tokens);
}

enum sip_decision e2m_later_in(struct sip_call *sip, belle_sip_message_t *message)
{
    struct e2m_call *call = find(sip);
    const char *why = e2m_result_text(E2M_CLEAR);
    enum e2m_result result = E2M_CLEAR;
    size_t len;

    if (!call || !call->talk || call->in_clear)
        return SIP_PASS;
    if (!e2m_talk_is_protected(message) && !sip_message_sdp(message, &len))
        return SIP_PASS;
    if (e2m_talk_is_protected(message))
        result = open_body(call, message, &why);
    if (result == E2M_OK)
        return SIP_PASS;
    e2m_call_tell(call, E2M_WORD_REFUSED, why);
    if (belle_sip_message_is_request(message) &&
        sip_call_refuse_later(sip, (belle_sip_request_t *)message, 493,
                              CAUSE(493, "Undecipherable"), e2m_result_text(result)))
        return SIP_DROP;
    e2m_talk_withhold(message);
    return SIP_PASS;
}

/* -- the end ----------------------------------------------------------------------------------- */

static bool sips_looks_at(const struct e2m_call *call)
{
    json_t *record = json_object();
    bool looks;

    sips_add(call->core, call->sip, record);
    looks = json_object_size(record) > 0;
    json_decref(record);
    return looks;
}

/* The call's own record has it where SIM authentication or sips looks at this call too. */
static void remember(struct e2m_call *call)
{
    json_t *record;

    if (call->over || sip_call_user_data(call->sip))
        return;
    call->over = true;
    if (sips_looks_at(call))
        return;
    record = history_record(call->began, sip_call_id(call->sip), call->caller, call->own,
                            call->peer, SIMAUTH_WORD_NONE);
    unasked_add(call->core, call->sip, record);
    e2m_add(call->core, call->sip, record);
    core_remember_call(call->core, record);
}

void e2m_add_id(const struct core *core, const char *call_id, json_t *record)
{
    for (const struct e2m_call *call = core->e2m; call; call = call->next) {
        if (!strcmp(call->id, call_id))
            e2m_add(core, call->sip, record);
    }
}

void e2m_over(const struct core *core, const char *call_id)
{
    for (struct e2m_call *call = core->e2m; call; call = call->next) {
        if (!strcmp(call->id, call_id) || !strcmp(sip_call_id(call->sip), call_id))
            remember(call);
    }
}

void e2m_forget(struct sip_call *sip)
{
    struct e2m_call *call = find(sip);

    if (call)
        remember(call);
}

void e2m_gone(struct core *core, struct sip_call *sip)
{
    struct e2m_call *call = find_in(core, sip);

    if (call)
        drop(call);
}

void e2m_core_gone(struct core *core)
{
    while (core->e2m)
        drop(core->e2m);
}
