/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tap_phone.h"

#define CALLS_MAX 64

static struct seen {
    struct sip_call *call;
    bool held;
} calls[CALLS_MAX];
static char script[16] = "";
static size_t at;
static int cores;

/* The next letter of the script, again and again; 'p' when there is none:
 *   p pass   h hold   d drop   r resume at once   f refuse or abort at once   t try again
 *   k take back   a an alias, or a tag, and pass   b the same and hold   s another body, and pass
 */
static char decide(void)
{
    char letter = script[at];

    if (!letter)
        return 'p';
    at = script[at + 1] ? at + 1 : 0;
    return letter;
}

void user_decides(const char *letters)
{
    snprintf(script, sizeof script, "%s", letters);
    at = 0;
}

static struct seen *find(struct sip_call *call)
{
    for (size_t i = 0; i < CALLS_MAX; i++)
        if (calls[i].call == call)
            return &calls[i];
    return NULL;
}

/* Everything that is told is of a call that has begun and not ended. */
static struct seen *known(struct sip_call *call)
{
    struct seen *seen = find(call);

    MUST(seen && sip_call_user_data(call) == seen);
    MUST(sip_call_id(call) && sip_call_from_tag(call) && sip_call_invite(call));
    return seen;
}

static struct seen *begin(struct sip_call *call)
{
    struct seen *seen = find(call);

    if (!seen) {
        seen = find(NULL);
        MUST(seen != NULL);
        seen->call = call;
        seen->held = false;
        sip_call_set_user_data(call, seen);
    }
    return known(call);
}

static void touch(belle_sip_message_t *message)
{
    size_t len = 0, count = 0;
    const char *sdp = sip_message_sdp(message, &len), *type = NULL;
    volatile char last = '\0';

    if (sdp && len)
        last = sdp[len - 1];
    if (sip_message_body(message, &type, &len) && len)
        MUST(type != NULL);
    sip_message_header(message, "SIM-Auth", &count);
    sip_message_to_tag(message);
    sip_message_bottom_branch(message);
    (void)last;
}

static enum sip_decision invite(struct sip_call *call, bool out)
{
    struct seen *seen = begin(call);
    belle_sip_message_t *message = (belle_sip_message_t *)sip_call_invite(call);
    char letter = decide();

    MUST((sip_call_direction(call) == SIP_OUTGOING) == out);
    touch(message);
    if (letter == 'a' || letter == 'b')
        out ? sip_call_set_from_tag(call, ALIAS) : sip_call_set_to_tag(call, ALIAS);
    if (letter == 's' && out)
        sip_message_set_header(message, "SIM-Auth", "sim01.x");
    seen->held = letter == 'h' || letter == 'b';
    if (letter == 'r')
        sip_call_resume(call);
    if (letter == 'f')
        out ? sip_call_abort(call, 480, "No")
            : sip_call_refuse(call, 480, "No", "SIP;cause=480", "simauth");
    return seen->held || letter == 'r' || letter == 'f' ? SIP_HOLD : SIP_PASS;
}

static enum sip_decision invite_out(void *user, struct sip_call *call)
{
    (void)user;
    return invite(call, true);
}

static enum sip_decision invite_in(void *user, struct sip_call *call)
{
    (void)user;
    return invite(call, false);
}

static enum sip_decision response_in(void *user, struct sip_call *call,
                                     belle_sip_response_t *response)
{
    struct seen *seen = known(call);
    char letter = decide();

    (void)user;
    touch((belle_sip_message_t *)response);
    seen->held = letter == 'h' || letter == 'b';
    if (letter == 't')
        sip_call_try_again(call, response);
    if (letter == 's')
        sip_call_try_as_asked(call, response);
    if (letter == 'k')
        sip_call_take_back(call);
    return seen->held ? SIP_HOLD : letter == 'd' ? SIP_DROP : SIP_PASS;
}

static void response_out(void *user, struct sip_call *call, belle_sip_response_t *response)
{
    (void)user;
    known(call);
    touch((belle_sip_message_t *)response);
    if (decide() == 'a')
        sip_call_set_to_tag(call, ALIAS);
}

static enum sip_decision ack_in(void *user, struct sip_call *call, belle_sip_request_t *ack)
{
    (void)user;
    known(call);
    touch((belle_sip_message_t *)ack);
    return decide() == 'd' ? SIP_DROP : SIP_PASS;
}

static void ack_out(void *user, struct sip_call *call, belle_sip_request_t *ack)
{
    (void)user;
    known(call);
    if (decide() == 'a')
        sip_ack_set_branch(ack, "z9hG4bK.sim03.x");
}

static enum sip_decision later_in(void *user, struct sip_call *call, belle_sip_message_t *message)
{
    char letter = decide();

    (void)user;
    known(call);
    touch(message);
    if (letter == 'f' && belle_sip_message_is_request(message)) {
        sip_call_refuse_later(call, (belle_sip_request_t *)message, 488, "SIP;cause=488", NULL);
        return SIP_DROP;
    }
    return letter == 'd' ? SIP_DROP : SIP_PASS;
}

static void later_out(void *user, struct sip_call *call, belle_sip_message_t *message)
{
    (void)user;
    known(call);
    touch(message);
}

static void body_out(void *user, struct sip_call *call, belle_sip_message_t *message)
{
    static const char body[] = "enveloped";

    (void)user;
    known(call);
    if (decide() == 's')
        sip_message_protect(message, "application/pkcs7-mime", body, sizeof body - 1);
}

static void held_gone(void *user, struct sip_call *call, enum sip_gone why)
{
    (void)user;
    MUST(why <= SIP_GONE_CORE);
    known(call)->held = false;
    MUST(!sip_call_resume(call));
}

static void call_gone(void *user, struct sip_call *call)
{
    (void)user;
    memset(known(call), 0, sizeof(struct seen));
}

static void core_found(void *user, belle_sip_provider_t *provider, void *core)
{
    (void)user;
    MUST(provider && core);
    cores++;
}

static void core_gone(void *user, belle_sip_provider_t *provider)
{
    (void)user;
    MUST(provider && cores-- == 1);
}

/* The first that is held, for what is done from outside. */
void user_acts(char what)
{
    for (size_t i = 0; i < CALLS_MAX; i++) {
        struct sip_call *call = calls[i].call;

        if (!call)
            continue;
        switch (what) {
        case 'g':
            calls[i].held = false;
            sip_call_resume(call);
            return;
        case 'f':
            sip_call_refuse(call, 603, "Decline", NULL, NULL);
            break;
        case 'o':
            sip_call_abort(call, 480, "No");
            break;
        case 'd':
            sip_call_drop(call);
            break;
        case 'k':
            sip_call_take_back(call);
            break;
        default:
            sip_call_set_end_reason(call, "SIP;cause=1", "words");
        }
    }
}

void user_check_all_gone(void)
{
    for (size_t i = 0; i < CALLS_MAX; i++)
        MUST(calls[i].call == NULL);
    MUST(cores == 0);
    user_decides("");
}

const struct sip_tap_user tap_users = {
    .core_found = core_found,
    .core_gone = core_gone,
    .invite_out = invite_out,
    .invite_in = invite_in,
    .response_in = response_in,
    .response_out = response_out,
    .ack_in = ack_in,
    .ack_out = ack_out,
    .later_in = later_in,
    .later_out = later_out,
    .body_out = body_out,
    .held_gone = held_gone,
    .call_gone = call_gone,
};
