/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sips.h"
#include "bus_view.h"
#include "e2m.h"
#include "emergency.h"
#include "history.h"
#include "media.h"
#include "note.h"
#include "sips_path.h"
#include "unasked.h"
#include "words.h"

#include <string.h>

enum sips_word { SIPS_ASKED, SIPS_TRUSTED, SIPS_BROKEN };

/* One call that is sips, or should be. */
struct sips {
    struct sips *next;
    struct core *core;
    struct sip_call *sip;
    enum settings_policy policy; /* OFF: nobody asked, the other side does it */
    bool caller, secure;         /* it is, or was, a sips call on the wire */
    bool fell_back;              /* placed once more as sip */
    bool over;
    enum sips_word word;
    const char *fault;  /* why it is broken */
    char *servers_said; /* what a server wrote when it refused; NULL */
    char *own, *peer;   /* URIs */
    char *id;           /* Call-ID of the first INVITE, as Linphone's log has it */
    int64_t began;
};

static struct sips *find(const struct core *core, const struct sip_call *sip)
{
    struct sips *s = core->sips;

    while (s && s->sip != sip)
        s = s->next;
    return s;
}

static struct sips *add(struct core *core, struct sip_call *sip, char *own, char *peer)
{
    struct sips *s = g_new0(struct sips, 1);

    s->core = core;
    s->sip = sip;
    s->caller = sip_call_direction(sip) == SIP_OUTGOING;
    s->own = own;
    s->peer = peer;
    s->id = g_strdup(sip_call_id(sip));
    s->began = core_now();
    s->next = core->sips;
    core->sips = s;
    return s;
}

static void free_one(struct sips *s)
{
    g_free(s->own);
    g_free(s->peer);
    g_free(s->id);
    g_free(s->servers_said);
    g_free(s);
}

/* -- what a person hears ----------------------------------------------------------------------- */

/* "operator-a.example, operator-b.example": whose word this is. */
static char *servers(const struct sips *s)
{
    char own[SIMAUTH_AOR_MAX + 1] = "", peer[SIMAUTH_AOR_MAX + 1] = "";

    (void)simauth_aor_canonical(s->own, own);
    (void)simauth_aor_canonical(s->peer, peer);
    if (!strcmp(simauth_aor_domain(own), simauth_aor_domain(peer)))
        return g_strdup(simauth_aor_domain(own));
    return g_strdup_printf("%s, %s", simauth_aor_domain(own), simauth_aor_domain(peer));
}

static const char *token(const struct sips *s)
{
    return words_sips_token(s->word == SIPS_TRUSTED, s->word == SIPS_BROKEN);
}

static void tell(const struct sips *s)
{
    char *names = servers(s);

    note_call(sip_call_id(s->sip), s->caller, "sips", "word=%s servers=%s text=%s", token(s),
              s->word == SIPS_TRUSTED ? names : "none",
              s->word == SIPS_BROKEN ? s->fault : words_sips(s->word == SIPS_TRUSTED));
    g_free(names);
    bus_view_changed();
}

static void put(const struct sips *s, json_t *record)
{
    char *names = servers(s);

    json_object_set_new(record, "sips", json_string(token(s)));
    json_object_set_new(record, "servers", json_string(names));
    json_object_set_new(
        record, "sips_text",
        json_string(s->word == SIPS_BROKEN ? s->fault : words_sips(s->word == SIPS_TRUSTED)));
    if (s->servers_said)
        json_object_set_new(record, "sips_refusal", json_string(s->servers_said));
    g_free(names);
}

void sips_add(const struct core *core, const struct sip_call *sip, json_t *record)
{
    const struct sips *s = find(core, sip);

    if (s)
        put(s, record);
}

void sips_add_id(const struct core *core, const char *call_id, json_t *record)
{
    const struct sips *s = core->sips;

    while (s && strcmp(s->id, call_id) != 0)
        s = s->next;
    if (s)
        put(s, record);
}

static json_t *own_record(const struct sips *s)
{
    char own[SIMAUTH_AOR_MAX + 1] = "", peer[SIMAUTH_AOR_MAX + 1] = "";
    json_t *record;

    (void)simauth_aor_canonical(s->own, own);
    (void)simauth_aor_canonical(s->peer, peer);
    record = history_record(s->began, s->id, s->caller, own, peer, SIMAUTH_WORD_NONE);
    put(s, record);
    unasked_add(s->core, s->sip, record);
    e2m_add(s->core, s->sip, record);
    return record;
}

/* The call's own record has it where SIM authentication looks at this call too. */
static void remember(struct sips *s)
{
    json_t *record;

    if (s->over)
        return;
    s->over = true;
    record = sip_call_user_data(s->sip) ? NULL : own_record(s);
    if (record)
        core_remember_call(s->core, record);
}

void sips_live(const struct core *core, json_t *live)
{
    for (const struct sips *s = core->sips; s; s = s->next) {
        if (!s->over && !sip_call_user_data(s->sip))
            json_array_append_new(live, own_record(s));
    }
}

static void break_off(struct sips *s, const char *fault)
{
    if (s->word == SIPS_BROKEN)
        return;
    s->word = SIPS_BROKEN;
    s->fault = fault;
    tell(s);
}

static bool required(const struct sips *s)
{
    return s->policy == SETTINGS_REQUIRE;
}

/* -- the INVITE leaves ------------------------------------------------------------------------- */

/* "": none. */
static char *uri_in_copy(belle_sip_message_t *invite, enum sip_field field)
{
    char *uri = sip_message_uri(invite, field), *copy = g_strdup(uri ? uri : "");

    belle_sip_free(uri);
    return copy;
}

/* liblinphone follows a redirection with the same From header, and a call that it made so is the
 * one that its person dialled. NULL: this INVITE is no such call's. */
static struct sips *sent_elsewhere(const struct core *core, const struct sip_call *sip)
{
    struct sips *s = core->sips;

    while (s && (s->sip == sip || !s->caller ||
                 strcmp(sip_call_from_tag(s->sip), sip_call_from_tag(sip)) != 0))
        s = s->next;
    return s;
}

/* Linphone makes sips of whatever an account calls whose own address is sips. Whose `sips=off` is
 * the person's word says more than that. */
static bool is_accounts_scheme(const struct core *core, const char *own,
                               enum settings_policy policy)
{
    char aor[SIMAUTH_AOR_MAX + 1] = "";
    const struct settings_party *account;

    (void)simauth_aor_canonical(own, aor);
    account = settings_account(core->settings, aor);
    return policy == SETTINGS_OFF && account && account->sips == SETTINGS_OFF &&
           !strncasecmp(own, "sips:", strlen("sips:"));
}

/* The person dialled sips:, or asked for it in the settings, or for the call that was sent here by
 * whatever URI (RFC 5630 section 5.1.2.1); OFF: none of these. */
static enum settings_policy asked_for(const struct core *core, belle_sip_request_t *invite,
                                      const struct sips *before, const char *own, const char *peer)
{
    enum settings_policy policy = policy_sips(core->settings, own, peer, true);

    /* Whom a server names is nobody's emergency: the person dialled another. */
    if ((!before && emergency_is(core, invite)) ||
        (strncasecmp(peer, "sip:", 4) && strncasecmp(peer, "sips:", 5)))
        policy = SETTINGS_OFF;
    else if (sips_is_asked(invite) && !is_accounts_scheme(core, own, policy))
        policy = SETTINGS_REQUIRE;
    else if (before)
        policy = MAX(policy, before->policy);
    return policy;
}

/* For Linphone it is the same call, of one entry. */
static void take_over(struct sips *s, struct sips *before)
{
    g_free(s->id);
    s->id = g_strdup(before->id);
    before->over = true;
}

static bool stop_before_it_leaves(struct sips *s)
{
    if (!required(s))
        return false;
    note_call(s->id, true, "sips-aborted", "why=%s", s->fault);
    remember(s);
    sip_call_abort(s->sip, 403, "Servers on the way not trusted");
    return true;
}

bool sips_invite_out(struct core *core, struct sip_call *sip)
{
    belle_sip_request_t *invite = sip_call_invite(sip);
    struct sips *s = find(core, sip), *before;
    enum settings_policy policy;
    char *own, *peer;
    const char *fault;

    if (s) { /* once more, after 407 or as sip */
        sip_invite_set_secure(invite, s->secure && !s->fell_back);
        return false;
    }
    if (!core_settings(core))
        return false;
    own = uri_in_copy((belle_sip_message_t *)invite, SIP_FROM);
    peer = uri_in_copy((belle_sip_message_t *)invite, SIP_TO);
    before = sent_elsewhere(core, sip);
    policy = asked_for(core, invite, before, own, peer);
    if (policy <= SETTINGS_OFF) {
        sip_message_leave_contact((belle_sip_message_t *)invite);
        g_free(own);
        g_free(peer);
        return false;
    }
    s = add(core, sip, own, peer);
    s->policy = policy;
    if (before)
        take_over(s, before);
    fault = sips_account_fault(core, own);
    if (!fault)
        fault = sips_route_fault(sip, own);
    if (fault) {
        break_off(s, fault);
        return stop_before_it_leaves(s);
    }
    s->secure = true;
    sip_invite_set_secure(invite, true);
    note_call(s->id, true, "sips", "word=asked policy=%s", settings_policy_name(policy));
    return false;
}

/* -- its responses ----------------------------------------------------------------------------- */

/* The sentence of the server that refused. */
static void hear_refusal(struct sips *s, belle_sip_message_t *response, int code)
{
    size_t count = 0;
    const char *warning = sip_message_header(response, "Warning", &count);

    if (code < 400 || sip_code_repeats(code))
        return;
    g_free(s->servers_said);
    s->servers_said = g_strdup_printf("%d%s%s", code, warning ? " " : "", warning ? warning : "");
    note_call(sip_call_id(s->sip), true, "sips-refused", "code=%d warning=%s", code,
              warning ? warning : "none");
}

/* Under `prefer` a way that has no sips is no reason not to talk: the same call as sip, once. */
static bool fall_back(struct sips *s, belle_sip_response_t *response)
{
    int code = belle_sip_response_get_status_code(response);
    size_t count = 0;
    const char *warning = sip_message_header((belle_sip_message_t *)response, "Warning", &count);
    bool of_sips = code == 416 || (warning && strcasestr(warning, "sips"));

    /* The one try of SIM authentication stays its own. */
    if (!s->secure || s->fell_back || required(s) || !of_sips ||
        !sip_call_try_as_asked(s->sip, response))
        return false;
    s->fell_back = true;
    break_off(s, "the servers on the way cannot do it: placed once more without");
    return true;
}

/* After this the answer goes up, so that it is acknowledged, and BYE follows. */
static void end(struct sips *s)
{
    LinphoneCall *linphone = core_linphone_call(s->core, sip_call_id(s->sip), s->id);

    if (linphone)
        media_silence(linphone, true);
    sip_call_set_end_reason(s->sip, "SIP;cause=403;text=\"Servers on the way not trusted\"",
                            s->fault);
    core_terminate_soon(s->core, sip_call_id(s->sip), s->id);
}

enum sip_decision sips_response_in(struct core *core, struct sip_call *sip,
                                   belle_sip_response_t *response)
{
    belle_sip_message_t *message = (belle_sip_message_t *)response;
    struct sips *s = find(core, sip);
    int code = belle_sip_response_get_status_code(response);
    const char *fault;
    size_t len;

    if (!s || !s->caller || !s->secure || s->fell_back)
        return SIP_PASS;
    if (code >= 300) {
        hear_refusal(s, message, code);
        (void)fall_back(s, response);
        return SIP_PASS;
    }
    fault = sips_path_fault(sip, message, s->own, s->peer);
    /* A server's own word on the way (100, 181) has no dialog and no media. */
    if (code < 200 && (!fault || (!belle_sip_message_get_headers(message, "Contact") &&
                                  !sip_message_sdp(message, &len))))
        return SIP_PASS;
    if (fault) {
        break_off(s, fault);
        if (!required(s))
            return SIP_PASS;
        end(s);
        sip_message_force_tls(message); /* ACK and BYE */
        return code < 200 ? SIP_DROP : SIP_PASS;
    }
    if (s->word == SIPS_ASKED) {
        s->word = SIPS_TRUSTED;
        tell(s);
    }
    return SIP_PASS;
}

/* -- the INVITE comes -------------------------------------------------------------------------- */

static bool refuse(struct sips *s, bool asked)
{
    note_call(s->id, false, "sips-refused", "code=%d why=%s", asked ? 403 : 480, s->fault);
    remember(s);
    if (asked)
        sip_call_refuse(s->sip, 403, "Forbidden",
                        "SIP;cause=403;text=\"Servers on the way not trusted\"", s->fault);
    else
        sip_call_refuse(s->sip, 480, "Temporarily Unavailable",
                        "SIP;cause=480;text=\"SIPS Required\"", "SIPS Required");
    return true;
}

static void forget(struct core *core, const struct sip_call *sip)
{
    struct sips *s = find(core, sip);

    if (!s)
        return;
    s->over = true; /* it never was a call */
    sips_gone(core, s->sip);
}

bool sips_invite_in(struct core *core, struct sip_call *sip)
{
    belle_sip_request_t *invite = sip_call_invite(sip);
    bool asked = sips_is_asked(invite);
    enum settings_policy policy;
    char *own, *peer;
    struct sips *s;
    const char *fault;

    /* Whoever was asked to come again (422): what was true of that INVITE says nothing of this. */
    forget(core, sip);
    if (!core_settings(core))
        return false;
    own = uri_in_copy((belle_sip_message_t *)invite, SIP_TO);
    peer = uri_in_copy((belle_sip_message_t *)invite, SIP_FROM);
    policy = policy_sips(core->settings, own, peer, false);
    if (emergency_may_call_back(core, peer))
        policy = MIN(policy, SETTINGS_PREFER);
    if (policy <= SETTINGS_OFF && !asked) {
        g_free(own);
        g_free(peer);
        return false;
    }
    s = add(core, sip, own, peer);
    s->policy = policy;
    s->secure = asked;
    fault = asked ? sips_account_fault(core, own) : "the call is not to a sips address";
    if (!fault)
        fault = sips_path_fault(sip, (belle_sip_message_t *)invite, own, peer);
    if (fault) {
        break_off(s, fault);
        return required(s) && refuse(s, asked);
    }
    s->word = SIPS_TRUSTED;
    tell(s);
    return false;
}

/* -- the rest of the dialog -------------------------------------------------------------------- */

void sips_out(struct core *core, struct sip_call *sip, belle_sip_message_t *message)
{
    const struct sips *s = find(core, sip);

    if (s)
        sip_message_set_contact_secure(message, s->secure && !s->fell_back);
    else
        sip_message_leave_contact(message);
}

static bool renews_target(belle_sip_message_t *message)
{
    const char *method;

    if (!belle_sip_message_is_request(message))
        return belle_sip_message_get_headers(message, "Contact") != NULL;
    method = belle_sip_request_get_method((belle_sip_request_t *)message);
    return !strcmp(method, "INVITE") || !strcmp(method, "UPDATE") || !strcmp(method, "REFER");
}

enum sip_decision sips_later_in(struct core *core, struct sip_call *sip,
                                belle_sip_message_t *message)
{
    struct sips *s = find(core, sip);
    const char *fault;

    if (!s || s->word != SIPS_TRUSTED || !renews_target(message))
        return SIP_PASS;
    fault = sips_later_fault(sip, message);
    if (!fault)
        return SIP_PASS;
    break_off(s, fault);
    if (!required(s))
        return SIP_PASS;
    if (belle_sip_message_is_request(message) &&
        sip_call_refuse_later(sip, (belle_sip_request_t *)message, 403,
                              "SIP;cause=403;text=\"Servers on the way not trusted\"", fault)) {
        end(s);
        return SIP_DROP;
    }
    end(s);
    return SIP_PASS;
}

bool sips_register_out(struct core *core, const char *aor)
{
    return core_settings(core) && policy_sips(core->settings, aor, "", true) > SETTINGS_OFF;
}

/* -- the end ----------------------------------------------------------------------------------- */

void sips_over(struct core *core, const char *call_id)
{
    for (struct sips *s = core->sips; s; s = s->next) {
        if (!strcmp(s->id, call_id) || !strcmp(sip_call_id(s->sip), call_id))
            remember(s);
    }
}

void sips_gone(struct core *core, struct sip_call *sip)
{
    struct sips **link = &core->sips;

    while (*link && (*link)->sip != sip)
        link = &(*link)->next;
    if (*link) {
        struct sips *gone = *link;
        remember(gone);
        *link = gone->next;
        free_one(gone);
    }
}

void sips_core_gone(struct core *core)
{
    while (core->sips) {
        struct sips *s = core->sips;
        core->sips = s->next;
        free_one(s);
    }
}
