/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inner part's entry: what the loader calls. Installs the tap and hands what it sees to the
 * core that it belongs to. Whatever is missing leaves Linphone as if we were not there.
 */
#include "call.h"
#include "control_commands.h"
#include "e2m.h"
#include "elsewhere.h"
#include "emergency.h"
#include "note.h"
#include "sips.h"
#include "sips_path.h"
#include "unasked.h"

#include <simauth/secret.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int simauth_plugin_start(void *core_or_null);

static void core_found(void *user, belle_sip_provider_t *provider, void *lc)
{
    (void)user;
    if (!core_of_provider(provider))
        core_new(provider, lc);
    control_commands_start(provider);
}

static void core_gone(void *user, belle_sip_provider_t *provider)
{
    struct core *core = core_of_provider(provider);

    (void)user;
    control_commands_stop(provider);
    if (core)
        e2m_core_gone(core);
    if (core)
        core_free(core);
    if (core_first())
        control_commands_start(core_first()->provider);
}

static enum sip_decision invite_out(void *user, struct sip_call *sip)
{
    struct core *core = core_of_provider(sip_call_provider(sip));

    (void)user;
    if (core)
        emergency_note(core, sip);
    if (core && (sips_invite_out(core, sip) || e2m_invite_out(core, sip)))
        return SIP_HOLD; /* Linphone hears that it did not leave */
    return core ? caller_invite_out(core, sip) : SIP_PASS;
}

static enum sip_decision invite_in(void *user, struct sip_call *sip)
{
    struct core *core = core_of_provider(sip_call_provider(sip));

    (void)user;
    if (core && (sips_invite_in(core, sip) || e2m_invite_in(core, sip)))
        return SIP_HOLD; /* is refused already */
    return core ? callee_invite_in(core, sip) : SIP_PASS;
}

static enum sip_decision response_in(void *user, struct sip_call *sip,
                                     belle_sip_response_t *response)
{
    struct core *core = core_of_provider(sip_call_provider(sip));
    struct call *call = sip_call_user_data(sip);
    int code = belle_sip_response_get_status_code(response);
    enum sip_decision decision;

    (void)user;
    if (elsewhere_refused(sip, response))
        return SIP_PASS;
    decision = core ? sips_response_in(core, sip, response) : SIP_PASS;
    if (decision == SIP_PASS && core && belle_sip_response_get_status_code(response) == code)
        decision = e2m_response_in(sip, response);
    /* Another code: it is placed once more, and that is no answer to what our SIM asked. */
    if (decision != SIP_PASS || belle_sip_response_get_status_code(response) != code)
        return decision;
    return call ? caller_response_in(call, response) : SIP_PASS;
}

/* Its Contact is as the call is. */
static void out(struct sip_call *sip, belle_sip_message_t *message)
{
    struct core *core = core_of_provider(sip_call_provider(sip));

    if (core)
        sips_out(core, sip, message);
}

static void response_out(void *user, struct sip_call *sip, belle_sip_response_t *response)
{
    struct call *call = sip_call_user_data(sip);

    (void)user;
    out(sip, (belle_sip_message_t *)response);
    e2m_response_out(sip, response);
    if (call)
        callee_response_out(call, response);
}

static enum sip_decision ack_in(void *user, struct sip_call *sip, belle_sip_request_t *ack)
{
    struct call *call = sip_call_user_data(sip);

    (void)user;
    return call ? callee_ack_in(call, ack) : SIP_PASS;
}

static void ack_out(void *user, struct sip_call *sip, belle_sip_request_t *ack)
{
    struct call *call = sip_call_user_data(sip);

    (void)user;
    if (call)
        caller_ack_out(call, ack);
}

static enum sip_decision later_in(void *user, struct sip_call *sip, belle_sip_message_t *message)
{
    struct call *call = sip_call_user_data(sip);

    struct core *core = core_of_provider(sip_call_provider(sip));

    (void)user;
    e2m_bye(sip, message);
    if (core &&
        (sips_later_in(core, sip, message) != SIP_PASS || e2m_later_in(sip, message) != SIP_PASS))
        return SIP_DROP;
    return call ? call_later_in(call, message) : SIP_PASS;
}

static void later_out(void *user, struct sip_call *sip, belle_sip_message_t *message)
{
    struct call *call = sip_call_user_data(sip);

    (void)user;
    out(sip, message);
    if (call ? !call_is_other_bye(call, message) : sip_call_owns_dialog(sip, message))
        e2m_bye(sip, message);
    if (call)
        call_later_out(call, message);
}

static void body_out(void *user, struct sip_call *sip, belle_sip_message_t *message)
{
    struct core *core = core_of_provider(sip_call_provider(sip));
    struct call *call = sip_call_user_data(sip);

    (void)user;
    if (call) /* once it is enveloped nothing more can be changed */
        call_clean_sdp(call, message);
    if (core)
        e2m_body_out(core, sip, message);
}

static void held_gone(void *user, struct sip_call *sip, enum sip_gone why)
{
    struct call *call = sip_call_user_data(sip);

    (void)user;
    e2m_held_gone(sip);
    if (call)
        call_held_gone(call, why);
}

static void call_gone(void *user, struct sip_call *sip)
{
    struct call *call = sip_call_user_data(sip);

    struct core *core = core_of_provider(sip_call_provider(sip));

    (void)user;
    if (core) {
        unasked_left(core, sip);
        e2m_forget(sip);
        sips_gone(core, sip);
    }
    if (call)
        call_free(call);
    if (core) {
        e2m_gone(core, sip);
        unasked_gone(core, sip);
    }
    sip_call_set_user_data(sip, NULL);
}

static bool register_out(void *user, belle_sip_provider_t *provider, const char *aor)
{
    struct core *core = core_of_provider(provider);

    (void)user;
    return core && sips_register_out(core, aor);
}

static bool certificates_checked(void *user, belle_sip_provider_t *provider)
{
    struct core *core = core_of_provider(provider);

    (void)user;
    return core && sips_certificates_checked(core);
}

int simauth_plugin_start(void *core_or_null)
{
    static const struct sip_tap_user users = {
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
        .register_out = register_out,
        .certificates_checked = certificates_checked,
        .body_out = body_out,
        .held_gone = held_gone,
        .call_gone = call_gone,
    };
    const char *missing = sink_zrtp.missing();
    enum sip_tap_result result = SIP_TAP_OK;

    (void)core_or_null;         /* 5.1 has none yet; the tap finds every core by itself */
    simauth_secure_heap_init(); /* a certificate's key; that of this Linphone's TLS is in mbedTLS */
    if (!missing)
        result = sip_tap_install(&users, NULL, &missing);
    if (missing || result < 0) {
        core_set_missing(missing);
        note("inactive: needs %s, which this Linphone lacks", missing ? missing : "belle-sip");
        return -1;
    }
    if (result == SIP_TAP_OK)
        note("version " SIMAUTH_VERSION " is in this Linphone");
    return 0;
}
