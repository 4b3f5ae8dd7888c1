/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Group commit: transactions are numbered as they are written; whoever waits for its own to be on
 * the disk either waits for somebody who is at it, or does it for all that were written by then.
 */
#ifndef SIMAUTH_GATEWAY_GROUP_H
#define SIMAUTH_GATEWAY_GROUP_H

#include "store.h"

#include <pthread.h>

struct group {
    pthread_mutex_t lock;
    pthread_cond_t settled;
    uint64_t written, durable;
    uint64_t lost_from, lost_to; /* after the first and up to the second: the disk failed some */
    bool syncing;
    int (*sync)(void *data); /* 0: all that was written before the call is on the disk */
    void *data;
};
void group_init(struct group *group, int (*sync)(void *data), void *data);
void group_clear(struct group *group);
/* The number of a transaction that was written; in the order of writing. */
uint64_t group_written(struct group *group);
/* Waits for transaction `ticket`; 0: for all written so far. STORE_FAILED: it may be lost. */
enum store_result group_settle(struct group *group, uint64_t ticket);

#endif
