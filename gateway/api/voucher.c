/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who vouches for an address: at most one operator (docs/protocol.md section 3). */
#include "../ops/metrics.h"
#include "bucket.h"
#include "issue.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

bool partner_active(const struct store_partner *partner, int64_t now)
{
    return !partner->suspended && partner->valid_from <= now && now < partner->valid_to;
}

bool partner_has_realm(const struct store_partner *partner, const char *realm)
{
    for (size_t i = 0; i < partner->realm_count; i++)
        if (strcmp(partner->realms[i], realm) == 0)
            return true;
    return false;
}

static struct outcome by_realm(struct gateway *gateway, const char *realm, struct voucher *voucher)
{
    enum store_result result;

    voucher->own = config_own_realm(gateway->config, realm);
    result = gateway->ops->partner_by_realm(gateway->store, realm, &voucher->partner);
    if (voucher->own) {
        if (result == STORE_OK)
            store_partner_clear(&voucher->partner);
        return result == STORE_OK
                   ? outcome_problem(PROBLEM_TWO_VOUCHERS, "realm is ours and a partner's")
                   : OUTCOME_GOOD;
    }
    if (result == STORE_NONE)
        return outcome_problem(PROBLEM_NOBODY, "no agreement for this realm");
    return outcome_store(result);
}

struct outcome find_voucher(struct gateway *gateway, const char *aor, const char *nai,
                            struct voucher *voucher)
{
    const char *domain = simauth_aor_domain(aor);
    struct outcome outcome = outcome_problem(PROBLEM_NOBODY, "no domain");

    memset(voucher, 0, sizeof *voucher);
    /* Rule 1: the domain is a realm. Rule 2: whoever the caller names. */
    if (domain[0])
        outcome = by_realm(gateway, domain, voucher);
    if (outcome.problem == PROBLEM_NOBODY && nai[0])
        outcome = by_realm(gateway, simauth_nai_realm(nai), voucher);
    return outcome;
}

/* -- who spoke for an address outside all realms ----------------------------------------------- */

#define FRESH_S 3600
#define TOO_MANY_CLAIMS "too many new addresses of this partner today"

struct claimants {
    int64_t speaker, now;
    bool other;
    bool known, fresh; /* the speaker's own claim is there; it was written lately */
};

static int see_claim(const struct store_claim *claim, void *data)
{
    struct claimants *c = data;

    if (claim->partner != c->speaker)
        c->other = true;
    else
        c->known = true;
    c->fresh = c->fresh || (claim->partner == c->speaker && claim->last > c->now - FRESH_S);
    return 0;
}

static int see_binding(const struct store_binding *b, void *data)
{
    struct claimants *c = data;

    c->other = c->other || (b->until > c->now && !b->barred);
    return c->other;
}

/* STORE_NONE: the domain is somebody's realm, and nothing else counts. */
static enum store_result outside(struct gateway *gateway, const char *aor)
{
    const char *domain = simauth_aor_domain(aor);
    struct store_partner partner = {0};
    enum store_result result;

    if (config_own_realm(gateway->config, domain))
        return STORE_NONE;
    result = gateway->ops->partner_by_realm(gateway->store, domain, &partner);
    store_partner_clear(&partner);
    if (result == STORE_NONE)
        return STORE_OK;
    return result == STORE_OK ? STORE_NONE : result;
}

static enum store_result find_claimants(struct gateway *gateway, const char *aor,
                                        struct claimants *c)
{
    const struct store_binding_filter held = {.aor = aor};
    enum store_result result = outside(gateway, aor);

    if (result != STORE_OK)
        return result == STORE_NONE ? STORE_OK : result;
    result = gateway->ops->claim_list(gateway->store, aor, c->now - STORE_CLAIM_S, see_claim, c);
    if (result == STORE_OK && c->speaker)
        result = gateway->ops->binding_list(gateway->store, &held, see_binding, c);
    return result;
}

static struct outcome verdict(enum store_result result, const struct claimants *c)
{
    if (result == STORE_OK && c->other)
        return outcome_problem(PROBLEM_TWO_VOUCHERS, "two operators speak for this address");
    return outcome_store(result);
}

struct outcome check_claims(struct gateway *gateway, const char *aor, int64_t speaker, int64_t now)
{
    struct claimants c = {.speaker = speaker, .now = now};
    enum store_result result = find_claimants(gateway, aor, &c);

    return verdict(result, &c);
}

/* In an open writing transaction. */
static enum store_result put_claim(struct gateway *gateway, const char *aor,
                                   const struct claimants *c)
{
    struct store_claim claim = {.partner = c->speaker, .last = c->now};
    enum store_result result = outside(gateway, aor);

    if (result != STORE_OK)
        return result == STORE_NONE ? STORE_OK : result;
    snprintf(claim.aor, sizeof claim.aor, "%s", aor);
    return gateway->ops->claim_put(gateway->store, &claim);
}

static enum store_result keep_claim(struct gateway *gateway, const char *aor,
                                    const struct store_partner *partner, const struct claimants *c,
                                    uint64_t *ticket)
{
    struct store_event event = {.time = c->now, .what = "conflict"};
    enum store_result result = gateway->ops->begin(gateway->store, STORE_WRITE);

    if (result != STORE_OK)
        return result;
    snprintf(event.aor, sizeof event.aor, "%s", aor);
    snprintf(event.who, sizeof event.who, "%s", partner->name);
    result = put_claim(gateway, aor, c);
    if (result == STORE_OK && c->other)
        result = gateway->ops->event_add(gateway->store, &event);
    if (result == STORE_OK)
        return gateway->ops->commit_soft(gateway->store, ticket);
    gateway->ops->rollback(gateway->store);
    return result;
}

struct claims_name {
    char text[STORE_NAME_MAX + 16];
};

static struct claims_name claims_name(const struct store_partner *partner)
{
    struct claims_name name;

    snprintf(name.text, sizeof name.text, "claims:%s", partner->name);
    return name;
}

/* A claim can take an address away from whoever has it: so many new ones of a partner in a day. */
static bool may_claim(struct gateway *gateway, const struct store_partner *partner,
                      const struct claimants *c)
{
    const struct claims_name name = claims_name(partner);

    if (c->known || buckets_take_of_day(gateway->buckets, name.text,
                                        gateway->config->claims_per_day, g_get_monotonic_time()))
        return true;
    metrics_partner_limited(partner->name);
    return false;
}

struct outcome claim_address(struct request *request, const char *aor)
{
    struct gateway *gateway = request->gateway;
    const struct store_partner *partner = &request->partner;
    struct claimants c = {.speaker = partner->id, .now = request->now};
    enum store_result result = gateway->ops->begin(gateway->store, STORE_READ);
    bool theirs = false;

    if (result == STORE_OK) {
        result = outside(gateway, aor);
        theirs = result == STORE_OK;
        if (theirs)
            result = find_claimants(gateway, aor, &c);
        gateway->ops->rollback(gateway->store);
    }
    if (result == STORE_NONE)
        return OUTCOME_GOOD;
    if (result == STORE_OK && theirs && !may_claim(gateway, partner, &c))
        return outcome_problem(PROBLEM_TOO_MANY, TOO_MANY_CLAIMS);
    if (result == STORE_OK && theirs && !c.fresh)
        result = keep_claim(gateway, aor, partner, &c, &request->claimed);
    return verdict(result, &c);
}

struct outcome claim_by_answer(struct request *request, const char *aor)
{
    struct gateway *gateway = request->gateway;
    const struct store_partner *partner = &request->question->partner;
    struct claimants c = {.speaker = partner->id, .now = request->now};
    enum store_result result = outside(gateway, aor);

    if (result == STORE_NONE)
        return OUTCOME_GOOD;
    if (result == STORE_OK)
        result = find_claimants(gateway, aor, &c);
    if (result == STORE_OK && !request->again && !may_claim(gateway, partner, &c))
        return outcome_problem(PROBLEM_TOO_MANY, TOO_MANY_CLAIMS);
    request->claims = result == STORE_OK && (request->claims || (!request->again && !c.known));
    return outcome_store(result == STORE_OK ? put_claim(gateway, aor, &c) : result);
}

void claim_failed(struct request *request)
{
    if (request->claims && !request->fetching)
        buckets_give(request->gateway->buckets, claims_name(&request->question->partner).text);
}

/* -- a pair ------------------------------------------------------------------------------------ */

struct outcome vouch_for_pair(struct request *request, const struct body_vectors *body,
                              struct voucher *voucher)
{
    struct gateway *gateway = request->gateway;
    struct store_binding binding;
    enum store_result result = gateway->ops->binding_find(
        gateway->store, body->caller, request->session.subscriber, "", request->now, &binding);
    struct outcome outcome;

    memset(voucher, 0, sizeof *voucher);
    if (result == STORE_NONE)
        return outcome_problem(PROBLEM_NOT_YOURS, "caller is somebody else's address");
    if (result != STORE_OK)
        return outcome_store(result);
    outcome = find_voucher(gateway, body->callee, body->callee_nai, voucher);
    if (outcome_good(&outcome) && !voucher->own && !partner_active(&voucher->partner, request->now))
        outcome = outcome_problem(PROBLEM_OPERATOR_DOWN, "agreement suspended or not valid now");
    if (outcome_good(&outcome))
        outcome = check_claims(gateway, body->caller, 0, request->now);
    if (outcome_good(&outcome) && voucher->own)
        outcome = check_claims(gateway, body->callee, 0, request->now);
    else if (outcome_good(&outcome) &&
             !partner_has_realm(&voucher->partner, simauth_aor_domain(body->callee)))
        outcome = check_claims(gateway, body->callee, voucher->partner.id, request->now);
    return outcome;
}
