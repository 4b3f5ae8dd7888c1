/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done about one call, before anything is asked: a pure function of settings and pins. */
#ifndef SIMAUTH_PLUGIN_POLICY_H
#define SIMAUTH_PLUGIN_POLICY_H

#include "pins.h"
#include "settings.h"
#include <simauth/session.h>

enum policy_what {
    POLICY_UNTOUCHED, /* nothing of ours looks at this call, and nothing is said about it */
    POLICY_ELEMENTS   /* a session decides */
};

struct policy_question {
    const struct settings *settings;
    const struct pins *pins;
    const char *own_uri, *peer_uri; /* as in From and To */
    const char *request_uri;        /* of the INVITE; NULL when it is not known yet */
    const char *own_nai;            /* "" when not known */
    bool outgoing;
    bool own_is_alias; /* of this SIM, and of no account: the strictest of them counts */
    bool anonymous;    /* the caller hides its name (RFC 3323) */
    bool once;         /* the person said: continue this once */
    bool called_back;  /* policy_may_call_back() */
    int64_t now;
};

struct policy_answer {
    enum policy_what what;
    enum simauth_policy policy;
    char own[SIMAUTH_AOR_MAX + 1], peer[SIMAUTH_AOR_MAX + 1]; /* canonical, "" when there is none */
    char peer_nai[SIMAUTH_NAI_MAX + 1];                       /* pinned or named; "" */
    uint8_t strength;                                         /* pinned; 0 */
    /* Of an own name that is hidden nothing can be proved: it leaves only if the person agreed. */
    bool hidden;
    bool unknown;    /* untouched, for there is no reason to ask about the address: `ask` */
    int64_t nobody;  /* untouched, for no operator vouched for the address: when that was asked */
    const char *why; /* static words for the log */
};

void policy_decide(const struct policy_question *question, struct policy_answer *answer);
/* Whether calls to that address (canonical) are asked about also without the "ask" of its [peer].
 */
bool policy_asks_anyway(const struct settings *settings, const struct pins *pins,
                        const char *own_nai, const char *aor);
/* What is asked of the servers between `own` and `peer` (URIs). Of a call that comes, the strictest
 * of all that may be meant: who calls chooses what stands in From and To. */
enum settings_policy policy_sips(const struct settings *settings, const char *own, const char *peer,
                                 bool outgoing);
/* What is asked of the bodies of calls with `peer` (canonical). */
enum settings_policy policy_e2m(const struct settings *settings, const char *peer);
/* Whether the URI is one of emergency services: urn:service:sos (RFC 5031), 112, 911, a number that
 * the person listed; of the others that are built in, one that no [peer] or pin names. `pins`: NULL
 * knows nobody. */
bool policy_is_emergency(const struct settings *settings, const struct pins *pins, const char *uri);
/* Whether a call there lets those who call back ring: of what policy_is_emergency() is built in,
 * 112, 911, 999 and 000 alone. The others are too often an extension (15, 110, 118). */
bool policy_opens_call_back(const struct settings *settings, const struct pins *pins,
                            const char *uri);
/* Whether this peer may be the emergency services, who call back (RFC 7090): no [peer] or pin names
 * it, and the last emergency call left at `left` (0: none did), in seconds of the same clock as
 * `now`. `pins` and `peer_uri` may be NULL. */
#define POLICY_CALL_BACK_S (30 * 60)
bool policy_may_call_back(const struct settings *settings, const struct pins *pins,
                          const char *peer_uri, int64_t left, int64_t now);

#endif
