/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose word counts, about which domains, and what was taken back. */
#include "e2m_private.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define LISTS_MAX 64
#define BETWEEN_MAX 16

/* One authority, for one domain or for all that have none of their own. */
struct voucher {
    X509 *authority;
    char domain[E2M_HOST_MAX + 1]; /* lower case; "": any */
    bool alone;                    /* no other counts for that domain */
};

/* What was found about a list's signature by one authority: it is asked for each message. */
struct proved {
    X509 *issuer; /* NULL: nobody was asked about */
    bool good;
};

struct e2m_trust {
    X509_STORE *store;
    STACK_OF(X509) * between; /* not trusted: each was vouched for when it was met */
    struct voucher *vouchers;
    size_t count, room;
    X509_CRL *lists[LISTS_MAX];
    struct proved *proved; /* LISTS_MAX, of each list the last */
    size_t list_count;
    bool want_lists;
};

struct e2m_trust *e2m_trust_new(void)
{
    struct e2m_trust *trust = calloc(1, sizeof(*trust));

    if (trust && (!(trust->store = X509_STORE_new()) || !(trust->between = sk_X509_new_null()) ||
                  !(trust->proved = calloc(LISTS_MAX, sizeof(*trust->proved))))) {
        e2m_trust_free(trust);
        return NULL;
    }
    /* What stands in it is trusted as it is, also where it is nobody's root. */
    if (trust)
        X509_STORE_set_flags(trust->store, X509_V_FLAG_PARTIAL_CHAIN);
    return trust;
}

void e2m_trust_free(struct e2m_trust *trust)
{
    if (!trust)
        return;
    for (size_t i = 0; i < trust->count; i++)
        X509_free(trust->vouchers[i].authority);
    for (size_t i = 0; i < trust->list_count; i++) {
        X509_CRL_free(trust->lists[i]);
        X509_free(trust->proved[i].issuer);
    }
    free(trust->proved);
    sk_X509_pop_free(trust->between, X509_free);
    X509_STORE_free(trust->store);
    free(trust->vouchers);
    free(trust);
}

/* -- authorities ------------------------------------------------------------------------------- */

static bool make_room(struct e2m_trust *trust)
{
    size_t room = trust->room ? 2 * trust->room : 8;
    struct voucher *more;

    if (trust->count < trust->room)
        return true;
    more = realloc(trust->vouchers, room * sizeof(*more));
    if (!more)
        return false;
    trust->vouchers = more;
    trust->room = room;
    return true;
}

static enum e2m_result add(struct e2m_trust *trust, X509 *authority, const char *domain, bool alone)
{
    struct voucher *v;
    size_t len = domain ? strlen(domain) : 0;

    if (domain && (len > E2M_HOST_MAX || !e2m_host_valid(domain, len)))
        return E2M_WRONG_SERVER;
    if (!make_room(trust) || X509_STORE_add_cert(trust->store, authority) != 1)
        return E2M_NO_MEMORY;
    v = &trust->vouchers[trust->count++];
    *v = (struct voucher){.authority = authority, .alone = alone};
    X509_up_ref(authority);
    e2m_copy_lower(v->domain, domain ? domain : "", len);
    return E2M_OK;
}

enum e2m_result e2m_trust_lend(struct e2m_trust *trust, X509 *authority, const char *domain)
{
    return add(trust, authority, domain, false);
}

enum e2m_result e2m_trust_add(struct e2m_trust *trust, struct e2m_span pem, const char *domain)
{
    BIO *in = BIO_new_mem_buf(pem.octets, (int)pem.len);
    enum e2m_result result = in ? E2M_OK : E2M_NO_MEMORY;
    unsigned count = 0;
    X509 *one;

    while (result == E2M_OK && (one = e2m_pem_next(in, &result))) {
        result = add(trust, one, domain, domain != NULL);
        count++;
        X509_free(one);
    }
    BIO_free(in);
    ERR_clear_error();
    return result == E2M_OK && !count ? E2M_BAD_DER : result;
}

bool e2m_trust_has_own(const struct e2m_trust *trust, const char *domain)
{
    for (size_t i = 0; i < trust->count; i++) {
        const struct voucher *v = &trust->vouchers[i];

        if (v->alone && e2m_same_text(e2m_text_span(domain), v->domain))
            return true;
    }
    return false;
}

struct e2m_trust *e2m_trust_copy(const struct e2m_trust *trust)
{
    struct e2m_trust *copy = e2m_trust_new();
    bool good = copy != NULL;

    for (size_t i = 0; good && i < trust->count; i++) {
        const struct voucher *v = &trust->vouchers[i];

        good = add(copy, v->authority, v->domain[0] ? v->domain : NULL, v->alone) == E2M_OK;
    }
    for (size_t i = 0; good && i < trust->list_count; i++)
        good = e2m_trust_add_revoked(copy, trust->lists[i]) == E2M_OK;
    if (good) {
        copy->want_lists = trust->want_lists;
        return copy;
    }
    e2m_trust_free(copy);
    return NULL;
}

X509_STORE *e2m_trust_store(const struct e2m_trust *trust)
{
    return trust->store;
}

/* -- which domains ----------------------------------------------------------------------------- */

struct naming {
    const struct e2m_trust *trust;
    STACK_OF(X509) * chain;
};

static bool is_in(STACK_OF(X509) * chain, const X509 *authority)
{
    for (int i = 0; i < sk_X509_num(chain); i++) {
        if (X509_cmp(sk_X509_value(chain, i), authority) == 0)
            return true;
    }
    return false;
}

/* An authority that was set for a domain is the only one that speaks for it. */
static bool may_name(struct e2m_span domain, void *data)
{
    const struct naming *naming = data;
    const struct e2m_trust *trust = naming->trust;
    bool taken = false, by_any = false, by_own = false;

    for (size_t i = 0; i < trust->count; i++) {
        const struct voucher *v = &trust->vouchers[i];
        bool own = v->domain[0] && e2m_same_text(domain, v->domain);

        taken = taken || (own && v->alone);
        if ((own && !by_own) || (!v->domain[0] && !by_any)) {
            bool there = is_in(naming->chain, v->authority);

            by_own = by_own || (own && there);
            by_any = by_any || (!own && there);
        }
    }
    return by_own || (by_any && !taken);
}

/* -- what was taken back ----------------------------------------------------------------------- */

enum e2m_result e2m_trust_add_revoked(struct e2m_trust *trust, X509_CRL *list)
{
    if (trust->list_count == LISTS_MAX)
        return E2M_TOO_LARGE;
    X509_CRL_up_ref(list);
    trust->lists[trust->list_count++] = list;
    return E2M_OK;
}

void e2m_trust_want_lists(struct e2m_trust *trust)
{
    trust->want_lists = true;
}

static bool is_proved(const struct e2m_trust *trust, size_t number, X509 *issuer)
{
    struct proved *proved = &trust->proved[number];

    if (proved->issuer && X509_cmp(proved->issuer, issuer) == 0)
        return proved->good;
    X509_free(proved->issuer);
    proved->issuer = X509_up_ref(issuer) == 1 ? issuer : NULL;
    proved->good = X509_CRL_verify(trust->lists[number], X509_get0_pubkey(issuer)) == 1;
    return proved->good;
}

/* A list counts when the certificate's own issuer signed it. */
static bool speaks_of(const struct e2m_trust *trust, size_t number, X509 *certificate, X509 *issuer)
{
    return X509_NAME_cmp(X509_CRL_get_issuer(trust->lists[number]),
                         X509_get_issuer_name(certificate)) == 0 &&
           is_proved(trust, number, issuer);
}

static enum e2m_result look_up(const struct e2m_trust *trust, X509 *certificate, X509 *issuer,
                               uint64_t now, bool *listed)
{
    for (size_t i = 0; i < trust->list_count; i++) {
        X509_REVOKED *entry;

        if (!speaks_of(trust, i, certificate, issuer))
            continue;
        *listed = *listed || e2m_revoked_covers(trust->lists[i], certificate, now);
        if (X509_CRL_get0_by_cert(trust->lists[i], &entry, certificate) == 1)
            return E2M_REVOKED;
    }
    return E2M_OK;
}

/* Whether a list names this one, or one between it and the authority in `trust`. */
static bool is_revoked(const struct e2m_trust *trust, STACK_OF(X509) * chain, uint64_t now)
{
    bool listed = false;

    for (int i = 0; i + 1 < sk_X509_num(chain); i++)
        if (look_up(trust, sk_X509_value(chain, i), sk_X509_value(chain, i + 1), now, &listed) !=
            E2M_OK)
            return true;
    return false;
}

/* Whether an authority in `trust` vouches for this one; *revoked: it did. */
static bool vouches_for(const struct e2m_trust *trust, X509 *authority, STACK_OF(X509) * others,
                        uint64_t now, bool *revoked)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool good = context && X509_check_ca(authority) > 0 &&
                X509_STORE_CTX_init(context, trust->store, authority, others) == 1;

    if (good) {
        X509_STORE_CTX_set_time(context, 0, (time_t)now);
        X509_STORE_CTX_set_depth(context, E2M_CHAIN_MAX);
        good = X509_verify_cert(context) == 1;
        *revoked = good && is_revoked(trust, X509_STORE_CTX_get0_chain(context), now);
    }
    X509_STORE_CTX_free(context);
    return good;
}

/* As e2m_trust_signed(), of one authority. */
static int is_signed_by(X509_CRL *list, X509 *authority)
{
    if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(authority)) != 0)
        return 0;
    return X509_CRL_verify(list, X509_get0_pubkey(authority)) == 1 ? 1 : -1;
}

int e2m_trust_signed(const struct e2m_trust *trust, STACK_OF(X509) * others, X509_CRL *list,
                     uint64_t now)
{
    int found = 0;

    for (size_t i = 0; i < trust->count && found <= 0; i++) {
        int one = is_signed_by(list, trust->vouchers[i].authority);

        found = one ? one : found;
    }
    for (int i = 0; i < sk_X509_num(others) && found <= 0; i++) {
        X509 *other = sk_X509_value(others, i);
        int one = is_signed_by(list, other);
        bool revoked = false;

        if (one && vouches_for(trust, other, others, now, &revoked))
            found = revoked ? -1 : one;
    }
    ERR_clear_error();
    return found;
}

STACK_OF(X509) * e2m_trust_between(const struct e2m_trust *trust)
{
    return trust->between;
}

void e2m_chain_keep(STACK_OF(X509) * kept, X509 *authority)
{
    for (int i = 0; i < sk_X509_num(kept); i++)
        if (X509_cmp(sk_X509_value(kept, i), authority) == 0)
            return;
    if (sk_X509_num(kept) >= BETWEEN_MAX)
        X509_free(sk_X509_shift(kept));
    if (X509_up_ref(authority) == 1 && sk_X509_push(kept, authority) <= 0)
        X509_free(authority);
}

enum e2m_result e2m_trust_check(const struct e2m_trust *trust, STACK_OF(X509) * chain, uint64_t now)
{
    struct naming naming = {trust, chain};
    enum e2m_result result = E2M_OK;
    bool leaf_listed = false;

    for (int i = 1; i + 1 < sk_X509_num(chain); i++)
        e2m_chain_keep(trust->between, sk_X509_value(chain, i));
    for (int i = 0; i + 1 < sk_X509_num(chain) && result == E2M_OK; i++) {
        bool listed = false;

        result = look_up(trust, sk_X509_value(chain, i), sk_X509_value(chain, i + 1), now, &listed);
        leaf_listed = leaf_listed || (i == 0 && listed);
    }
    if (result == E2M_OK && !e2m_certificate_domains(sk_X509_value(chain, 0), may_name, &naming))
        result = E2M_FOREIGN_AUTHORITY;
    if (result == E2M_OK && trust->want_lists && !leaf_listed)
        result = E2M_NO_LIST;
    return result;
}
