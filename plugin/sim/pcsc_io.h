/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pcsc-lite with a limit: its calls may wait for a mute reader or another program as long as these
 * like, so they run on a thread of their own, which is abandoned when it is late.
 */
#ifndef SIMAUTH_PLUGIN_SIM_PCSC_IO_H
#define SIMAUTH_PLUGIN_SIM_PCSC_IO_H

#include "apdu.h"

#include <winscard.h>

#define PCSC_NAMES_MAX 2048
#define PCSC_READERS_MAX 16

enum pcsc_op { PCSC_LIST, PCSC_CONNECT, PCSC_BEGIN, PCSC_END, PCSC_TRANSMIT, PCSC_DISCONNECT };

/* One call: what goes in, what comes out. */
struct pcsc_job {
    enum pcsc_op op;
    LONG result;
    union {
        struct {
            char names[PCSC_READERS_MAX][MAX_READERNAME];
            bool present[PCSC_READERS_MAX]; /* has a card */
            unsigned count;
        } list;
        struct {
            char name[MAX_READERNAME];
            bool shared;
            bool t0; /* out */
        } connect;
        struct {
            uint8_t command[APDU_WIRE_MAX];
            size_t command_len;
            uint8_t reply[APDU_REPLY_MAX + 2];
            size_t reply_len; /* out */
        } transmit;
    };
};

struct pcsc_io;

/* NULL without memory or thread, or when pcsc_io_stuck() threads never came back: a service that
 * takes connections and is silent would cost one more each time. */
struct pcsc_io *pcsc_io_open(void);
/* How many were abandoned and are still waiting for the service. */
unsigned pcsc_io_stuck(void);
#define PCSC_STUCK_MAX 2
/* Does `job` and fills in what comes out. False: late by `limit_ms` (job->result is
 * SCARD_E_TIMEOUT); `io` is then good for pcsc_io_close() alone. */
bool pcsc_io_do(struct pcsc_io *io, struct pcsc_job *job, unsigned limit_ms);
/* Lets the card go; waits for that no longer than a moment. NULL is allowed. */
void pcsc_io_close(struct pcsc_io *io);

#endif
