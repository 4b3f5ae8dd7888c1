/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of revoked certificates (RFC 5280, 5): what one is worth, and whether it takes the place of
 * another. Whoever serves a list is not who signed it. */
#include "internal.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#define LIST_OCTETS_MAX (1024 * 1024)
#define CLOCKS_APART ((int)E2M_SIGNATURE_AGE)

enum e2m_result e2m_revoked_read(struct e2m_span octets, X509_CRL **list)
{
    const unsigned char *at = octets.octets;
    BIO *in;

    *list = NULL;
    if (!octets.len || octets.len > LIST_OCTETS_MAX)
        return octets.len ? E2M_TOO_LARGE : E2M_BAD_DER;
    if (octets.octets[0] == 0x30) {
        *list = d2i_X509_CRL(NULL, &at, (long)octets.len);
    } else if ((in = BIO_new_mem_buf(octets.octets, (int)octets.len))) {
        *list = PEM_read_bio_X509_CRL(in, NULL, e2m_no_passphrase, NULL);
        BIO_free(in);
    }
    ERR_clear_error();
    return *list ? E2M_OK : E2M_BAD_DER;
}

bool e2m_revoked_is_old(const X509_CRL *list, uint64_t now)
{
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(list);
    time_t at = (time_t)now;

    return !next || X509_cmp_time(next, &at) <= 0;
}

bool e2m_revoked_is_newer(const X509_CRL *list, const X509_CRL *other)
{
    int days = 0, seconds = 0;

    return X509_NAME_cmp(X509_CRL_get_issuer(list), X509_CRL_get_issuer(other)) == 0 &&
           ASN1_TIME_diff(&days, &seconds, X509_CRL_get0_lastUpdate(other),
                          X509_CRL_get0_lastUpdate(list)) == 1 &&
           (days > 0 || seconds > 0);
}

/* -- what it is worth ----------------------------------------------------------------------------
 */

static bool is_future(const X509_CRL *list, uint64_t now)
{
    ASN1_TIME *ours = ASN1_TIME_set(NULL, (time_t)now);
    int days = 0, seconds = 0;
    bool future = !ours ||
                  ASN1_TIME_diff(&days, &seconds, ours, X509_CRL_get0_lastUpdate(list)) != 1 ||
                  days > 0 || seconds > CLOCKS_APART;

    ASN1_TIME_free(ours);
    return future;
}

static bool is_delta(const X509_CRL *list)
{
    return X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) >= 0;
}

/* An issuing distribution point that says no more than "certificates of people". */
static bool speaks_of_all_people(const X509_CRL *list)
{
    ISSUING_DIST_POINT *point =
        X509_CRL_get_ext_d2i(list, NID_issuing_distribution_point, NULL, NULL);
    bool all = point && !point->distpoint && !point->onlysomereasons && point->onlyCA <= 0 &&
               point->indirectCRL <= 0 && point->onlyattr <= 0;

    ISSUING_DIST_POINT_free(point);
    return all;
}

/* Nobody knows what a critical extension that is not known makes of it. */
static bool has_unknown(const STACK_OF(X509_EXTENSION) * extensions)
{
    for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++) {
        X509_EXTENSION *one = sk_X509_EXTENSION_value(extensions, i);

        if (X509_EXTENSION_get_critical(one) &&
            OBJ_obj2nid(X509_EXTENSION_get_object(one)) != NID_issuing_distribution_point)
            return true;
    }
    return false;
}

/* It says only of some certificates, or of some reasons, that they were revoked: that it does not
 * name one means nothing. */
static bool is_partial(X509_CRL *list)
{
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(list);
    bool partial = is_delta(list) || has_unknown(X509_CRL_get0_extensions(list)) ||
                   (X509_CRL_get_ext_by_NID(list, NID_issuing_distribution_point, -1) >= 0 &&
                    !speaks_of_all_people(list));

    for (int i = 0; i < sk_X509_REVOKED_num(entries) && !partial; i++)
        partial = has_unknown(X509_REVOKED_get0_extensions(sk_X509_REVOKED_value(entries, i)));
    ERR_clear_error();
    return partial;
}

bool e2m_revoked_is_complete(X509_CRL *list, uint64_t now)
{
    return !e2m_revoked_is_old(list, now) && !is_future(list, now) && !is_partial(list);
}

const char *e2m_revoked_refusal(const struct e2m_trust *trust, X509_CRL *held, X509_CRL *fresh,
                                uint64_t now)
{
    int is_signed = trust ? e2m_trust_signed(trust, fresh) : 0;

    if (is_delta(fresh))
        return "a delta list, which says nothing by itself";
    if (is_future(fresh, now))
        return "from the future: look at both clocks";
    if (is_signed < 0)
        return "not signed by its authority";
    if (!held)
        return NULL;
    if (X509_NAME_cmp(X509_CRL_get_issuer(held), X509_CRL_get_issuer(fresh)) != 0)
        return is_signed > 0 || !trust ? NULL : "of another authority than before";
    if (e2m_revoked_is_newer(held, fresh))
        return "older than before";
    return is_partial(fresh) && !is_partial(held) ? "of a part, where one of all was" : NULL;
}

bool e2m_revoked_url(X509 *certificate, char *out, size_t size)
{
    STACK_OF(DIST_POINT) *points =
        X509_get_ext_d2i(certificate, NID_crl_distribution_points, NULL, NULL);
    const DIST_POINT *first = sk_DIST_POINT_value(points, 0);
    const GENERAL_NAMES *names = first && first->distpoint && first->distpoint->type == 0
                                     ? first->distpoint->name.fullname
                                     : NULL;
    bool found = false;

    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        struct e2m_span url = name->type == GEN_URI
                                  ? e2m_name_text(name->d.uniformResourceIdentifier)
                                  : (struct e2m_span){NULL, 0};

        found = url.len > 8 && url.len < size && memcmp(url.octets, "https://", 8) == 0;
        if (found) {
            memcpy(out, url.octets, url.len);
            out[url.len] = '\0';
        }
    }
    sk_DIST_POINT_pop_free(points, DIST_POINT_free);
    ERR_clear_error();
    return found;
}
