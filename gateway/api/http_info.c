/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a connection says of the other side. */
#include "http_own.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <netdb.h>
#include <string.h>

struct open_connection *open_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
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

void http_remote(const struct request *request, char remote[static HTTP_REMOTE_MAX])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct sockaddr_storage address = {0};
    struct in6_addr *v6 = &((struct sockaddr_in6 *)&address)->sin6_addr;
    socklen_t len = sizeof(struct sockaddr_in);

    remote[0] = '\0';
    if (!info || !info->client_addr)
        return;
    if (info->client_addr->sa_family == AF_INET6)
        len = sizeof(struct sockaddr_in6);
    memcpy(&address, info->client_addr, len);
    if (address.ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(v6))
        memset(v6->s6_addr + 8, 0, 8);
    if (getnameinfo((struct sockaddr *)&address, len, remote, HTTP_REMOTE_MAX, NULL, 0,
                    NI_NUMERICHOST) != 0)
        remote[0] = '\0';
}
