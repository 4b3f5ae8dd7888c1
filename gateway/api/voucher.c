/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who vouches for an address: at most one operator (docs/protocol.md section 3). */
#include "issue.h"

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
