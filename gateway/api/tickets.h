/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a ticket is made of (docs/protocol.md section 8). */
#ifndef SIMAUTH_GATEWAY_TICKETS_H
#define SIMAUTH_GATEWAY_TICKETS_H

#include "issue.h"

#define FIRST_KEY_S 86400 /* how long one is kept, and lives */

const char *ticket_use(const struct store_ticket *ticket);
/* TICKET and half_A of this request. The phone's repeat gets the same, from whichever node and
 * after a crash as well, so that the partner takes it for a repeat too: both come from the
 * Idempotency-Key under Ks_NAF, which only this phone and its operator have. */
bool ticket_draw(const struct request *request, struct store_ticket *ticket,
                 struct simauth_secret *half);
/* A half that nobody can know before. */
bool ticket_other_half(struct simauth_secret *half);
/* The key of both halves. */
bool ticket_key(struct store_ticket *ticket, const struct simauth_secret *half_a,
                const struct simauth_secret *half_b);
/* What the phone that asks gets: the key sealed for its channel. NULL: it could not be made. */
json_t *ticket_object(const struct request *request, const struct store_ticket *ticket,
                      const char *operator_name);

#endif
