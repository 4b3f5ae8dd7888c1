/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections to one partner that stand open before anybody asks. TCP and TLS take two round trips,
 * and on the way to another continent a call has no time for them. Used by the thread of waiting.c
 * alone.
 */
#ifndef SIMAUTH_GATEWAY_KEPT_H
#define SIMAUTH_GATEWAY_KEPT_H

#include "exchange.h"
#include <glib.h>

struct kept {
    struct store_partner partner;        /* id 0: no agreement that holds */
    GHashTable *ready;                   /* descriptors over which something was answered */
    const struct tls_identity *identity; /* they began with */
    GPtrArray *own;            /* exchanges for nobody that run, to be ended by kept_clear() */
    unsigned opening, pinging; /* of them */
    int64_t open_us;           /* what the newest connection took to open; 0: none yet */
    int64_t delay_us, next_us; /* the last could not be opened: none before then */
    int64_t looked_us, pinged_us;
    unsigned peak;   /* questions at a time, lately */
    bool late;       /* a question ran out of time, which leaves no connection */
    int64_t late_us; /* when, where none was answered since; 0: none did */
    bool told, up;   /* as the log has it */
};

void kept_init(struct kept *kept);
/* Takes what runs for nobody out of `multi`. The connections themselves end with `multi`, and tell
 * this object: kept_free() comes after that. */
void kept_clear(struct kept *kept, CURLM *multi);
void kept_free(struct kept *kept);

/* The agreement that its connections are for, or NULL: no new ones. Copied. */
void kept_partner(struct kept *kept, const struct store_partner *partner);
/* Before an exchange begins: its connection is counted here. */
void kept_watch(struct kept *kept, struct exchange *exchange, unsigned running);
/* It had an answer; it is still in its multi handle. False: its connection does not stand. */
bool kept_answered(struct kept *kept, struct exchange *exchange);
/* A question to this partner ran out of time. */
void kept_late(struct kept *kept, const struct store_partner *partner);
/* An exchange for nobody is over, and out of its multi handle. `stands`: its connection. */
void kept_ended(struct kept *kept, struct exchange *exchange, CURLcode code, bool stands);
/* Opens, asks and looks at what is due. `running` questions have a connection, `queued` wait. */
void kept_step(struct kept *kept, CURLM *multi, const struct config *config, unsigned running,
               unsigned queued);
/* Whether one more question leaves now. Where a connection of its own would come too late it waits
 * for one that stands. */
bool kept_may_ask(const struct kept *kept, const struct config *config, unsigned running);

#endif
