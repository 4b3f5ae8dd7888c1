/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "group.h"

void group_init(struct group *group, int (*sync)(void *data), void *data)
{
    *group = (struct group){.sync = sync, .data = data};
    pthread_mutex_init(&group->lock, NULL);
    pthread_cond_init(&group->settled, NULL);
}

void group_clear(struct group *group)
{
    pthread_cond_destroy(&group->settled);
    pthread_mutex_destroy(&group->lock);
}

uint64_t group_written(struct group *group)
{
    uint64_t ticket;

    pthread_mutex_lock(&group->lock);
    ticket = ++group->written;
    pthread_mutex_unlock(&group->lock);
    return ticket;
}

/* With the lock held, which is let go meanwhile. */
static void lead(struct group *group)
{
    uint64_t reached = group->written;
    int result;

    group->syncing = true;
    pthread_mutex_unlock(&group->lock);
    result = group->sync(group->data);
    pthread_mutex_lock(&group->lock);
    group->syncing = false;
    if (result == 0) {
        group->durable = reached;
    } else {
        /* What was not kept then may be gone, whatever a later try says. Who asks late about one
         * between two failures is refused as well: that costs a repeat, the other way a lie. */
        if (group->lost_to == 0)
            group->lost_from = group->durable;
        group->lost_to = group->written;
        group->durable = group->written;
    }
    pthread_cond_broadcast(&group->settled);
}

enum store_result group_settle(struct group *group, uint64_t ticket)
{
    bool lost;

    pthread_mutex_lock(&group->lock);
    if (ticket == 0)
        ticket = group->written;
    while (group->durable < ticket) {
        if (group->syncing)
            pthread_cond_wait(&group->settled, &group->lock);
        else
            lead(group);
    }
    lost = ticket > group->lost_from && ticket <= group->lost_to;
    pthread_mutex_unlock(&group->lock);
    return lost ? STORE_FAILED : STORE_OK;
}
