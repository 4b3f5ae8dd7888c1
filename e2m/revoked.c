/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of revoked certificates (RFC 5280, 5): what one is worth, and whether it takes the place of
 * another. Whoever serves a list is not who signed it. */
#include "e2m_private.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#define LIST_OCTETS_MAX (1024 * 1024)
#define CLOCKS_APART ((int)E2M_SIGNATURE_AGE)

/* libcrypto does so when somebody first looks in it, while others may read it. Not by
 * X509_CRL_sort(), after which it is encoded anew and its signature is of another. */
static void sort(X509_CRL *list)
{
    ASN1_INTEGER *nobody = ASN1_INTEGER_new();
    X509_REVOKED *entry;

    if (nobody)
        X509_CRL_get0_by_serial(list, &entry, nobody);
    ASN1_INTEGER_free(nobody);
}

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
    if (*list)
        sort(*list);
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

/* -- what it is worth -------------------------------------------------------------------------- */

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

/* -- of whom it speaks (RFC 5280, 5.2.5 and 6.3.3) --------------------------------------------- */

static bool has_name(const GENERAL_NAMES *names, const GENERAL_NAME *name)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
        if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(names, i), (GENERAL_NAME *)(uintptr_t)name) == 0)
            return true;
    return false;
}

/* Whether the certificate says that its issuer's list, for all reasons, is at that place. */
static bool names_place(X509 *certificate, const DIST_POINT_NAME *place)
{
    STACK_OF(DIST_POINT) *points =
        X509_get_ext_d2i(certificate, NID_crl_distribution_points, NULL, NULL);
    bool found = false;

    for (int i = 0; i < sk_DIST_POINT_num(points) && place->type == 0 && !found; i++) {
        const DIST_POINT *one = sk_DIST_POINT_value(points, i);

        if (!one->distpoint || one->distpoint->type != 0 || one->reasons || one->CRLissuer)
            continue;
        for (int j = 0; j < sk_GENERAL_NAME_num(place->name.fullname) && !found; j++)
            found = has_name(one->distpoint->name.fullname,
                             sk_GENERAL_NAME_value(place->name.fullname, j));
    }
    sk_DIST_POINT_pop_free(points, DIST_POINT_free);
    return found;
}

static const ASN1_OCTET_STRING *point_of(const X509_CRL *list)
{
    int at = X509_CRL_get_ext_by_NID(list, NID_issuing_distribution_point, -1);

    return at >= 0 ? X509_EXTENSION_get_data(X509_CRL_get_ext(list, at)) : NULL;
}

static bool speaks_of(const X509_CRL *list, X509 *certificate)
{
    ISSUING_DIST_POINT *point =
        X509_CRL_get_ext_d2i(list, NID_issuing_distribution_point, NULL, NULL);
    bool authority = X509_check_ca(certificate) > 0;
    bool speaks = point && !point->onlysomereasons && point->indirectCRL <= 0 &&
                  point->onlyattr <= 0 && (point->onlyCA <= 0 || authority) &&
                  (point->onlyuser <= 0 || !authority) &&
                  (!point->distpoint || names_place(certificate, point->distpoint));

    ISSUING_DIST_POINT_free(point);
    return speaks || !point_of(list);
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

/* That it does not name one means nothing, of whomever it speaks. */
static bool is_partial(X509_CRL *list)
{
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(list);
    bool partial = is_delta(list) || has_unknown(X509_CRL_get0_extensions(list));

    for (int i = 0; i < sk_X509_REVOKED_num(entries) && !partial; i++)
        partial = has_unknown(X509_REVOKED_get0_extensions(sk_X509_REVOKED_value(entries, i)));
    return partial;
}

bool e2m_revoked_covers(X509_CRL *list, X509 *certificate, uint64_t now)
{
    bool covers = !e2m_revoked_is_old(list, now) && !is_future(list, now) && !is_partial(list) &&
                  speaks_of(list, certificate);

    ERR_clear_error();
    return covers;
}

/* Of all of whom `held` speaks. */
static const char *narrower(X509_CRL *held, X509_CRL *fresh)
{
    const ASN1_OCTET_STRING *before = point_of(held), *now = point_of(fresh);

    if ((now && !before) || (is_partial(fresh) && !is_partial(held)))
        return "of a part, where one of all was";
    return now && ASN1_OCTET_STRING_cmp(before, now) != 0 ? "of another part than before" : NULL;
}

const char *e2m_revoked_refusal(const struct e2m_trust *trust, STACK_OF(X509) * others,
                                X509_CRL *held, X509_CRL *fresh, uint64_t now)
{
    int is_signed = trust ? e2m_trust_signed(trust, others, fresh, now) : 0;

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
    return e2m_revoked_is_newer(held, fresh) ? "older than before" : narrower(held, fresh);
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
