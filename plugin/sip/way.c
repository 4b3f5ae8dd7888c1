/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which connection a message came over: one that this phone opened itself, with TLS, and over which
 * a server has just accepted a registration, or any other. The state is the connection's: it ends
 * with it, with the registration, and with another user's registration over it. */
#include "tap_internal.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define REGISTRATIONS_MAX 32 /* accounts of a person; the oldest goes */

/* A connection with the REGISTER that left over it. */
struct tap_registration {
    struct tap_registration *next;
    belle_sip_channel_t *channel; /* a reference */
    char *call_id, *aor;
    unsigned cseq;
    bool ends;    /* that REGISTER takes the contact back */
    time_t until; /* now(); 0: not accepted */
    bool checked; /* certificates were, whenever one of its REGISTERs left */
};

/* A server's time goes on while this machine sleeps. */
static time_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_BOOTTIME, &time);
    return time.tv_sec;
}

/* In no installed header: looked up, and without it no connection counts as TLS. */
static bool is_tls(const belle_sip_channel_t *channel)
{
    static const char *(*transport_of)(const belle_sip_channel_t *channel);
    const char *name;

    if (!transport_of) {
        void *symbol = dlsym(RTLD_DEFAULT, "belle_sip_channel_get_transport_name");
        memcpy(&transport_of, &symbol, sizeof(symbol));
    }
    name = transport_of && channel ? transport_of(channel) : NULL;
    return name && strcasecmp(name, "TLS") == 0;
}

static void registration_free(struct tap_registration *r)
{
    belle_sip_object_unref(r->channel);
    free(r->call_id);
    free(r->aor);
    free(r);
}

static struct tap_registration **find(struct tap_core *core, const belle_sip_channel_t *channel)
{
    struct tap_registration **link = &core->registrations;

    while (*link && (*link)->channel != channel)
        link = &(*link)->next;
    return link;
}

void tap_way_channel_dead(struct tap_core *core, const belle_sip_channel_t *channel)
{
    struct tap_registration **link = find(core, channel), *gone = *link;

    if (!gone)
        return;
    *link = gone->next;
    registration_free(gone);
}

void tap_way_core_gone(struct tap_core *core)
{
    while (core->registrations) {
        struct tap_registration *r = core->registrations;
        core->registrations = r->next;
        registration_free(r);
    }
}

static char *uri_of(belle_sip_header_to_t *to)
{
    belle_sip_uri_t *uri = to ? belle_sip_header_address_get_uri(BELLE_SIP_HEADER_ADDRESS(to)) : 0;
    char *text = uri ? belle_sip_uri_to_string(uri) : NULL;
    char *copy = text ? strdup(text) : NULL;

    if (text)
        belle_sip_free(text);
    return copy;
}

static void drop_oldest(struct tap_core *core)
{
    struct tap_registration **link = &core->registrations;
    unsigned count = 0;

    for (; *link && count < REGISTRATIONS_MAX - 1; link = &(*link)->next)
        count++;
    while (*link) {
        struct tap_registration *r = *link;
        *link = r->next;
        registration_free(r);
    }
}

static struct tap_registration *new_registration(struct tap_core *core,
                                                 belle_sip_channel_t *channel)
{
    struct tap_registration *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    drop_oldest(core);
    r->checked = true;
    r->channel = (belle_sip_channel_t *)belle_sip_object_ref(channel);
    r->next = core->registrations;
    core->registrations = r;
    return r;
}

static bool is_secure(void *header)
{
    belle_sip_uri_t *uri =
        header ? belle_sip_header_address_get_uri(BELLE_SIP_HEADER_ADDRESS(header)) : NULL;

    return uri && belle_sip_uri_is_secure(uri);
}

static bool from_and_to_secure(belle_sip_message_t *message)
{
    return is_secure(belle_sip_message_get_header_by_type(message, belle_sip_header_from_t)) &&
           is_secure(belle_sip_message_get_header_by_type(message, belle_sip_header_to_t));
}

/* A contact that the server is to reach us by as sips (RFC 5630); belle-sip writes address and port
 * into it by itself. That of an account that is sips anyway is Linphone's. */
static void ask_for_sips(struct tap_core *core, belle_sip_message_t *message, const char *aor)
{
    bool asked;

    if (!tap.users->register_out)
        return;
    asked = tap.users->register_out(tap.user, core->provider, aor);
    if (asked || !from_and_to_secure(message))
        sip_message_set_contact_secure(message, asked);
}

static bool are_checked(struct tap_core *core)
{
    return !tap.users->certificates_checked ||
           tap.users->certificates_checked(tap.user, core->provider);
}

/* Whether a REGISTER takes this phone's contact back: what the answer lists then are others' (RFC
 * 3261, 10.3). */
static bool takes_back(belle_sip_message_t *request)
{
    const belle_sip_list_t *contacts = belle_sip_message_get_headers(request, "Contact");
    belle_sip_header_expires_t *expires =
        belle_sip_message_get_header_by_type(request, belle_sip_header_expires_t);
    int whole = expires ? belle_sip_header_expires_get_expires(expires) : -1;
    bool back = contacts != NULL;

    for (; contacts; contacts = contacts->next) {
        int own = belle_sip_header_contact_get_expires(contacts->data);
        back = back && (own >= 0 ? own : whole) == 0;
    }
    return back;
}

void tap_way_register_out(struct tap_core *core, belle_sip_channel_t *channel,
                          belle_sip_request_t *request)
{
    belle_sip_header_to_t *to =
        belle_sip_message_get_header_by_type(request, belle_sip_header_to_t);
    struct tap_registration *r;
    char *aor = is_tls(channel) ? uri_of(to) : NULL;

    if (!aor)
        return;
    ask_for_sips(core, (belle_sip_message_t *)request, aor);
    r = *find(core, channel);
    if (!r)
        r = new_registration(core, channel);
    if (!r) {
        free(aor);
        return;
    }
    r->checked = r->checked && are_checked(core); /* once not, never again over this one */
    if (!tap_same(r->aor, aor))
        r->until = 0; /* another user over the same connection */
    free(r->aor);
    free(r->call_id);
    r->aor = aor;
    r->call_id = tap_call_id_of(request) ? strdup(tap_call_id_of(request)) : NULL;
    r->cseq = tap_cseq_of(request);
    r->ends = takes_back((belle_sip_message_t *)request);
}

/* The longest that any contact of the answer lasts: there is no other of this connection. */
static int seconds_of(belle_sip_message_t *response)
{
    const belle_sip_list_t *contacts = belle_sip_message_get_headers(response, "Contact");
    belle_sip_header_expires_t *expires =
        belle_sip_message_get_header_by_type(response, belle_sip_header_expires_t);
    int longest = expires ? belle_sip_header_expires_get_expires(expires) : 0;

    for (; contacts; contacts = contacts->next) {
        int seconds = belle_sip_header_contact_get_expires(contacts->data);
        if (seconds > longest)
            longest = seconds;
    }
    return longest;
}

void tap_way_register_answer(struct tap_core *core, belle_sip_channel_t *channel,
                             belle_sip_response_t *response)
{
    struct tap_registration *r = *find(core, channel);
    int code = belle_sip_response_get_status_code(response);

    if (!r || code < 200 || !tap_same(r->call_id, tap_call_id_of(response)) ||
        r->cseq != tap_cseq_of(response))
        return;
    if (code < 300)
        r->until = r->ends ? 0 : now() + seconds_of((belle_sip_message_t *)response);
    else if (code != 401 && code != 407 && code != 423 && code / 100 != 5)
        r->until = 0; /* RFC 3261, 10.2.4: of the others the one before lasts on */
}

static const char *registered_over(struct tap_core *core, const belle_sip_channel_t *channel)
{
    const struct tap_registration *r = *find(core, channel);

    return r && r->checked && r->until > now() ? r->aor : NULL;
}

void tap_way_message(struct sip_call *call, const belle_sip_channel_t *channel)
{
    const char *aor = registered_over(call->core, channel);

    if (!call->way && !call->way_mixed)
        call->way = aor ? strdup(aor) : NULL;
    if (!tap_same(call->way, aor))
        call->way_mixed = true;
}

const char *sip_call_registered_over(const struct sip_call *call)
{
    return call->way_mixed ? NULL : call->way;
}

belle_sip_uri_t *sip_call_next_hop(const struct sip_call *call)
{
    return call->transaction && call->held == TAP_HELD_INVITE
               ? belle_sip_client_transaction_get_route((void *)call->transaction)
               : NULL;
}

bool sip_tap_is_registered(belle_sip_provider_t *provider, const char *aor,
                           bool (*same)(const char *a, const char *b))
{
    struct tap_core *core = tap_core_by_provider(provider);
    const struct tap_registration *r = core ? core->registrations : NULL;

    while (r && (!r->checked || r->until <= now() || !same(r->aor, aor)))
        r = r->next;
    return r != NULL;
}

/* -- sip and sips in a message ----------------------------------------------------------------- */

static void set_secure(belle_sip_uri_t *uri, bool secure)
{
    if (!uri || belle_sip_uri_is_secure(uri) == secure)
        return;
    belle_sip_uri_set_secure(uri, secure);
    /* Of sips TLS is part (RFC 5630 section 3.1.4); of sip it is not. */
    if (secure)
        belle_sip_parameters_remove_parameter(BELLE_SIP_PARAMETERS(uri), "transport");
    else
        belle_sip_uri_set_transport_param(uri, "tls");
}

void sip_message_set_contact_secure(belle_sip_message_t *message, bool secure)
{
    const belle_sip_list_t *contacts = belle_sip_message_get_headers(message, "Contact");

    for (; contacts; contacts = contacts->next) {
        if (BELLE_SIP_OBJECT_IS_INSTANCE_OF(contacts->data, belle_sip_header_address_t))
            set_secure(belle_sip_header_address_get_uri(contacts->data), secure);
    }
}

/* Whatever transport stands there: belle-sip follows `sips:...;transport=tcp` in the clear. */
static void force_tls(const belle_sip_list_t *headers)
{
    for (; headers; headers = headers->next) {
        belle_sip_uri_t *uri =
            BELLE_SIP_OBJECT_IS_INSTANCE_OF(headers->data, belle_sip_header_address_t)
                ? belle_sip_header_address_get_uri(headers->data)
                : NULL;
        if (!uri)
            continue;
        belle_sip_uri_set_secure(uri, 1);
        belle_sip_parameters_remove_parameter(BELLE_SIP_PARAMETERS(uri), "transport");
    }
}

void sip_message_leave_contact(belle_sip_message_t *message)
{
    if (!from_and_to_secure(message))
        sip_message_set_contact_secure(message, false);
}

void sip_message_force_tls(belle_sip_message_t *message)
{
    force_tls(belle_sip_message_get_headers(message, "Contact"));
    force_tls(belle_sip_message_get_headers(message, "Record-Route"));
}

static void set_address_secure(void *header, bool secure)
{
    belle_sip_uri_t *uri =
        header ? belle_sip_header_address_get_uri(BELLE_SIP_HEADER_ADDRESS(header)) : NULL;

    if (uri)
        belle_sip_uri_set_secure(uri, secure);
}

void sip_invite_set_secure(belle_sip_request_t *invite, bool secure)
{
    belle_sip_message_t *message = (belle_sip_message_t *)invite;

    if (belle_sip_request_get_uri(invite))
        belle_sip_uri_set_secure(belle_sip_request_get_uri(invite), secure);
    set_address_secure(belle_sip_message_get_header_by_type(message, belle_sip_header_from_t),
                       secure);
    set_address_secure(belle_sip_message_get_header_by_type(message, belle_sip_header_to_t),
                       secure);
    sip_message_set_contact_secure(message, secure);
}
