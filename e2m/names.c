/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose certificate it is: the names in its subjectAltName (RFC 5922). The common name counts for
 * nothing, and no name has a wildcard. */
#include "e2m_private.h"

#include <ctype.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <strings.h>

struct e2m_span e2m_name_text(const ASN1_STRING *string)
{
    struct e2m_span text = {ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string)};

    for (size_t i = 0; i < text.len; i++) {
        if (text.octets[i] <= ' ' || text.octets[i] >= 0x7f)
            return (struct e2m_span){NULL, 0};
    }
    return text;
}

/* Length of the scheme sip or sips with its colon; 0: another. */
static size_t scheme_len(struct e2m_span uri)
{
    if (uri.len > 4 && strncasecmp((const char *)uri.octets, "sip:", 4) == 0)
        return 4;
    return uri.len > 5 && strncasecmp((const char *)uri.octets, "sips:", 5) == 0 ? 5 : 0;
}

static int hex_digit(uint8_t c)
{
    return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* The user part as lib's names have it (docs/protocol.md, section 3): escapes of unreserved
 * characters undone, the others in upper case. */
static bool copy_user(struct e2m_span user, char **out)
{
    for (size_t i = 0; i < user.len; i++) {
        int high, low, c;
        if (user.octets[i] != '%') {
            *(*out)++ = (char)user.octets[i];
            continue;
        }
        high = i + 2 < user.len ? hex_digit(user.octets[i + 1]) : -1;
        low = i + 2 < user.len ? hex_digit(user.octets[i + 2]) : -1;
        if (high < 0 || low < 0)
            return false;
        c = high * 16 + low;
        if (c < 0x80 && (isalnum(c) || (c && strchr("-_.!~*'()", c)))) {
            *(*out)++ = (char)c;
        } else {
            *(*out)++ = '%';
            *(*out)++ = (char)toupper(user.octets[i + 1]);
            *(*out)++ = (char)toupper(user.octets[i + 2]);
        }
        i += 2;
    }
    return user.len > 0;
}

/* sip:user@host; false for anything with a password, a port, parameters or headers. */
static bool canonical(struct e2m_span uri, char out[static E2M_AOR_MAX + 1])
{
    size_t skip = scheme_len(uri);
    const uint8_t *at = skip ? memchr(uri.octets, '@', uri.len) : NULL;
    struct e2m_span user, host;

    if (!at || uri.len > E2M_AOR_MAX)
        return false;
    user = (struct e2m_span){uri.octets + skip, (size_t)(at - uri.octets) - skip};
    host = (struct e2m_span){at + 1, uri.len - (size_t)(at + 1 - uri.octets)};
    if (memchr(user.octets, ':', user.len) || !e2m_host_valid((const char *)host.octets, host.len))
        return false;
    out = stpcpy(out, "sip:");
    if (!copy_user(user, &out))
        return false;
    *out++ = '@';
    for (size_t i = 0; i < host.len; i++)
        *out++ = (char)tolower(host.octets[i]);
    *out = '\0';
    return true;
}

bool e2m_aor_canonical(const char *aor, char out[static E2M_AOR_MAX + 1])
{
    return aor && canonical(e2m_text_span(aor), out);
}

static GENERAL_NAMES *names_of(X509 *certificate)
{
    return X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}

/* The URI of a name in the scheme sip or sips; empty: it is none. */
static struct e2m_span sip_uri_of(const GENERAL_NAME *name)
{
    struct e2m_span none = {NULL, 0}, uri;

    if (name->type != GEN_URI)
        return none;
    uri = e2m_name_text(name->d.uniformResourceIdentifier);
    return scheme_len(uri) ? uri : none;
}

static bool uri_is_domain(struct e2m_span uri, const char *domain)
{
    size_t skip = scheme_len(uri);

    return e2m_same_text((struct e2m_span){uri.octets + skip, uri.len - skip}, domain);
}

enum e2m_result e2m_certificate_names_server(X509 *certificate, const char *domain)
{
    GENERAL_NAMES *names = names_of(certificate);
    bool by_uri = false, by_dns = false, has_uri = false;

    if (!e2m_host_valid(domain, strlen(domain))) {
        GENERAL_NAMES_free(names);
        return E2M_WRONG_SERVER;
    }
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        struct e2m_span uri = sip_uri_of(name);
        has_uri = has_uri || uri.len; /* a person's too: nobody's is both */
        by_uri = by_uri || (uri.len && uri_is_domain(uri, domain));
        if (name->type == GEN_DNS)
            by_dns = by_dns || e2m_same_text(e2m_name_text(name->d.dNSName), domain);
    }
    GENERAL_NAMES_free(names);
    return by_uri || (by_dns && !has_uri) ? E2M_OK : E2M_WRONG_SERVER;
}

void e2m_copy_lower(char *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (char)tolower((unsigned char)text[i]);
    out[len] = '\0';
}

/* The host of a SIP URI, without port, parameters and headers. */
static struct e2m_span host_of(struct e2m_span uri)
{
    size_t skip = scheme_len(uri), len = 0;
    const uint8_t *at = memchr(uri.octets, '@', uri.len);
    struct e2m_span host = {uri.octets + skip, uri.len - skip};

    if (at)
        host = (struct e2m_span){at + 1, uri.len - (size_t)(at + 1 - uri.octets)};
    if (host.len && host.octets[0] == '[')
        while (len < host.len && host.octets[len] != ']')
            len++;
    while (len < host.len && !strchr(":;?", host.octets[len]))
        len++;
    host.len = len;
    return host;
}

bool e2m_certificate_domains(X509 *certificate, bool (*each)(struct e2m_span domain, void *data),
                             void *data)
{
    GENERAL_NAMES *names = names_of(certificate);
    bool has_uri = false, good = true;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        struct e2m_span uri = sip_uri_of(sk_GENERAL_NAME_value(names, i));

        has_uri = has_uri || uri.len;
        good = good && (!uri.len || each(host_of(uri), data));
    }
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !has_uri; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        good = good && (name->type != GEN_DNS || each(e2m_name_text(name->d.dNSName), data));
    }
    GENERAL_NAMES_free(names);
    return good;
}

static enum e2m_result names_aor(X509 *certificate, const char *aor, bool alone)
{
    char wanted[E2M_AOR_MAX + 1], has[E2M_AOR_MAX + 1];
    GENERAL_NAMES *names;
    bool found = false;

    if (!e2m_aor_canonical(aor, wanted))
        return E2M_FOREIGN_SIGNER;
    names = names_of(certificate);
    if (alone && sk_GENERAL_NAME_num(names) != 1) {
        GENERAL_NAMES_free(names);
        return E2M_FOREIGN_SIGNER;
    }
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
        struct e2m_span uri = sip_uri_of(sk_GENERAL_NAME_value(names, i));
        found = uri.len && canonical(uri, has) && strcmp(has, wanted) == 0;
    }
    GENERAL_NAMES_free(names);
    return found ? E2M_OK : E2M_FOREIGN_SIGNER;
}

enum e2m_result e2m_certificate_names_aor(X509 *certificate, const char *aor)
{
    return names_aor(certificate, aor, false);
}

enum e2m_result e2m_certificate_names_aor_alone(X509 *certificate, const char *aor)
{
    return names_aor(certificate, aor, true);
}

bool e2m_certificate_aor(X509 *certificate, char out[static E2M_AOR_MAX + 1])
{
    GENERAL_NAMES *names = names_of(certificate);
    bool found = false;

    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
        struct e2m_span uri = sip_uri_of(sk_GENERAL_NAME_value(names, i));
        found = uri.len && canonical(uri, out);
    }
    GENERAL_NAMES_free(names);
    if (!found)
        out[0] = '\0';
    return found;
}
