/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of calls.h share. */
#ifndef SIMAUTH_MIDDLE_CALLS_OWN_H
#define SIMAUTH_MIDDLE_CALLS_OWN_H

#include "calls.h"

#include <glib.h>

struct calls {
    const struct config *config;
    struct journal *journal;
    struct tally *tally;
    GHashTable *shut; /* struct call: nft refused what it has */
    GPtrArray *again; /* keys of calls whose pinholes are to be opened once more */
    uint64_t refusals;
    unsigned with_holes;
    int64_t
        most; /* until then calls of the journal live at most: the clock may have been put back */
    GHashTable *table;  /* key -> struct call */
    GHashTable *bodies; /* hash -> struct body: what was signed lately */
    GHashTable *flows;  /* struct flow -> GPtrArray of calls that wait for tokens of it */
    struct firewall *firewall;
};

/* calls_holes.c: how long its pinholes are to live from now on, in seconds. */
int64_t calls_seconds_of(const struct calls *calls, const struct call *call, int64_t now);
/* Its pinholes that are not in `kept` and that no other call has, to `gone`, which has room for
 * CALL_HOLES_MAX; how many there are. */
unsigned calls_to_remove(const struct calls *calls, const struct call *call,
                         const struct pinhole *kept, unsigned count, struct pinhole *gone);

/* calls_await.c: struct flow -> GPtrArray of struct call, empty. */
GHashTable *calls_new_flows(void);
/* Of this call no token is waited for any more. */
void calls_await_no_more(struct calls *calls, struct call *call);

#endif
