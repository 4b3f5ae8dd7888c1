/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "group.h"

void group_init(struct group *group, unsigned lanes, int (*sync)(void *data, unsigned lane),
                void *data)
{
    *group = (struct group){.lanes = lanes, .sync = sync, .data = data};
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

void group_wrote(struct group *group, uint64_t number)
{
    pthread_mutex_lock(&group->lock);
    if (!group->counted)
        group->durable = number;
    group->counted = true;
    group->written = number;
    pthread_mutex_unlock(&group->lock);
}

uint64_t group_durable(struct group *group)
{
    uint64_t durable;

    pthread_mutex_lock(&group->lock);
    durable = group->durable;
    pthread_mutex_unlock(&group->lock);
    return durable;
}

/* With the lock held. What was not kept now may be gone, whatever a later try says. Who asks late
 * about one between two failures is refused as well: that costs a repeat, the other way a lie. */
static void lose(struct group *group)
{
    if (group->lost_to == 0)
        group->lost_from = group->durable;
    group->lost_to = group->written;
    group->durable = group->written;
    pthread_cond_broadcast(&group->settled);
}

void group_lose(struct group *group)
{
    pthread_mutex_lock(&group->lock);
    if (group->durable < group->written)
        lose(group);
    pthread_mutex_unlock(&group->lock);
}

/* A lane that nobody is in, or -1. */
static int free_lane(const struct group *group)
{
    for (unsigned lane = 0; lane < group->lanes; lane++)
        if (!(group->busy & 1u << lane))
            return (int)lane;
    return -1;
}

/* With the lock held, which is let go meanwhile. */
static void lead(struct group *group, unsigned lane)
{
    uint64_t reached = group->written;
    int result;

    group->busy |= 1u << lane;
    group->begun = reached;
    pthread_mutex_unlock(&group->lock);
    result = group->sync(group->data, lane);
    pthread_mutex_lock(&group->lock);
    group->busy &= ~(1u << lane);
    if (result != 0)
        lose(group);
    else if (reached > group->durable)
        group->durable = reached;
    pthread_cond_broadcast(&group->settled);
}

enum store_result group_settle(struct group *group, uint64_t ticket)
{
    bool lost;

    pthread_mutex_lock(&group->lock);
    if (ticket == 0)
        ticket = group->written;
    while (group->durable < ticket) {
        int lane = group->busy && group->begun >= ticket ? -1 : free_lane(group);

        if (lane < 0)
            pthread_cond_wait(&group->settled, &group->lock);
        else
            lead(group, (unsigned)lane);
    }
    lost = ticket > group->lost_from && ticket <= group->lost_to;
    pthread_mutex_unlock(&group->lock);
    return lost ? STORE_FAILED : STORE_OK;
}
