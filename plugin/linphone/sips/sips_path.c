/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sips_path.h"
#include "accounts.h"

#include <string.h>

#define ASSERTED "P-Asserted-Identity" /* RFC 3325 */

static belle_sip_uri_t *uri_in(void *header)
{
    return header ? belle_sip_header_address_get_uri(BELLE_SIP_HEADER_ADDRESS(header)) : NULL;
}

static bool is_secure(belle_sip_uri_t *uri)
{
    return uri && belle_sip_uri_is_secure(uri);
}

/* belle-sip would follow `sips:...;transport=tcp` in the clear. */
static bool leads_over_tls(belle_sip_uri_t *uri)
{
    const char *transport = uri ? belle_sip_uri_get_transport_param(uri) : NULL;

    return is_secure(uri) && (!transport || !g_ascii_strcasecmp(transport, "tls"));
}

bool sips_to_is_secure(belle_sip_message_t *message)
{
    return is_secure(uri_in(belle_sip_message_get_header_by_type(message, belle_sip_header_to_t)));
}

bool sips_is_asked(belle_sip_request_t *invite)
{
    return is_secure(belle_sip_request_get_uri(invite)) ||
           sips_to_is_secure((belle_sip_message_t *)invite);
}

/* -- our own account --------------------------------------------------------------------------- */

bool sips_certificates_checked(const struct core *core)
{
    LinphoneConfig *config = linphone_core_get_config(core->lc);

    return linphone_config_get_int(config, "sip", "verify_server_certs", 1) &&
           linphone_config_get_int(config, "sip", "verify_server_cn", 1);
}

const char *sips_account_fault(const struct core *core, const char *own)
{
    LinphoneAccount *account = account_find(core, own);
    const LinphoneAccountParams *params = account ? linphone_account_get_params(account) : NULL;
    const LinphoneAddress *server =
        params ? linphone_account_params_get_server_address(params) : NULL;
    char aor[SIMAUTH_AOR_MAX + 1] = "";

    (void)simauth_aor_canonical(own, aor);
    if (!server)
        return "no account of this phone has the address that the call is placed from";
    if (linphone_account_params_get_transport(params) != LinphoneTransportTls)
        return "this account does not speak TLS with its server: choose TLS as its transport";
    if (!sips_certificates_checked(core))
        return "this Linphone does not check certificates of servers (verify_server_certs, "
               "verify_server_cn)";
    if (g_ascii_strcasecmp(linphone_address_get_domain(server), simauth_aor_domain(aor)))
        return "this account's server is not named as its domain, so its certificate proves "
               "another name";
    if (!sip_tap_is_registered(core->provider, own, simauth_aor_same))
        return "this account is not registered over TLS now";
    return NULL;
}

const char *sips_route_fault(const struct sip_call *sip, const char *own)
{
    belle_sip_uri_t *uri = sip_call_next_hop(sip);
    const char *host = uri ? belle_sip_uri_get_host(uri) : NULL;
    const char *transport = uri ? belle_sip_uri_get_transport_param(uri) : NULL;
    char aor[SIMAUTH_AOR_MAX + 1] = "";

    (void)simauth_aor_canonical(own, aor);
    if (!host || g_ascii_strcasecmp(host, simauth_aor_domain(aor)))
        return "calls of this account do not go through its own server: switch on its outbound "
               "proxy";
    if (transport ? g_ascii_strcasecmp(transport, "tls") != 0 : !is_secure(uri))
        return "calls of this account do not leave over TLS";
    return NULL;
}

/* -- what came --------------------------------------------------------------------------------- */

static bool all_vias_tls(belle_sip_message_t *message)
{
    const belle_sip_list_t *vias = belle_sip_message_get_headers(message, "Via");
    bool good = vias != NULL;

    for (; good && vias; vias = vias->next) {
        const char *transport = belle_sip_header_via_get_transport(vias->data);
        good = transport && !g_ascii_strcasecmp(transport, "TLS");
    }
    return good;
}

/* All of them, and one at least: what follows must lead through the servers. */
static bool all_routes_secure(belle_sip_message_t *message)
{
    const belle_sip_list_t *routes = belle_sip_message_get_headers(message, "Record-Route");
    bool good = routes != NULL;

    for (; good && routes; routes = routes->next)
        good = leads_over_tls(uri_in(routes->data));
    return good;
}

static bool contact_secure(belle_sip_message_t *message)
{
    const belle_sip_list_t *contacts = belle_sip_message_get_headers(message, "Contact");

    return contacts && !contacts->next && leads_over_tls(uri_in(contacts->data));
}

/* Exactly one, of exactly one sips URI, which is the peer's. */
static bool is_asserted(belle_sip_message_t *message, const char *peer)
{
    size_t count = 0, len;
    const char *value = sip_message_header(message, ASSERTED, &count);
    char *uri;
    bool same;

    if (!value || count != 1 || !g_str_has_prefix(value, "<sips:") || strchr(value, ','))
        return false;
    len = strlen(value);
    if (value[len - 1] != '>' || memchr(value + 1, '<', len - 1) || strchr(value, '>')[1])
        return false;
    uri = g_strndup(value + 1, len - 2);
    same = simauth_aor_same(uri, peer);
    g_free(uri);
    return same;
}

static const char *fault_of_connection(const struct sip_call *sip, const char *own)
{
    const char *registered = sip_call_registered_over(sip);

    if (!registered || (own && !simauth_aor_same(registered, own)))
        return "it did not come over the connection that this phone opened to register";
    return NULL;
}

const char *sips_path_fault(const struct sip_call *sip, belle_sip_message_t *message,
                            const char *own, const char *peer)
{
    bool request = belle_sip_message_is_request(message);
    const char *fault = fault_of_connection(sip, own);

    if (fault)
        return fault;
    if (request && !is_secure(belle_sip_request_get_uri((belle_sip_request_t *)message)))
        return "a server on the way made a sip call of it";
    if (!sips_to_is_secure(message) ||
        !is_secure(uri_in(belle_sip_message_get_header_by_type(message, belle_sip_header_from_t))))
        return "From or To is no sips address any more";
    if (!all_vias_tls(message))
        return "a hop on the way was without TLS";
    if (!all_routes_secure(message))
        return "the way back does not lead through the servers over TLS alone";
    if (!contact_secure(message))
        return "the other side's contact is no sips address";
    if (!is_asserted(message, peer))
        return "our server does not say that the other side was authenticated";
    return NULL;
}

const char *sips_later_fault(const struct sip_call *sip, belle_sip_message_t *message)
{
    const char *fault = fault_of_connection(sip, NULL);

    if (fault)
        return fault;
    if (belle_sip_message_is_request(message) &&
        !is_secure(belle_sip_request_get_uri((belle_sip_request_t *)message)))
        return "a server on the way made a sip call of it";
    if (belle_sip_message_get_headers(message, "Contact") && !contact_secure(message))
        return "the other side's contact is no sips address any more";
    return NULL;
}
