/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Group commit: transactions are numbered as they are written; whoever waits for its own to be on
 * the disk either waits for somebody who is at it, or does it for all that were written by then.
 * With several lanes the next one begins while others are still at it, so that nobody waits for
 * two.
 */
#ifndef SIMAUTH_GATEWAY_GROUP_H
#define SIMAUTH_GATEWAY_GROUP_H

#include "store.h"

#include <pthread.h>

#define GROUP_LANES_MAX 8

struct group {
    pthread_mutex_t lock;
    pthread_cond_t settled;
    uint64_t written, durable;
    bool counted;                /* group_wrote() was told where they begin */
    uint64_t lost_from, lost_to; /* after the first and up to the second: the disk failed some */
    unsigned lanes, busy;        /* `busy`: one bit for each that is at it */
    uint64_t begun;              /* the last that somebody is at */
    /* 0: all that was written before the call is on the disk; called for one lane at a time, for
     * several lanes at once. */
    int (*sync)(void *data, unsigned lane);
    void *data;
};
void group_init(struct group *group, unsigned lanes, int (*sync)(void *data, unsigned lane),
                void *data);
void group_clear(struct group *group);
/* The number of a transaction that was written; in the order of writing. */
uint64_t group_written(struct group *group);
/* The same where somebody else numbers them, upwards. The first such number is on the disk. */
void group_wrote(struct group *group, uint64_t number);
/* What was written so far and is not known to be on the disk may be lost: nobody can tell any more.
 */
void group_lose(struct group *group);
/* All up to this one are on the disk. */
uint64_t group_durable(struct group *group);
/* Waits for transaction `ticket`; 0: for all written so far. STORE_FAILED: it may be lost. */
enum store_result group_settle(struct group *group, uint64_t ticket);

#endif
