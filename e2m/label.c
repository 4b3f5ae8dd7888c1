/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Content-Target: the servers that a part is for. */
#include "e2m_private.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool address_valid(const char *host, size_t len)
{
    char text[INET6_ADDRSTRLEN + 1];
    uint8_t address[16];

    if (len < 4 || len - 2 >= sizeof(text) || host[len - 1] != ']')
        return false;
    memcpy(text, host + 1, len - 2);
    text[len - 2] = '\0';
    return inet_pton(AF_INET6, text, address) == 1;
}

bool e2m_host_valid(const char *host, size_t len)
{
    size_t part = 0;

    if (len == 0 || len > E2M_HOST_MAX)
        return false;
    if (host[0] == '[')
        return address_valid(host, len);
    for (size_t i = 0; i < len; i++) {
        bool edge = i + 1 == len || host[i + 1] == '.';
        if (host[i] == '.') {
            if (part == 0 || i + 1 == len)
                return false;
            part = 0;
            continue;
        }
        if (!isalnum((unsigned char)host[i]) && (host[i] != '-' || part == 0 || edge))
            return false;
        if (++part > 63)
            return false;
    }
    return true;
}

static enum e2m_result add(struct e2m_label *label, struct e2m_span host)
{
    char *to;

    if (label->count == E2M_LABEL_HOSTS)
        return E2M_TOO_LARGE;
    if (host.len > E2M_HOST_MAX || !e2m_host_valid((const char *)host.octets, host.len))
        return E2M_BAD_MIME;
    to = label->hosts[label->count];
    for (size_t i = 0; i < host.len; i++)
        to[i] = (char)tolower(host.octets[i]);
    to[host.len] = '\0';
    if (e2m_label_has(label, to))
        return E2M_BAD_MIME;
    label->count++;
    return E2M_OK;
}

enum e2m_result e2m_label_parse(struct e2m_label *label, const char *text, size_t len)
{
    enum e2m_result result = E2M_OK;
    size_t from = 0;

    memset(label, 0, sizeof(*label));
    for (size_t i = 0; i <= len && result == E2M_OK; i++) {
        if (i < len && text[i] != ',')
            continue;
        result = add(label, e2m_trim((struct e2m_span){(const uint8_t *)text + from, i - from}));
        from = i + 1;
    }
    if (result != E2M_OK)
        label->count = 0;
    return result;
}

void e2m_label_print(const struct e2m_label *label, char *out)
{
    char *end = out;

    *out = '\0';
    for (unsigned i = 0; i < label->count; i++) {
        if (i)
            end = stpcpy(end, ", ");
        end = stpcpy(end, label->hosts[i]);
    }
}

bool e2m_label_has(const struct e2m_label *label, const char *host)
{
    for (unsigned i = 0; i < label->count; i++) {
        if (strcasecmp(label->hosts[i], host) == 0)
            return true;
    }
    return false;
}

enum e2m_result e2m_label_add(struct e2m_label *label, const struct e2m_label *more)
{
    for (unsigned i = 0; i < more->count; i++) {
        if (e2m_label_has(label, more->hosts[i]))
            continue;
        if (label->count == E2M_LABEL_HOSTS)
            return E2M_TOO_LARGE;
        memcpy(label->hosts[label->count++], more->hosts[i], E2M_HOST_MAX + 1);
    }
    return E2M_OK;
}
