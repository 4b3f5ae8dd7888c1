/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a connection says of the other side. */
#include "http_own.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

struct open_connection *open_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

int64_t open_limit(const struct config *config, enum open_state state)
{
    switch (state) {
    case OPEN_WORKING:
        return INT32_MAX;
    case OPEN_IDLE:
        return config->idle_timeout;
    default:
        return config->request_timeout;
    }
}

bool open_busy(const struct open_connection *open)
{
    return open->state == OPEN_WORKING || open->state == OPEN_SENDING;
}

bool http_known(const struct request *request)
{
    return request->ks_naf.len > 0 || request->partner.id ||
           (request->route && request->route->handle == ub_get && request->answer.status == 200);
}

unsigned http_certificates(const struct request *request,
                           const unsigned char *der[static HTTP_CHAIN_MAX],
                           size_t lengths[static HTTP_CHAIN_MAX])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    const gnutls_datum_t *list;
    unsigned count = 0;

    list = info ? gnutls_certificate_get_peers(info->tls_session, &count) : NULL;
    if (!list || count > HTTP_CHAIN_MAX)
        return 0;
    for (unsigned i = 0; i < count; i++) {
        der[i] = list[i].data;
        lengths[i] = list[i].size;
    }
    return count;
}

struct peer **http_peer(const struct request *request)
{
    struct open_connection *open = open_of(request->connection);

    return open ? &open->peer : NULL;
}

bool http_tls_mk(const struct request *request, uint8_t tls_mk[static SIMAUTH_TLS_MK_LEN])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    return info &&
           gnutls_prf_rfc5705(info->tls_session, strlen(SIMAUTH_TLS_MK_LABEL), SIMAUTH_TLS_MK_LABEL,
                              0, NULL, SIMAUTH_TLS_MK_LEN, (char *)tls_mk) == GNUTLS_E_SUCCESS;
}

void http_address(const struct sockaddr *client, char remote[static HTTP_REMOTE_MAX])
{
    struct sockaddr_storage address = {0};
    struct in6_addr *v6 = &((struct sockaddr_in6 *)&address)->sin6_addr;
    socklen_t len = sizeof(struct sockaddr_in);

    remote[0] = '\0';
    if (!client)
        return;
    if (client->sa_family == AF_INET6)
        len = sizeof(struct sockaddr_in6);
    memcpy(&address, client, len);
    if (address.ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(v6))
        memset(v6->s6_addr + 8, 0, 8);
    if (getnameinfo((struct sockaddr *)&address, len, remote, HTTP_REMOTE_MAX, NULL, 0,
                    NI_NUMERICHOST) != 0)
        remote[0] = '\0';
}

void http_remote(const struct request *request, char remote[static HTTP_REMOTE_MAX])
{
    const struct open_connection *open = open_of(request->connection);

    snprintf(remote, HTTP_REMOTE_MAX, "%s", open ? open->remote : "");
}
