/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The callee's To tag. Its dialog keeps the tag that the server transaction drew (the inner tag),
 * so the tag on the wire is an alias: inner becomes wire on the way out, wire becomes inner on the
 * way in, in each message of the dialog for as long as it lives. Inner -> wire only, so doing it
 * twice (a message that is sent again) changes nothing.
 */
#include "tap_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_alias(const struct sip_call *call)
{
    return call->direction == SIP_INCOMING && call->wire_tag[0] && call->inner_tag[0];
}

/* Our tag is in To when the peer sent the request, in From when we did. On the way out the header
 * is replaced by a copy: belle-sip shares header objects between a request and its 100. */
static void set_to(belle_sip_message_t *message, const char *tag, bool shared)
{
    belle_sip_header_to_t *to =
        belle_sip_message_get_header_by_type(message, belle_sip_header_to_t);

    if (shared) {
        to = (belle_sip_header_to_t *)belle_sip_object_clone((belle_sip_object_t *)to);
        belle_sip_message_set_header(message, (belle_sip_header_t *)to);
    }
    belle_sip_header_to_set_tag(to, tag);
}

static void set_from(belle_sip_message_t *message, const char *tag, bool shared)
{
    belle_sip_header_from_t *from =
        belle_sip_message_get_header_by_type(message, belle_sip_header_from_t);

    if (shared) {
        from = (belle_sip_header_from_t *)belle_sip_object_clone((belle_sip_object_t *)from);
        belle_sip_message_set_header(message, (belle_sip_header_t *)from);
    }
    belle_sip_header_from_set_tag(from, tag);
}

void tap_alias_in(struct sip_call *call, belle_sip_message_t *message)
{
    if (!has_alias(call))
        return;
    if (belle_sip_message_is_request(message)) {
        if (tap_same(tap_to_tag_of(message), call->wire_tag))
            set_to(message, call->inner_tag, false);
    } else if (tap_same(tap_from_tag_of(message), call->wire_tag)) {
        set_from(message, call->inner_tag, false);
    }
}

void tap_alias_out(struct sip_call *call, belle_sip_message_t *message)
{
    if (!has_alias(call))
        return;
    if (belle_sip_message_is_request(message)) {
        if (tap_same(tap_from_tag_of(message), call->inner_tag))
            set_from(message, call->wire_tag, true);
    } else if (tap_same(tap_to_tag_of(message), call->inner_tag)) {
        set_to(message, call->wire_tag, true);
    }
}

/* Whatever tag a response to the initial INVITE has, it is ours. */
void tap_alias_initial_response(struct sip_call *call, belle_sip_response_t *response)
{
    const char *tag = tap_to_tag_of(response);

    if (!tag || tap_same(tag, call->wire_tag))
        return;
    if (strlen(tag) <= SIP_TAP_TOKEN_MAX)
        memcpy(call->inner_tag, tag, strlen(tag) + 1);
    if (call->wire_tag[0])
        set_to((belle_sip_message_t *)response, call->wire_tag, true);
}

/* A peer that takes over a dialog (RFC 3891) names it by the tags that it saw. */
void tap_alias_replaces_in(struct tap_core *core, belle_sip_request_t *invite)
{
    belle_sip_header_replaces_t *replaces =
        belle_sip_message_get_header_by_type(invite, belle_sip_header_replaces_t);
    struct sip_call *call;

    for (call = replaces ? core->calls : NULL; call; call = call->next) {
        if (has_alias(call) &&
            tap_same(belle_sip_header_replaces_get_call_id(replaces), call->call_id) &&
            tap_same(belle_sip_header_replaces_get_to_tag(replaces), call->wire_tag))
            belle_sip_header_replaces_set_to_tag(replaces, call->inner_tag);
    }
}

/* The dialog that Linphone itself finds for it, "0" included. */
static struct sip_call *replaced_by_peer(struct tap_core *core,
                                         belle_sip_header_replaces_t *replaces)
{
    const char *call_id = belle_sip_header_replaces_get_call_id(replaces);
    const char *local = belle_sip_header_replaces_get_to_tag(replaces);
    const char *remote = belle_sip_header_replaces_get_from_tag(replaces);
    belle_sip_dialog_t *dialog =
        belle_sip_provider_find_dialog(core->provider, call_id, local, remote);

    if (!dialog && tap_same(local, "0"))
        dialog = belle_sip_provider_find_dialog_with_remote_tag(core->provider, call_id, remote);
    if (!dialog)
        return NULL;
    return belle_sip_dialog_is_server(dialog)
               ? tap_call_find(core, SIP_INCOMING, call_id, remote)
               : tap_call_find(core, SIP_OUTGOING, call_id, belle_sip_dialog_get_local_tag(dialog));
}

static bool has_remote_tag(const struct sip_call *call, const char *tag)
{
    const struct tap_dialog *dialog = call->dialogs;

    while (dialog && !tap_same(dialog->remote_tag, tag))
        dialog = dialog->next;
    return dialog || tap_same(tag, "0");
}

/* Our own Linphone gave that dialog up before it made this INVITE. */
static struct sip_call *replaced_by_us(struct tap_core *core, belle_sip_header_replaces_t *replaces)
{
    struct sip_call *call =
        tap_call_find(core, SIP_OUTGOING, belle_sip_header_replaces_get_call_id(replaces),
                      belle_sip_header_replaces_get_from_tag(replaces));

    return call && has_remote_tag(call, belle_sip_header_replaces_get_to_tag(replaces)) ? call
                                                                                        : NULL;
}

struct sip_call *sip_call_replaces(const struct sip_call *call)
{
    belle_sip_header_replaces_t *replaces =
        belle_sip_message_get_header_by_type(call->invite, belle_sip_header_replaces_t);

    if (!replaces)
        return NULL;
    return call->direction == SIP_INCOMING ? replaced_by_peer(call->core, replaces)
                                           : replaced_by_us(call->core, replaces);
}

/* And a dialog that we hand over (REFER with Replaces in the URI) must be named by the tag on the
 * wire. */
void tap_alias_refer_out(struct tap_core *core, belle_sip_request_t *refer)
{
    belle_sip_header_refer_to_t *refer_to =
        belle_sip_message_get_header_by_type(refer, belle_sip_header_refer_to_t);
    belle_sip_uri_t *uri =
        refer_to ? belle_sip_header_address_get_uri((belle_sip_header_address_t *)refer_to) : NULL;
    struct sip_call *call;

    for (call = uri ? core->calls : NULL; call; call = call->next) {
        const char *old = belle_sip_uri_get_header(uri, "Replaces");
        const char *at = old && has_alias(call) ? strstr(old, call->inner_tag) : NULL;
        char *changed;
        if (!at || !strstr(old, call->call_id))
            continue;
        if (asprintf(&changed, "%.*s%s%s", (int)(at - old), old, call->wire_tag,
                     at + strlen(call->inner_tag)) < 0)
            continue;
        belle_sip_uri_set_header(uri, "Replaces", changed);
        free(changed);
    }
}
