/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session's way through gateway and SIM, on the worker: does what the session asks for until it
 * asks for something that only the main loop can do. This is where a call spends its time.
 */
#ifndef SIMAUTH_PLUGIN_DRIVE_H
#define SIMAUTH_PLUGIN_DRIVE_H

#include "station.h"
#include <simauth/session.h>

#define DRIVE_WORKERS                                                                              \
    (SIMAUTH_DO_ASK_VECTOR | SIMAUTH_DO_ASK_REPLACED | SIMAUTH_DO_ASK_CHALLENGE |                  \
     SIMAUTH_DO_ASK_RESYNC | SIMAUTH_DO_FIND_KEY | SIMAUTH_DO_RUN_CARD)

struct drive {
    struct simauth_session *session; /* owned by whoever has the drive */
    bool caller;                     /* our side */
    bool card_first;                 /* the INVITE waits for a slow SIM too */
    bool ticket;                     /* a ticket instead of the first vector */
    bool ticket_else;                /* a ticket where the callee has no SIM */
    bool
        sim_known; /* and the peer is known by a SIM: a caller asks for none, a callee takes none */
    bool sim_wanted; /* callee, out: the ticket was right, and its caller's SIM is wanted */
    const char *aor_a, *aor_b; /* canonical, for requests; outlive the drive */
    const char *callee_nai;    /* the peer's as it is known, or NULL */
    struct ahead *ahead;       /* the first vector was asked for already; NULL */
    struct settings *settings;
    simauth_actions actions; /* in: what the session asked; out: what is left for the main loop */
    bool card_unusable;      /* absent, locked, held by another program: 480, not 403 */
    /* Callee: whom our gateway names for this call, where it is another one than is known; "". */
    char other_nai[SIMAUTH_NAI_MAX + 1], other_operator[SIMAUTH_OPERATOR_NAME_MAX + 1];
    int gateway_us, card_us;        /* where the time went */
    char error[SETTINGS_ERROR_MAX]; /* about the last thing that failed; "" */
};

void drive(struct station *station, struct drive *drive);

#endif
