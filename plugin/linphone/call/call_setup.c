/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A call and its setup keys (docs/protocol.md section 8): the one that it rests on, and the two
 * that it leaves behind. Nothing here asks a gateway or a SIM, and nothing waits.
 */
#include "call.h"
#include "note.h"
#include "words.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

#define CODE_UNAVAILABLE 480

/* -- the key that the call rests on ------------------------------------------------------------ */

simauth_actions call_begin_held(struct call *call, const char *sdp, size_t len)
{
    const struct simauth_held_key *key;
    uint8_t nonce_a[SIMAUTH_NONCE_LEN];
    simauth_actions actions;

    if (call->tried_again || RAND_bytes(nonce_a, sizeof(nonce_a)) != 1)
        return 0;
    key = setup_take(call->core, call->policy.own, call->policy.peer, call->policy.strength,
                     &call->key_handle);
    if (!key)
        return 0;
    actions = simauth_session_begin_held(call->root->session, key, nonce_a, sdp, len);
    if (actions)
        note_call(call->id, true, "setup-key", "used=%s", "no gateway, no SIM");
    else
        setup_release(call->core, &call->key_handle, false);
    return actions;
}

simauth_actions call_find_key(struct call *call)
{
    struct simauth_session *session = call->root->session;
    const struct simauth_element *element = simauth_session_opening(session);
    const struct simauth_held_key *key = NULL;
    uint8_t nonce_b[SIMAUTH_NONCE_LEN];

    if (element->method->id_len == SIMAUTH_KEYID_LEN && RAND_bytes(nonce_b, sizeof(nonce_b)) == 1)
        key = setup_find(call->core, call->policy.own, call->policy.peer, element->rand,
                         element->rand + SIMAUTH_KEYID_LEN, &call->key_handle);
    note_call(call->id, false, "setup-key", "found=%s", key ? "yes" : "no");
    return simauth_session_found(session, key, nonce_b);
}

void call_key_over(struct call *call, bool spent)
{
    setup_release(call->core, &call->key_handle, spent);
}

bool call_says_cause(belle_sip_response_t *response, int wanted)
{
    char text[16];
    size_t count = 0;
    const char *reason = sip_message_header((belle_sip_message_t *)response, "Reason", &count);
    const char *cause;

    if (belle_sip_response_get_status_code(response) != CODE_UNAVAILABLE || count != 1 || !reason ||
        strncmp(reason, "SIM", 3) != 0)
        return false;
    g_snprintf(text, sizeof(text), "cause=%d", wanted);
    cause = strstr(reason, text);
    return cause && !g_ascii_isdigit(cause[strlen(text)]);
}

/* Where a phone has rung already, somebody had the key: that is no reason to ring there again. */
bool call_key_unknown(struct call *call, belle_sip_response_t *response)
{
    struct simauth_session *session = call->root->session;

    if (!call->key_handle || call->again || call->tried_again || call->legs || !session ||
        !call_says_cause(response, 3))
        return false;
    if (!(simauth_session_key_unknown(session) & SIMAUTH_DO_TRY_AGAIN))
        return false;
    call_key_over(call, true);
    note_call(call->id, true, "setup-key", "unknown=%s", "at the callee");
    if (sip_call_try_again(call->sip, response))
        call->again = AGAIN_WHOLE;
    return true;
}

int64_t call_known_since(const struct call *call)
{
    const struct leg *leg = call->talk ? call->talk : call->root;

    return leg && leg->session && !agent_words(leg->session)
               ? simauth_session_known_since(leg->session)
               : 0;
}

char *call_known_words(const struct call *call)
{
    int64_t since = call_known_since(call);
    GDateTime *when = since ? g_date_time_new_from_unix_local(since) : NULL;
    char *known =
        when ? g_date_time_format(when, "known since %Y-%m-%d %H:%M, no SIM in this call") : NULL;
    char *words = known ? g_strdup_printf("%s; %s", known, words_known_worst()) : NULL;

    if (when)
        g_date_time_unref(when);
    g_free(known);
    return words;
}

/* -- what it leaves behind --------------------------------------------------------------------- */

static struct simauth_session *proved(const struct call *call)
{
    return call->talk && call->word == SIMAUTH_WORD_AUTHENTICATED ? call->talk->session : NULL;
}

/* A fork's late 2xx is ended by a BYE, too, which is not the call's. */
static bool is_about_bye(const struct call *call, belle_sip_message_t *message, bool ours)
{
    const char *method = sip_message_method(message);
    const char *theirs = (bool)belle_sip_message_is_request(message) == ours
                             ? sip_message_to_tag(message)
                             : sip_message_from_tag(message);

    return method && !strcmp(method, "BYE") &&
           (!call->taken || !strcmp(call->taken->to_tag, theirs ? theirs : ""));
}

bool call_is_other_bye(const struct call *call, belle_sip_message_t *message)
{
    const char *method = sip_message_method(message);

    return method && !strcmp(method, "BYE") && !is_about_bye(call, message, true);
}

/* 401 and 407 bring the same BYE once more. */
static bool ends_it(belle_sip_message_t *message)
{
    int code = belle_sip_message_is_request(message)
                   ? 0
                   : belle_sip_response_get_status_code((belle_sip_response_t *)message);

    return code >= 200 && code != 401 && code != 407;
}

static void read_wish(struct call *call, belle_sip_message_t *message)
{
    size_t count = 0;
    const char *text = sip_message_header(message, SIMAUTH_HEADER, &count);
    int64_t seconds;

    if (!proved(call) || !text || count != 1)
        return;
    if (simauth_session_read_wish(proved(call), text, &seconds) == SIMAUTH_OK)
        call->peer_wish = seconds;
    else
        note_call(call->id, call->caller, "malformed", "element=5");
}

static void write_wish(struct call *call, belle_sip_message_t *message)
{
    char text[SIMAUTH_WISH_MAX + 1];

    if (proved(call) &&
        simauth_session_write_wish(proved(call), setup_wish(call->core), text) == SIMAUTH_OK)
        call_set_header(call, message, text);
}

void call_leave_keys(struct call *call)
{
    struct simauth_held_key keys[2];
    int64_t lifetime;

    if (call->keys_made)
        return;
    call->keys_made = true;
    if (!proved(call))
        return;
    lifetime = simauth_setup_lifetime(setup_wish(call->core), call->peer_wish);
    if (simauth_session_setup_keys(proved(call), call->began, core_now(), lifetime, keys) ==
        SIMAUTH_OK) {
        setup_keep(call->core, keys);
        note_call(call->id, call->caller, "setup-key", "made=2 lifetime=%d", (int)lifetime);
    }
    OPENSSL_cleanse(keys, sizeof(keys));
}

void call_bye_in(struct call *call, belle_sip_message_t *message)
{
    if (!is_about_bye(call, message, false))
        return;
    read_wish(call, message);
    if (ends_it(message))
        call_leave_keys(call);
}

void call_bye_out(struct call *call, belle_sip_message_t *message)
{
    if (!is_about_bye(call, message, true))
        return;
    write_wish(call, message);
    if (ends_it(message))
        call_leave_keys(call);
}
