/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy.h"

#include <string.h>
#include <strings.h>

#define SOS "urn:service:sos"
#define NOBODY                                                                                     \
    "sip:nobody@nobody.invalid" /* what cannot be read as an address is no way past it             \
                                 */

/* The user part of a SIP URI or the number of a tel URI, without visual separators. */
static void number_of(const char *uri, char *number, size_t room)
{
    const char *p = strchr(uri, ':');
    size_t n = 0;

    for (p = p ? p + 1 : uri; *p && !strchr("@;?>", *p) && n + 1 < room; p++) {
        if (!strchr("-.()", *p))
            number[n++] = *p;
    }
    number[n] = '\0';
}

static bool is_always(const char *number)
{
    return !strcmp(number, "112") || !strcmp(number, "911");
}

/* In many countries 110 is an extension like any other. */
static bool is_somebody(const struct settings *settings, const struct pins *pins, const char *uri)
{
    char aor[SIMAUTH_AOR_MAX + 1];

    return uri && simauth_aor_canonical(uri, aor) == SIMAUTH_OK &&
           (settings_peer(settings, aor) || (pins && pins_find(pins, aor)));
}

bool policy_is_emergency(const struct settings *settings, const struct pins *pins, const char *uri)
{
    char number[64];

    if (!uri)
        return false;
    if (!strncasecmp(uri, SOS, strlen(SOS)) &&
        (uri[strlen(SOS)] == '\0' || strchr(".;>", uri[strlen(SOS)])))
        return true;
    number_of(uri, number, sizeof(number));
    if (!*number || !g_strv_contains((const char *const *)settings->emergency, number))
        return false;
    return settings->emergency_listed || is_always(number) || !is_somebody(settings, pins, uri);
}

bool policy_opens_call_back(const struct settings *settings, const struct pins *pins,
                            const char *uri)
{
    char number[64];

    if (!policy_is_emergency(settings, pins, uri))
        return false;
    if (settings->emergency_listed || !strncasecmp(uri, SOS, strlen(SOS)))
        return true;
    number_of(uri, number, sizeof(number));
    return is_always(number) || !strcmp(number, "999") || !strcmp(number, "000");
}

bool policy_may_call_back(const struct settings *settings, const struct pins *pins,
                          const char *peer_uri, int64_t left, int64_t now)
{
    return left > 0 && now >= left && now - left < POLICY_CALL_BACK_S &&
           !is_somebody(settings, pins, peer_uri);
}

static enum settings_policy strictest(enum settings_policy a, enum settings_policy b)
{
    return a > b ? a : b;
}

/* That of the account, else of the phone. Who calls chooses what stands in To: by another address
 * of ours nobody gets round what an account asks for. */
static enum settings_policy of_own(const struct policy_question *q, const char *own,
                                   const char **why)
{
    const struct settings *s = q->settings;
    const struct settings_party *account = settings_account(s, own);
    bool named = account && account->policy != SETTINGS_UNSET;
    enum settings_policy policy = named ? account->policy : s->policy;

    for (size_t i = 0; q->own_is_alias && !named && i < s->account_count; i++)
        policy = strictest(policy, s->accounts[i].policy);
    *why = named || policy != s->policy ? "account" : "phone";
    return policy;
}

/* The peer's own setting, then the account's, then the phone's. */
static enum settings_policy set_for(const struct policy_question *q, const char *own,
                                    const struct settings_party *peer, const char **why)
{
    enum settings_policy policy = of_own(q, own, why);

    if (!peer || peer->policy == SETTINGS_UNSET)
        return policy;
    *why = "peer";
    return peer->policy;
}

/* Who is known by a SIM has to prove it again. */
static enum settings_policy raised(enum settings_policy policy, const struct pins *pins,
                                   const struct pin *pin, const char **why)
{
    if ((pin || pins_lost(pins)) && policy != SETTINGS_OFF) {
        *why = pin ? "pin" : "pins cannot be read";
        policy = strictest(policy, SETTINGS_REQUIRE);
    }
    return policy;
}

static bool names_realm(const struct settings *s, const char *realm)
{
    for (size_t i = 0; i < s->peer_count; i++) {
        if (!strcmp(simauth_nai_realm(s->peers[i].nai), realm))
            return true;
    }
    return false;
}

/* Who is called is told to our operator only where there is a reason to (docs/security.md). */
static bool may_ask(const struct policy_question *q, const struct policy_answer *a,
                    const struct settings_party *peer, const struct pin *pin)
{
    const char *domain = simauth_aor_domain(a->peer);

    if (q->settings->ask == ASK_EVERYBODY || peer || pin)
        return true;
    if (!*domain)
        return false;
    return pins_know_realm(q->pins, domain) || names_realm(q->settings, domain) ||
           !strcmp(simauth_nai_realm(q->own_nai), domain);
}

/* Whether "ask" stands in a [peer] beside anything else. */
static bool says_more(const struct settings_party *peer)
{
    return peer && (*peer->nai || peer->policy != SETTINGS_UNSET || peer->sips != SETTINGS_UNSET ||
                    peer->e2m != SETTINGS_UNSET || peer->certificate || peer->first_key);
}

bool policy_asks_anyway(const struct settings *settings, const struct pins *pins,
                        const char *own_nai, const char *aor)
{
    const struct policy_question q = {.settings = settings, .pins = pins, .own_nai = own_nai};
    const struct settings_party *peer = settings_peer(settings, aor);
    bool required = settings->policy == SETTINGS_REQUIRE; /* by all accounts */
    struct policy_answer a = {0};

    for (size_t i = 0; required && i < settings->account_count; i++)
        required = settings->accounts[i].policy == SETTINGS_UNSET ||
                   settings->accounts[i].policy == SETTINGS_REQUIRE;
    g_strlcpy(a.peer, aor, sizeof(a.peer));
    return required || may_ask(&q, &a, says_more(peer) ? peer : NULL, pins_find(pins, aor));
}

static void untouched(struct policy_answer *a, const char *why)
{
    a->what = POLICY_UNTOUCHED;
    a->why = why;
}

static void stranger(struct policy_answer *a)
{
    untouched(a, "address not known");
    a->unknown = true;
}

/* `require` asks about everybody, and so does what it says of a call that may go on once. */
static void decide_outgoing(const struct policy_question *q, struct policy_answer *a,
                            const struct settings_party *peer, const struct pin *pin, bool required)
{
    if (q->anonymous) {
        untouched(a, "anonymous call");
    } else if (required) {
        return;
    } else if (!strcmp(a->own, NOBODY) || !strcmp(a->peer, NOBODY)) {
        untouched(a, "no SIP address");
    } else if (!may_ask(q, a, peer, pin)) {
        stranger(a);
    } else if (pins_is_nobody(q->pins, a->peer, q->now)) {
        untouched(a, "nobody vouches for the address");
        a->nobody = pins_nobody_since(q->pins, a->peer);
    }
}

static void read_address(const char *uri, char aor[static SIMAUTH_AOR_MAX + 1])
{
    if (simauth_aor_canonical(uri, aor))
        strcpy(aor, NOBODY);
}

void policy_decide(const struct policy_question *q, struct policy_answer *a)
{
    const struct settings_party *peer;
    const struct pin *pin;
    enum settings_policy policy;

    memset(a, 0, sizeof(*a));
    read_address(q->own_uri, a->own);
    read_address(q->peer_uri, a->peer);
    if (q->outgoing && (policy_is_emergency(q->settings, q->pins, q->peer_uri) ||
                        policy_is_emergency(q->settings, q->pins, q->request_uri))) {
        untouched(a, "emergency call");
        return;
    }
    peer = settings_peer(q->settings, a->peer);
    pin = pins_find(q->pins, a->peer);
    policy = set_for(q, a->own, peer, &a->why);
    /* Who hides the own name does so also from those who are known by a SIM. */
    a->hidden = q->outgoing && q->anonymous && policy == SETTINGS_REQUIRE;
    policy = raised(policy, q->pins, pin, &a->why);
    if (q->called_back && !q->outgoing && policy == SETTINGS_REQUIRE) {
        policy = SETTINGS_PREFER;
        a->why = "emergency call before";
    }
    if (policy == SETTINGS_OFF) {
        untouched(a, "policy is off");
        return;
    }
    a->what = POLICY_ELEMENTS;
    a->policy = q->once ? SIMAUTH_CONTINUE
                        : (policy == SETTINGS_REQUIRE ? SIMAUTH_REQUIRE : SIMAUTH_PREFER);
    if (pin || peer)
        g_strlcpy(a->peer_nai, pin ? pin->nai : peer->nai, sizeof(a->peer_nai));
    a->strength = pin ? pin->method->strength : 0;
    if (q->outgoing && !a->hidden)
        decide_outgoing(q, a, peer, pin, policy == SETTINGS_REQUIRE);
}

/* Of the accounts that may be meant: the named one, all of them where none is. */
static enum settings_policy sips_of_own(const struct settings *s, const char *own)
{
    const struct settings_party *account = settings_account(s, own);
    enum settings_policy policy = s->sips;

    if (account)
        return account->sips != SETTINGS_UNSET ? account->sips : policy;
    for (size_t i = 0; i < s->account_count; i++)
        policy = strictest(policy, s->accounts[i].sips);
    return policy;
}

enum settings_policy policy_sips(const struct settings *s, const char *own_uri,
                                 const char *peer_uri, bool outgoing)
{
    char own[SIMAUTH_AOR_MAX + 1] = "", peer[SIMAUTH_AOR_MAX + 1] = "";
    const struct settings_party *party;
    enum settings_policy policy;

    (void)simauth_aor_canonical(own_uri, own);
    (void)simauth_aor_canonical(peer_uri, peer);
    party = settings_peer(s, peer);
    policy = sips_of_own(s, own);
    if (!party || party->sips == SETTINGS_UNSET)
        return policy;
    return outgoing ? party->sips : strictest(policy, party->sips);
}

enum settings_policy policy_e2m(const struct settings *s, const char *peer)
{
    const struct settings_party *party = settings_peer(s, peer);

    return party && party->e2m != SETTINGS_UNSET ? party->e2m : s->e2m;
}
