/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue.h"
#include <stdlib.h>
#include <string.h>

struct wire_waiting {
    struct wire_waiting *next;
    uint64_t due;
    enum wire_direction direction;
    size_t len;
    uint8_t octets[];
};

int wire_queue_add(struct wire_queue *queue, uint64_t due, enum wire_direction direction,
                   const struct wire_packet *packet)
{
    struct wire_waiting **at = &queue->first, *fresh;

    if (queue->count >= WIRE_ROOM)
        return -1;
    fresh = malloc(sizeof *fresh + packet->len);
    if (!fresh)
        return -1;
    fresh->due = due;
    fresh->direction = direction;
    fresh->len = packet->len;
    memcpy(fresh->octets, packet->octets, packet->len);
    while (*at && (*at)->due <= due)
        at = &(*at)->next;
    fresh->next = *at;
    *at = fresh;
    queue->count++;
    return 0;
}

uint64_t wire_queue_next(const struct wire_queue *queue)
{
    return queue->first ? queue->first->due : UINT64_MAX;
}

bool wire_queue_take(struct wire_queue *queue, uint64_t now, enum wire_direction *direction,
                     struct wire_packet *packet)
{
    struct wire_waiting *first = queue->first;

    if (!first || first->due > now)
        return false;
    *direction = first->direction;
    packet->len = first->len;
    memcpy(packet->octets, first->octets, first->len);
    queue->first = first->next;
    queue->count--;
    free(first);
    return true;
}

void wire_queue_clear(struct wire_queue *queue)
{
    while (queue->first) {
        struct wire_waiting *first = queue->first;

        queue->first = first->next;
        free(first);
    }
    queue->count = 0;
}
