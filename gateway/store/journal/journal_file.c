/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "journal_file.h"
#include "checksum.h"

#include <string.h>

#define MAGIC "simauth\n"

/* header: magic 8, version 4, checksum 4 (of all but itself), number 8, name 16, zeros
 * frame: length 4, checksum 4 (of all but these two, begun with the file's number), seq 8, durable
 * 8, time 8, kind 4, zeros 4, content, zeros up to a multiple of 8. All little-endian. */

static uint64_t get(const uint8_t *octets, int len)
{
    uint64_t value = 0;

    for (int i = len - 1; i >= 0; i--)
        value = value << 8 | octets[i];
    return value;
}

static void put(uint8_t *octets, int len, uint64_t value)
{
    for (int i = 0; i < len; i++)
        octets[i] = (uint8_t)(value >> 8 * i);
}

size_t journal_frame_size(size_t len)
{
    return JOURNAL_FRAME_LEN + (len + 7) / 8 * 8;
}

void journal_header(uint8_t header[static JOURNAL_HEADER_LEN], uint64_t number,
                    const uint8_t name[static JOURNAL_NAME_LEN])
{
    memset(header, 0, JOURNAL_HEADER_LEN);
    memcpy(header, MAGIC, 8);
    put(header + 8, 4, JOURNAL_VERSION);
    put(header + 16, 8, number);
    memcpy(header + 24, name, JOURNAL_NAME_LEN);
    put(header + 12, 4, checksum(0, header + 16, JOURNAL_HEADER_LEN - 16));
}

enum journal_state journal_header_check(const uint8_t *octets, size_t len, uint64_t number,
                                        const uint8_t name[static JOURNAL_NAME_LEN])
{
    uint8_t right[JOURNAL_HEADER_LEN];

    if (len < JOURNAL_HEADER_LEN || memcmp(octets, MAGIC, 8) != 0)
        return JOURNAL_FOREIGN;
    if (get(octets + 8, 4) != JOURNAL_VERSION)
        return JOURNAL_OTHER_FORMAT;
    journal_header(right, number, name);
    return memcmp(octets, right, sizeof right) == 0 ? JOURNAL_GOOD : JOURNAL_FOREIGN;
}

static uint32_t frame_checksum(const uint8_t *head, uint64_t number, const uint8_t *data,
                               size_t len)
{
    uint32_t crc = checksum((uint32_t)number, head + 8, JOURNAL_FRAME_LEN - 8);

    return checksum(crc, data, len);
}

void journal_frame_head(uint8_t head[static JOURNAL_FRAME_LEN], uint64_t number,
                        const struct journal_frame *frame)
{
    memset(head, 0, JOURNAL_FRAME_LEN);
    put(head, 4, frame->len);
    put(head + 8, 8, frame->seq);
    put(head + 16, 8, frame->durable);
    put(head + 24, 8, (uint64_t)frame->time);
    put(head + 32, 4, frame->kind);
    put(head + 4, 4, frame_checksum(head, number, frame->data, frame->len));
}

bool journal_frame_read(const uint8_t *octets, size_t len, size_t at, uint64_t number,
                        struct journal_frame *frame)
{
    const uint8_t *head = octets + at;

    if (at > len || len - at < JOURNAL_FRAME_LEN)
        return false;
    *frame = (struct journal_frame){.seq = get(head + 8, 8),
                                    .durable = get(head + 16, 8),
                                    .time = (int64_t)get(head + 24, 8),
                                    .kind = (enum journal_kind)get(head + 32, 4),
                                    .data = head + JOURNAL_FRAME_LEN,
                                    .len = (size_t)get(head, 4),
                                    .at = at + JOURNAL_FRAME_LEN};
    return frame->len <= len - at - JOURNAL_FRAME_LEN && frame->kind >= JOURNAL_CALLS &&
           frame->kind <= JOURNAL_END &&
           get(head + 4, 4) == frame_checksum(head, number, frame->data, frame->len);
}
